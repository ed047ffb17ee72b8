package org.bilora.train;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.data.Dataset;
import org.bilora.data.LanguageModelDataset;
import org.bilora.data.Task;
import org.bilora.model.EncoderHead.Pooling;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.step.FineTuning;
import org.bilora.step.Lanes;
import org.bilora.step.Workers;
import org.bilora.train.Checkpoint.Position;

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
  private final RunInputs inputs;
  private final TrainingSettings settings;
  private final RunDirectory directory;
  private final Checkpointing checkpointing;
  private final List<TrainingListener> listeners;
  private final Companions companions;
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

  /** A trainer of an encoder. */
  public Trainer(
      PretrainedEncoder model,
      Dataset dataset,
      TrainingSettings settings,
      Path runDirectory,
      Checkpointing checkpointing,
      TrainingListener... listeners) {
    this(
        new RunInputs.OfEncoder(model, dataset),
        settings,
        new RunDirectory(runDirectory),
        checkpointing,
        ImmutableList.copyOf(listeners),
        Companions.NONE);
  }

  /**
   * A trainer of a decoder as a language model. The training split is D1 and the dev split D2;
   * methods on one level learn from the training split alone. Every epoch is evaluated on the dev
   * split, so that a method with two levels chooses its best epoch on data that its upper level has
   * seen; a warning says so.
   *
   * @param model stays the caller's to close
   */
  public Trainer(
      PretrainedDecoder model,
      LanguageModelDataset dataset,
      TrainingSettings settings,
      Path runDirectory,
      Checkpointing checkpointing,
      TrainingListener... listeners) {
    this(
        new RunInputs.OfDecoder(model, dataset),
        settings,
        new RunDirectory(runDirectory),
        checkpointing,
        ImmutableList.copyOf(listeners),
        Companions.NONE);
  }

  /**
   * The same run, started from an adapter: its increments, and its head where it has one, are what
   * the values begin as.
   */
  public Trainer startingFrom(StartAdapter adapter) {
    return new Trainer(
        inputs.startingFrom(adapter), settings, directory, checkpointing, listeners, companions);
  }

  private Trainer(
      RunInputs inputs,
      TrainingSettings settings,
      RunDirectory directory,
      Checkpointing checkpointing,
      List<TrainingListener> listeners,
      Companions companions) {
    this.inputs = inputs;
    this.settings = settings;
    this.directory = directory;
    this.checkpointing = checkpointing;
    this.listeners = listeners;
    this.companions = companions;
  }

  /**
   * The same trainer whose steps are computed by several processes together. What is trained and
   * what is written is the same as without them, but for rounding, so that a run may be resumed
   * with other workers or none.
   */
  public Trainer on(Workers together) {
    return with(Companions.of(together));
  }

  /**
   * The same trainer of a run that shares steps with others. What is trained and what is written is
   * the same as without them, but for rounding; seconds are the run's part of them.
   *
   * @param member joined for the thread that will train
   */
  public Trainer beside(Lanes.Member member) {
    return with(Companions.of(member));
  }

  private Trainer with(Companions others) {
    return new Trainer(inputs, settings, directory, checkpointing, listeners, others);
  }

  /**
   * Starts a run in a new or empty directory.
   *
   * @return the record of the finished run, or of the interrupted one after {@link #requestStop} or
   *     an interrupt of this thread
   * @throws IOException when the directory holds a run or other files, cannot be written, or is
   *     being written by another training
   * @throws IllegalArgumentException when settings, model and data do not fit together
   * @throws org.bilora.autodiff.MissingGradientException naming the operations that lack a gradient
   * @throws DivergedException when a loss is no longer finite
   */
  @SuppressWarnings("try") // The lock is held, not used.
  public RunRecord train() throws IOException {
    directory.requireUnused();
    TrainingData data = inputs.data(settings);
    try (FineTuning fineTuning = inputs.open(settings, data, companions, this::note)) {
      RunRecord record = firstRecord(data, fineTuning);
      // Names what has no gradient before there is a directory.
      fineTuning.prepare(data.plan().epoch(0).get(0));
      directory.create();
      try (RunLock lock = directory.lock()) {
        // Another training may have begun and ended since.
        directory.requireUnused();
        directory.write(record);
        Checkpoint start = new Checkpoint(ImmutableMap.of(), ImmutableMap.of(), Position.START);
        return run(data, fineTuning, record, start);
      }
    }
  }

  /**
   * Goes on where the last checkpoint of a run was written, as if nothing had happened. A finished
   * run is left as it is, and so is one that this trainer would continue as another one.
   *
   * @return as {@link #train}
   * @throws IOException when there is no run in the directory, it is damaged, another training is
   *     writing it, or its settings, model or data differ from this trainer's; the message says
   *     which
   * @throws DivergedException when a loss is no longer finite
   */
  @SuppressWarnings("try") // The lock is held, not used.
  public RunRecord resume() throws IOException {
    RunRecord found = directory.readRecord();
    requireSame(found);
    if (found.status() == RunRecord.Status.FINISHED) {
      return leaveFinished(found);
    }
    try (RunLock lock = directory.lock()) {
      // Another training may have resumed it since.
      RunRecord record = directory.readRecord();
      return record.status() == RunRecord.Status.FINISHED ? leaveFinished(record) : goOn(record);
    }
  }

  private RunRecord leaveFinished(RunRecord record) throws IOException {
    requireSame(record);
    warn("the run in %s is finished; nothing to resume".formatted(directory.path()));
    return record;
  }

  private RunRecord goOn(RunRecord record) throws IOException {
    requireSame(record);
    directory.removePartialFiles();
    TrainingData data = inputs.data(settings);
    try (FineTuning fineTuning = inputs.open(settings, data, companions, this::note)) {
      if (!fineTuning.frozenSha256().equals(record.frozenSha256Before())) {
        throw new IOException(
            "the frozen weights of %s are not those that the run in %s began with"
                .formatted(inputs.model().name(), directory.path()));
      }
      Checkpoint from = lastCheckpoint(record, fineTuning);
      if (!from.best().isEmpty()) {
        from.writeBest(directory.trained());
      }
      RunRecord running =
          record.at(RunRecord.Status.RUNNING, Optional.empty(), from, Optional.empty());
      directory.write(running);
      return run(data, fineTuning, running, from);
    }
  }

  private RunRecord run(TrainingData data, FineTuning fineTuning, RunRecord record, Checkpoint from)
      throws IOException {
    TrainingLoop.Setting setting =
        new TrainingLoop.Setting(
            settings, data, directory, checkpointing, listeners, this::isStopRequested);
    TrainingListener.Start start =
        new TrainingListener.Start(
            from.position().step(),
            record.totalSteps(),
            record.trainedParameters(),
            record.examples());
    setting.tell(listener -> listener.started(start));
    record
        .paddedShare()
        .ifPresent(
            share -> note("%.0f %% of the tokens computed are padding".formatted(100 * share)));
    data.warnings().forEach(this::warn);
    if (from.position().step() == 0) {
      inputs.headNote().ifPresent(this::warn);
    }
    return new TrainingLoop(setting, fineTuning, record, from).run();
  }

  private Checkpoint lastCheckpoint(RunRecord record, FineTuning fineTuning) throws IOException {
    if (!Files.exists(directory.checkpoint())) {
      if (record.steps() > 0) {
        throw new IOException(
            "%s is missing, so the run cannot go on after step %d; train again in a new directory"
                .formatted(directory.checkpoint(), record.steps()));
      }
      return new Checkpoint(ImmutableMap.of(), ImmutableMap.of(), Position.START);
    }
    Checkpoint checkpoint = Checkpoint.read(directory.checkpoint());
    try {
      fineTuning.restore(checkpoint.state());
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s does not belong to this run: %s".formatted(directory.checkpoint(), e.getMessage()),
          e);
    }
    return checkpoint;
  }

  /** Refuses to go on with other settings, model or data. */
  private void requireSame(RunRecord record) throws IOException {
    ModelFiles.requireSame(directory.path(), record.model().files(), inputs.model());
    List<String> differences =
        RunJson.differences(
            deciding(
                record.settings(),
                record.task(),
                record.provenance().dataSha256(),
                record.model().sha256(),
                record.model().pooling(),
                record.model().adapter()),
            deciding(
                settings,
                inputs.dataset().task(),
                inputs.dataset().sha256(),
                inputs.model().sha256(),
                inputs.pooling(),
                inputs.start().map(StartAdapter::file)));
    if (!differences.isEmpty()) {
      throw new IOException(
          "the run in %s cannot be resumed as another one: %s; resume it as it was, or train in a"
                  .formatted(directory.path(), String.join(", ", differences))
              + " new directory");
    }
  }

  private static Map<String, Object> deciding(
      TrainingSettings settings,
      Task task,
      String data,
      String model,
      Optional<Pooling> pooling,
      Optional<RunRecord.Adapter> adapter) {
    return ImmutableMap.of(
        "adapter",
        adapter.map(given -> List.of(given.sha256(), given.configSha256())),
        "settings",
        settings,
        "task",
        task,
        "data_sha256",
        data,
        "model_sha256",
        model,
        "pooling",
        pooling);
  }

  private RunRecord firstRecord(TrainingData data, FineTuning fineTuning) {
    PretrainedModel model = inputs.model();
    return RunRecordBuilder.builder()
        .formatVersion(RunRecord.FORMAT_VERSION)
        .status(RunRecord.Status.RUNNING)
        .task(inputs.dataset().task())
        .model(
            new RunRecord.Model(
                model.name(),
                model.source(),
                model.sha256(),
                inputs.pooling(),
                model.files(),
                inputs.start().map(StartAdapter::file)))
        .settings(settings)
        .provenance(
            RunEnvironment.provenance(
                settings.seed(),
                inputs.dataset().source(),
                inputs.dataset().sha256(),
                fineTuning.device()))
        .examples(data.counts())
        .trainedParameters(fineTuning.trainedParameters())
        .totalSteps(data.plan().steps())
        .steps(0)
        .seconds(0)
        .epochs(ImmutableList.of())
        .frozenSha256Before(fineTuning.frozenSha256())
        .paddedShare(OptionalDouble.of(data.plan().paddedShare()))
        .frozenLayers(RunRecord.FrozenLayers.of(inputs.prefixLayers(settings)))
        .build();
  }

  private boolean isStopRequested() {
    return stopRequested || Thread.currentThread().isInterrupted();
  }

  private void note(String message) {
    listeners.forEach(listener -> listener.noted(message));
  }

  private void warn(String message) {
    listeners.forEach(listener -> listener.warned(message));
  }

  /**
   * Ends the run after the current step, with a checkpoint to resume from. May be called from any
   * thread, such as a shutdown hook; an interrupt of the training thread does the same.
   */
  public void requestStop() {
    stopRequested = true;
  }
}
