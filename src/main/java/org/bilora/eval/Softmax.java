package org.bilora.eval;

/** Softmax of a part of an array of logits, in double precision. */
final class Softmax {
  private Softmax() {}

  /** {@code exp z_k / Σ_j exp z_j}, from the largest logit down so that nothing overflows. */
  static double[] of(float[] logits, int from, int classes) {
    double largest = largest(logits, from, classes);
    double[] probabilities = new double[classes];
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      probabilities[k] = Math.exp(logits[from + k] - largest);
      sum += probabilities[k];
    }
    for (int k = 0; k < classes; k++) {
      probabilities[k] /= sum;
    }
    return probabilities;
  }

  /** {@code log Σ_k exp z_k − z_class}. */
  static double crossEntropy(float[] logits, int from, int classes, int expectedClass) {
    double largest = largest(logits, from, classes);
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      sum += Math.exp(logits[from + k] - largest);
    }
    return Math.log(sum) + largest - logits[from + expectedClass];
  }

  /** Index of the largest logit, the first of equals; NaN when a logit is. */
  static double likeliest(float[] logits, int from, int classes) {
    int likeliest = 0;
    for (int k = 0; k < classes; k++) {
      if (Float.isNaN(logits[from + k])) {
        return Double.NaN;
      }
      likeliest = logits[from + k] > logits[from + likeliest] ? k : likeliest;
    }
    return likeliest;
  }

  private static double largest(float[] logits, int from, int classes) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      largest = Math.max(largest, logits[from + k]);
    }
    return largest;
  }
}
