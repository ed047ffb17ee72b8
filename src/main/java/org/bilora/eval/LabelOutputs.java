package org.bilora.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bilora.data.EncodedExample;
import org.bilora.data.Example;
import org.bilora.data.MetricName;

/**
 * Labels that are there or not, each by itself: a sigmoid and the binary cross-entropy, averaged
 * over examples and labels.
 */
record LabelOutputs(List<String> labels) implements TaskOutputs {

  /** {@code log(1 + exp ∓z)}, written so that nothing overflows. */
  @Override
  public Sum loss(float[] logits, EncodedExample example) {
    List<Double> targets = example.targets().orElseThrow();
    double sum = 0;
    for (int k = 0; k < logits.length; k++) {
      double z = targets.get(k) == 1 ? -logits[k] : logits[k];
      sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    }
    return new Sum(sum, logits.length);
  }

  /** Those whose probability is above a half. */
  @Override
  public List<Double> predicted(float[] logits, EncodedExample example) {
    List<Double> predicted = new ArrayList<>();
    for (float logit : logits) {
      predicted.add(Float.isNaN(logit) ? Double.NaN : logit > 0 ? 1.0 : 0.0);
    }
    return predicted;
  }

  @Override
  public void decisions(float[] logits, EncodedExample example, Calibration.Builder into) {
    List<Double> targets = example.targets().orElseThrow();
    for (int k = 0; k < logits.length; k++) {
      double probability = sigmoid(logits[k]);
      into.add(
          Math.max(probability, 1 - probability), (logits[k] > 0 ? 1.0 : 0.0) == targets.get(k));
    }
  }

  private static double sigmoid(float logit) {
    return 1 / (1 + Math.exp(-(double) logit));
  }

  @Override
  public boolean hasProbabilities() {
    return true;
  }

  @Override
  public double metric(
      MetricName metric, List<List<Double>> expected, List<List<Double>> predicted) {
    return LabelMetrics.compute(metric, expected, predicted);
  }

  @Override
  public Optional<ClassReport> report(List<List<Double>> expected, List<List<Double>> predicted) {
    return Optional.of(ClassReport.ofLabels(labels, expected, predicted));
  }

  @Override
  public Optional<ConfusionMatrix> confusion(
      List<List<Double>> expected, List<List<Double>> predicted) {
    return Optional.empty();
  }

  @Override
  public Prediction prediction(float[] logits, EncodedExample encoded, Example example) {
    double[] probabilities = new double[logits.length];
    List<String> present = new ArrayList<>();
    for (int k = 0; k < logits.length; k++) {
      probabilities[k] = sigmoid(logits[k]);
      if (logits[k] > 0) {
        present.add(labels.get(k));
      }
    }
    return new Prediction.OfLabels(present, TaskOutputs.named(labels, probabilities));
  }

  @Override
  public List<String> columns() {
    return List.of(LABELS);
  }

  @Override
  public List<String> probabilityNames() {
    return labels;
  }
}
