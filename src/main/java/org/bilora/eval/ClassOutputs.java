package org.bilora.eval;

import com.google.common.primitives.Doubles;
import java.util.List;
import java.util.Optional;
import org.bilora.data.EncodedExample;
import org.bilora.data.Example;
import org.bilora.data.MetricName;

/** One class of several: softmax and cross-entropy. */
record ClassOutputs(List<String> labels) implements TaskOutputs {

  @Override
  public Sum loss(float[] logits, EncodedExample example) {
    return new Sum(Softmax.crossEntropy(logits, 0, logits.length, target(example)), 1);
  }

  private static int target(EncodedExample example) {
    return example.targets().orElseThrow().get(0).intValue();
  }

  @Override
  public List<Double> predicted(float[] logits, EncodedExample example) {
    return List.of(Softmax.likeliest(logits, 0, logits.length));
  }

  @Override
  public void decisions(float[] logits, EncodedExample example, Calibration.Builder into) {
    double[] probabilities = Softmax.of(logits, 0, logits.length);
    double likeliest = Softmax.likeliest(logits, 0, logits.length);
    into.add(Doubles.max(probabilities), likeliest == target(example));
  }

  @Override
  public boolean hasProbabilities() {
    return true;
  }

  @Override
  public double metric(
      MetricName metric, List<List<Double>> expected, List<List<Double>> predicted) {
    return Metrics.compute(metric, column(expected, 0), column(predicted, 0));
  }

  /** One column of targets. */
  static double[] column(List<List<Double>> targets, int column) {
    return targets.stream().mapToDouble(row -> row.get(column)).toArray();
  }

  @Override
  public Optional<ClassReport> report(List<List<Double>> expected, List<List<Double>> predicted) {
    return Optional.of(ClassReport.ofClasses(labels, expected, predicted));
  }

  @Override
  public Optional<ConfusionMatrix> confusion(
      List<List<Double>> expected, List<List<Double>> predicted) {
    return Optional.of(ConfusionMatrix.of(labels, expected, predicted));
  }

  @Override
  public Prediction prediction(float[] logits, EncodedExample encoded, Example example) {
    double[] probabilities = Softmax.of(logits, 0, logits.length);
    int best = 0;
    for (int k = 1; k < logits.length; k++) {
      best = logits[k] > logits[best] ? k : best;
    }
    return new Prediction.OfClass(
        labels.get(best), probabilities[best], TaskOutputs.named(labels, probabilities));
  }

  @Override
  public List<String> columns() {
    return List.of(LABEL, PROBABILITY);
  }

  @Override
  public List<String> probabilityNames() {
    return labels;
  }
}
