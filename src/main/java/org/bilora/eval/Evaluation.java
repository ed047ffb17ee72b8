package org.bilora.eval;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Floats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * @param loss mean cross-entropy or squared error over all examples (and labels, scores or words)
 * @param calibration of the decisions; empty for scores
 * @param logits {@code [example][outputs]}, in the examples' order; for a task about words {@code
 *     [example][tokens × outputs]}
 * @param expected targets of each example
 * @param predicted in the same form
 */
public record Evaluation(
    Map<MetricName, Double> metrics,
    double loss,
    Optional<Calibration> calibration,
    float[][] logits,
    List<List<Double>> expected,
    List<List<Double>> predicted) {
  /** Copies what could change. */
  public Evaluation {
    metrics = ImmutableMap.copyOf(metrics);
    expected = List.copyOf(expected);
    predicted = List.copyOf(predicted);
  }

  /** The expected calibration error; empty for scores. */
  public OptionalDouble calibrationError() {
    return calibration.isPresent()
        ? OptionalDouble.of(calibration.get().expectedError())
        : OptionalDouble.empty();
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
    List<List<Double>> expected = new ArrayList<>();
    for (int i = 0; i < examples.size(); i++) {
      if (examples.get(i).targets().isEmpty()) {
        throw new IllegalArgumentException(
            "example %d has no label; evaluate on a split that has labels".formatted(i + 1));
      }
      expected.add(examples.get(i).targets().get());
    }
    TaskOutputs meaning = TaskOutputs.of(task);
    float[][] outputs = logits(task, examples, batchSize, logits);
    double loss = 0;
    long counted = 0;
    Calibration.Builder decisions = new Calibration.Builder();
    List<List<Double>> predicted = new ArrayList<>();
    for (int i = 0; i < outputs.length; i++) {
      EncodedExample example = examples.get(i);
      predicted.add(meaning.predicted(outputs[i], example));
      TaskOutputs.Sum sum = meaning.loss(outputs[i], example);
      loss += sum.sum();
      counted += sum.count();
      if (meaning.hasProbabilities()) {
        meaning.decisions(outputs[i], example, decisions);
      }
    }
    ImmutableMap.Builder<MetricName, Double> metrics = ImmutableMap.builder();
    for (MetricName metric : task.metrics()) {
      metrics.put(metric, meaning.metric(metric, expected, predicted));
    }
    return new Evaluation(
        metrics.buildOrThrow(),
        loss / counted,
        meaning.hasProbabilities() ? Optional.of(decisions.build()) : Optional.empty(),
        outputs,
        expected,
        predicted);
  }

  /**
   * A model's logits over a set, in the examples' order, whether they have labels or not.
   *
   * @param logits the model: {@code [rows][outputs]} of a batch, or {@code [rows ×
   *     length][outputs]} for a task about words
   * @return {@code [example][outputs]}, or {@code [example][tokens × outputs]}
   * @throws IllegalArgumentException when the model has another number of outputs than the task
   */
  public static float[][] logits(
      Task task, List<EncodedExample> examples, int batchSize, Function<Batch, float[][]> logits) {
    // Numbered anew: the examples may be a part of a set and keep their place in the whole.
    List<EncodedExample> numbered =
        IntStream.range(0, examples.size()).mapToObj(i -> examples.get(i).at(i)).toList();
    float[][] outputs = new float[examples.size()][];
    for (Batch batch : EvaluationBatches.of(numbered, batchSize)) {
      float[][] rows = logits.apply(batch);
      int perExample = rows.length / batch.rows();
      for (int row = 0; row < batch.rows(); row++) {
        float[][] own = Arrays.copyOfRange(rows, row * perExample, (row + 1) * perExample);
        if (own[0].length != task.outputs()) {
          throw new IllegalArgumentException(
              "the model has %d outputs and task %s needs %d"
                  .formatted(own[0].length, task.name(), task.outputs()));
        }
        outputs[batch.indices()[row]] = Floats.concat(own);
      }
    }
    return outputs;
  }
}
