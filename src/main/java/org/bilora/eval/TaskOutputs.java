package org.bilora.eval;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.data.EncodedExample;
import org.bilora.data.Example;
import org.bilora.data.MetricName;
import org.bilora.data.Task;

/**
 * What the logits of a task mean, on the host: activation, loss, predictions and what is computed
 * of them. {@code step.TaskLoss} has the same losses in a graph.
 */
public sealed interface TaskOutputs permits ClassOutputs, LabelOutputs, ScoreOutputs, TokenOutputs {
  /** Column of a predicted class. */
  String LABEL = "label";

  /** Column of its probability. */
  String PROBABILITY = "probability";

  /** Column of predicted labels. */
  String LABELS = "labels";

  /** Column of a single score. */
  String SCORE = "score";

  /** Those of a task: the registry. */
  static TaskOutputs of(Task task) {
    return switch (task.type()) {
      case CLASSIFICATION -> new ClassOutputs(task.labels());
      case MULTI_LABEL -> new LabelOutputs(task.labels());
      case REGRESSION -> new ScoreOutputs(task.labels().isEmpty() ? List.of(SCORE) : task.labels());
      case TOKEN_CLASSIFICATION -> new TokenOutputs(task.labels());
      case LANGUAGE_MODELLING ->
          throw new IllegalArgumentException(
              "task %s is a language model's; it has no outputs per text".formatted(task.name()));
    };
  }

  /** A sum over what a loss counts. */
  record Sum(double sum, int count) {}

  /**
   * The loss of an example's logits, without label smoothing, class weights or focus.
   *
   * @param logits in the order of the outputs
   * @param example labelled
   */
  Sum loss(float[] logits, EncodedExample example);

  /** What is predicted, in the form of {@link Example#targets}; NaN where a logit is. */
  List<Double> predicted(float[] logits, EncodedExample example);

  /** Adds how sure a model is of each of its decisions, and whether it is right. */
  void decisions(float[] logits, EncodedExample example, Calibration.Builder into);

  /** Whether there are probabilities, and so decisions. */
  boolean hasProbabilities();

  /**
   * A metric of all predictions.
   *
   * @param expected targets of each example
   * @param predicted likewise
   */
  double metric(MetricName metric, List<List<Double>> expected, List<List<Double>> predicted);

  /** Precision, recall and F1 by class; empty for scores. */
  Optional<ClassReport> report(List<List<Double>> expected, List<List<Double>> predicted);

  /** Which class is taken for which; empty where an example has no single class. */
  Optional<ConfusionMatrix> confusion(List<List<Double>> expected, List<List<Double>> predicted);

  /** A prediction in the task's words. */
  Prediction prediction(float[] logits, EncodedExample encoded, Example example);

  /** Columns that {@link Prediction#columns} has. */
  List<String> columns();

  /** Names of the classes or labels that have probabilities. */
  List<String> probabilityNames();

  /** Values beside names, in the order of the names. */
  static Map<String, Double> named(List<String> names, double[] values) {
    Map<String, Double> named = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      named.put(names.get(i), values[i]);
    }
    return named;
  }
}
