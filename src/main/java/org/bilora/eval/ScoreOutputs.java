package org.bilora.eval;

import com.google.common.primitives.Floats;
import java.util.List;
import java.util.Optional;
import org.bilora.data.EncodedExample;
import org.bilora.data.Example;
import org.bilora.data.MetricName;

/**
 * Scores: logits are what they are, their loss is the squared error, averaged over examples and
 * scores.
 */
record ScoreOutputs(List<String> names) implements TaskOutputs {

  @Override
  public Sum loss(float[] logits, EncodedExample example) {
    List<Double> targets = example.targets().orElseThrow();
    double sum = 0;
    for (int k = 0; k < logits.length; k++) {
      sum += Math.pow(logits[k] - targets.get(k), 2);
    }
    return new Sum(sum, logits.length);
  }

  @Override
  public List<Double> predicted(float[] logits, EncodedExample example) {
    return Floats.asList(logits).stream().map(Float::doubleValue).toList();
  }

  @Override
  public void decisions(float[] logits, EncodedExample example, Calibration.Builder into) {
    throw new IllegalArgumentException("scores are no decisions");
  }

  @Override
  public boolean hasProbabilities() {
    return false;
  }

  /** The mean over scores. */
  @Override
  public double metric(
      MetricName metric, List<List<Double>> expected, List<List<Double>> predicted) {
    double sum = 0;
    for (int k = 0; k < names.size(); k++) {
      sum +=
          Metrics.compute(
              metric, ClassOutputs.column(expected, k), ClassOutputs.column(predicted, k));
    }
    return sum / names.size();
  }

  @Override
  public Optional<ClassReport> report(List<List<Double>> expected, List<List<Double>> predicted) {
    return Optional.empty();
  }

  @Override
  public Optional<ConfusionMatrix> confusion(
      List<List<Double>> expected, List<List<Double>> predicted) {
    return Optional.empty();
  }

  @Override
  public Prediction prediction(float[] logits, EncodedExample encoded, Example example) {
    return new Prediction.OfScores(
        TaskOutputs.named(
            names, predicted(logits, encoded).stream().mapToDouble(d -> d).toArray()));
  }

  @Override
  public List<String> columns() {
    return names;
  }

  @Override
  public List<String> probabilityNames() {
    return List.of();
  }
}
