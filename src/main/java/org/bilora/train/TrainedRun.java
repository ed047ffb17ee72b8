package org.bilora.train;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.data.Task;
import org.bilora.eval.Evaluation;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.weights.HostTensor;

/** A run's best values in their pretrained model, ready to evaluate, predict and export. */
public final class TrainedRun implements AutoCloseable {
  private TrainedRun() {}

  /**
   * Opens a run, loading its model by name.
   *
   * @throws IOException when the directory holds no run, or the run is damaged, has no values yet,
   *     or its model is not what it was: one line saying which file and what to do
   */
  public static TrainedRun open(Path directory) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Opens a run with a model found some other way.
   *
   * @throws IOException as {@link #open(Path)}
   */
  public static TrainedRun open(Path directory, ModelSource models) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** {@code run.json}. */
  public RunRecord record() {
    throw new UnsupportedOperationException();
  }

  /** The pretrained model; closed with this run. */
  public PretrainedEncoder model() {
    throw new UnsupportedOperationException();
  }

  /** The head above it. */
  public EncoderHead head() {
    throw new UnsupportedOperationException();
  }

  /** Names of the adapted dense layers. */
  public ImmutableList<String> modules() {
    throw new UnsupportedOperationException();
  }

  /** What was learnt. */
  public Task task() {
    throw new UnsupportedOperationException();
  }

  /** What decided the run. */
  public TrainingSettings settings() {
    throw new UnsupportedOperationException();
  }

  /** The best values, under their names in {@link FineTuning#trained()}. */
  public Map<String, HostTensor> trained() {
    throw new UnsupportedOperationException();
  }

  /**
   * Evaluates a split.
   *
   * @throws IllegalArgumentException when the data set's task is another one, or it lacks the split
   *     or its labels
   */
  public Evaluation evaluate(Dataset dataset, String split) {
    throw new UnsupportedOperationException();
  }

  /**
   * Logits of texts, {@code [example][outputs]}, in the order of the examples.
   *
   * @throws IllegalArgumentException when an example lacks the second text that the task has
   */
  public float[][] logits(List<Example> examples) {
    throw new UnsupportedOperationException();
  }

  /**
   * Classes or scores of texts, in their order.
   *
   * @throws IllegalArgumentException as {@link #logits}
   */
  public ImmutableList<Prediction> predict(List<Example> examples) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
