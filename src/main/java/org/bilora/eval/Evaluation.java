package org.bilora.eval;

import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bilora.data.Batch;
import org.bilora.data.EncodedExample;
import org.bilora.data.EvaluationBatches;
import org.bilora.data.MetricName;
import org.bilora.data.Task;

/**
 * How a model does on a set of examples.
 *
 * @param metrics the task's metrics, in the task's order
 * @param loss mean cross-entropy or squared error over all examples
 * @param calibrationError the expected calibration error of {@link Calibration}; empty for scores
 * @param logits {@code [example][outputs]}, in the examples' order
 */
public record Evaluation(
    Map<MetricName, Double> metrics,
    double loss,
    OptionalDouble calibrationError,
    float[][] logits) {
  /** Copies what could change. */
  public Evaluation {
    metrics = ImmutableMap.copyOf(metrics);
  }

  /**
   * Runs a model over labelled examples. A logit that is not a number makes loss and metrics NaN.
   *
   * @param logits the model: {@code [rows][outputs]} of a batch
   * @throws IllegalArgumentException when there is no example, or one has no label
   */
  public static Evaluation of(
      Task task, List<EncodedExample> examples, int batchSize, Function<Batch, float[][]> logits) {
    if (examples.isEmpty()) {
      throw new IllegalArgumentException("there is no example to evaluate on");
    }
    double[] expected = new double[examples.size()];
    for (int i = 0; i < expected.length; i++) {
      OptionalDouble target = examples.get(i).target();
      if (target.isEmpty()) {
        throw new IllegalArgumentException(
            "example %d has no label; evaluate on a split that has labels".formatted(i + 1));
      }
      expected[i] = target.getAsDouble();
    }
    float[][] outputs = logits(task, examples, batchSize, logits);
    double loss = 0;
    double[] predicted = new double[outputs.length];
    for (int i = 0; i < outputs.length; i++) {
      predicted[i] = task.regression() ? outputs[i][0] : likeliest(outputs[i]);
      loss +=
          task.regression()
              ? Math.pow(outputs[i][0] - expected[i], 2)
              : crossEntropy(outputs[i], (int) expected[i]);
    }
    ImmutableMap.Builder<MetricName, Double> metrics = ImmutableMap.builder();
    for (MetricName metric : task.metrics()) {
      metrics.put(metric, Metrics.compute(metric, expected, predicted));
    }
    OptionalDouble calibrationError =
        task.regression()
            ? OptionalDouble.empty()
            : OptionalDouble.of(Calibration.expectedError(outputs, expected));
    return new Evaluation(metrics.buildOrThrow(), loss / outputs.length, calibrationError, outputs);
  }

  /**
   * A model's logits over a set, in the examples' order, whether they have labels or not.
   *
   * @param logits the model: {@code [rows][outputs]} of a batch
   * @return {@code [example][outputs]}
   * @throws IllegalArgumentException when the model has another number of outputs than the task
   */
  public static float[][] logits(
      Task task, List<EncodedExample> examples, int batchSize, Function<Batch, float[][]> logits) {
    // Numbered anew: the examples may be a part of a set and keep their place in the whole.
    List<EncodedExample> numbered =
        IntStream.range(0, examples.size())
            .mapToObj(
                i -> new EncodedExample(examples.get(i).encoding(), examples.get(i).target(), i))
            .toList();
    float[][] outputs = new float[examples.size()][];
    for (Batch batch : EvaluationBatches.of(numbered, batchSize)) {
      float[][] rows = logits.apply(batch);
      for (int row = 0; row < batch.rows(); row++) {
        if (rows[row].length != task.outputs()) {
          throw new IllegalArgumentException(
              "the model has %d outputs and task %s needs %d"
                  .formatted(rows[row].length, task.name(), task.outputs()));
        }
        outputs[batch.indices()[row]] = rows[row];
      }
    }
    return outputs;
  }

  /** Index of the largest logit, the first of equals; NaN when a logit is. */
  private static double likeliest(float[] logits) {
    int likeliest = 0;
    for (int k = 0; k < logits.length; k++) {
      if (Float.isNaN(logits[k])) {
        return Double.NaN;
      }
      likeliest = logits[k] > logits[likeliest] ? k : likeliest;
    }
    return likeliest;
  }

  /** {@code log Σ_k exp z_k − z_class}, from the largest logit down so that nothing overflows. */
  private static double crossEntropy(float[] logits, int expectedClass) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return Math.log(sum) + largest - logits[expectedClass];
  }
}
