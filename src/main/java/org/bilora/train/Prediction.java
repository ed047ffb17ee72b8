package org.bilora.train;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;

/**
 * What a trained model says about one text.
 *
 * @param label the most probable class, as the training file writes it; empty for regression
 * @param value its probability, or the score
 * @param probabilities of all classes, in the order of the task's labels; empty for regression
 */
public record Prediction(Optional<String> label, double value, List<Double> probabilities) {
  /** Keeps copies of the collections. */
  public Prediction {
    probabilities = ImmutableList.copyOf(probabilities);
  }

  /** Softmax of one row of logits, in double precision, or the score itself. */
  static Prediction of(List<String> labels, float[] logits) {
    if (labels.isEmpty()) {
      return new Prediction(Optional.empty(), logits[0], ImmutableList.of());
    }
    int best = 0;
    for (int c = 1; c < logits.length; c++) {
      best = logits[c] > logits[best] ? c : best;
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp((double) logit - logits[best]);
    }
    ImmutableList.Builder<Double> probabilities = ImmutableList.builder();
    for (float logit : logits) {
      probabilities.add(Math.exp((double) logit - logits[best]) / sum);
    }
    return new Prediction(Optional.of(labels.get(best)), 1 / sum, probabilities.build());
  }
}
