package org.bilora.eval;

import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.function.Function;
import org.bilora.data.Batch;
import org.bilora.data.EncodedExample;
import org.bilora.data.MetricName;
import org.bilora.data.Task;

/**
 * How a model does on a set of examples.
 *
 * @param metrics the task's metrics, in the task's order
 * @param loss mean cross-entropy or squared error over all examples
 * @param logits {@code [example][outputs]}, in the examples' order
 */
public record Evaluation(ImmutableMap<MetricName, Double> metrics, double loss, float[][] logits) {

  /**
   * Runs a model over labelled examples.
   *
   * @param logits the model: {@code [rows][outputs]} of a batch
   * @throws IllegalArgumentException when an example has no label
   */
  public static Evaluation of(
      Task task, List<EncodedExample> examples, int batchSize, Function<Batch, float[][]> logits) {
    throw new UnsupportedOperationException();
  }
}
