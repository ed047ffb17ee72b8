package org.bilora.train;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import org.bilora.data.Dataset;
import org.bilora.model.PretrainedEncoder;

/**
 * Trains a model on a task into a run directory.
 *
 * <pre>
 * run.json                  the run record
 * trained.safetensors       trained values of the best epoch
 * checkpoint.safetensors    all that a resumed run needs
 * events.out.tfevents.…     curves for TensorBoard
 * </pre>
 */
public final class Trainer {
  private final PretrainedEncoder model;
  private final Dataset dataset;
  private final TrainingSettings settings;
  private final Path runDirectory;
  private final Checkpointing checkpointing;
  private final ImmutableList<TrainingListener> listeners;
  private volatile boolean stopRequested;

  /**
   * A trainer with the usual checkpoints.
   *
   * @param model stays the caller's to close
   */
  public Trainer(
      PretrainedEncoder model,
      Dataset dataset,
      TrainingSettings settings,
      Path runDirectory,
      TrainingListener... listeners) {
    this(model, dataset, settings, runDirectory, TrainingDefaults.CHECKPOINTING, listeners);
  }

  /** A trainer. */
  public Trainer(
      PretrainedEncoder model,
      Dataset dataset,
      TrainingSettings settings,
      Path runDirectory,
      Checkpointing checkpointing,
      TrainingListener... listeners) {
    this.model = model;
    this.dataset = dataset;
    this.settings = settings;
    this.runDirectory = runDirectory;
    this.checkpointing = checkpointing;
    this.listeners = ImmutableList.copyOf(listeners);
  }

  /**
   * Starts a run in a new or empty directory.
   *
   * @return the record of the finished run, or of the interrupted one after {@link #requestStop} or
   *     an interrupt of this thread
   * @throws IOException when the directory holds a run or other files, or cannot be written
   * @throws IllegalArgumentException when settings, model and data do not fit together
   * @throws org.bilora.autodiff.MissingGradientException naming the operations that lack a gradient
   * @throws DivergedException when a loss is no longer finite
   */
  public RunRecord train() throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Goes on where the last checkpoint of a run was written, as if nothing had happened. A finished
   * run is left as it is.
   *
   * @return as {@link #train}
   * @throws IOException when there is no run in the directory, it is damaged, or its settings,
   *     model or data differ from this trainer's; the message says which
   * @throws DivergedException when a loss is no longer finite
   */
  public RunRecord resume() throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Ends the run after the current step, with a checkpoint to resume from. May be called from any
   * thread, such as a shutdown hook; an interrupt of the training thread does the same.
   */
  public void requestStop() {
    stopRequested = true;
  }
}
