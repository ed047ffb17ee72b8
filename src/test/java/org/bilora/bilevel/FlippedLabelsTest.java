package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.Stream;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Worked problem: a data set in which half of the positive examples are called negative, and a few
 * clean examples. The upper level learns a weight for every example of the first by the loss on the
 * second; what it gives little weight is what was flipped.
 */
class FlippedLabelsTest {
  private static final int EXAMPLES = 48;
  private static final int CLEAN = 16;
  private static final int TEST = 400;
  private static final LevelOptimizer ADAM =
      new LevelOptimizer(AdamW.DEFAULT, new GlobalNormClipping(0));

  private final Random random = new Random(6);
  private final Examples noisy = new Examples(EXAMPLES);
  private final Examples clean = new Examples(CLEAN);
  private final Examples test = new Examples(TEST);
  private final boolean[] flipped = new boolean[EXAMPLES];

  /** Two clouds, with a 1 for the bias; every other example is positive. */
  private final class Examples {
    private final float[][] x;
    private final float[] y;

    Examples(int count) {
      x = new float[count][];
      y = new float[count];
      for (int i = 0; i < count; i++) {
        y[i] = i % 2 == 0 ? 1 : -1;
        x[i] =
            new float[] {
              (float) (1.5 * y[i] + random.nextGaussian()),
              (float) (0.5 * y[i] + random.nextGaussian()),
              1
            };
      }
    }
  }

  static Stream<Hypergradient> estimators() {
    return Stream.of(new Exact(Unroll.STEADY), new Soba(0.5, 0.01), new Penalty(3));
  }

  @ParameterizedTest
  @MethodSource("estimators")
  void fewCleanExamplesShowWhichLabelsAreWrong(Hypergradient estimator) {
    float[] y = noisy.y.clone();
    for (int i = 0; i < EXAMPLES; i += 4) {
      y[i] = -1;
      flipped[i] = true;
    }
    Trained plain = train(new FirstOrder(), y, 0);
    Trained weighted = train(estimator, y, 0.05);
    double ranked = probabilityThatAFlippedOneWeighsLess(weighted.upper());
    assertTrue(ranked > 0.85, "area under the curve " + ranked);
    assertEquals(0.5, probabilityThatAFlippedOneWeighsLess(plain.upper()), 1e-6);
    double before = accuracy(plain.lower());
    double after = accuracy(weighted.lower());
    assertTrue(before < 0.85, "flipped labels do no harm: " + before);
    assertTrue(after > before + 0.06, "accuracy %s after %s".formatted(after, before));
  }

  private record Trained(float[] lower, float[] upper) {}

  private Trained train(Hypergradient estimator, float[] y, double upperRate) {
    Regression problem =
        new Regression(
            Regression.Kind.LOGISTIC,
            new ExampleWeights(EXAMPLES),
            noisy.x,
            y,
            clean.x,
            clean.y,
            new float[3]);
    BilevelIteration iteration = new BilevelIteration(estimator, 1, 1, ADAM, ADAM);
    try (BilevelTraining training = BilevelTraining.start(iteration, tf -> problem, false)) {
      for (int i = 0; i < 400; i++) {
        training.run(new BilevelTraining.Rates(0.02, upperRate, 0.02));
      }
      return new Trained(training.lower(), training.upper());
    }
  }

  private double probabilityThatAFlippedOneWeighsLess(float[] raw) {
    double less = 0;
    int pairs = 0;
    for (int i = 0; i < EXAMPLES; i++) {
      for (int j = 0; j < EXAMPLES; j++) {
        if (flipped[i] && !flipped[j]) {
          pairs++;
          less += raw[i] < raw[j] ? 1 : raw[i] == raw[j] ? 0.5 : 0;
        }
      }
    }
    return less / pairs;
  }

  private double accuracy(float[] w) {
    int right = 0;
    for (int i = 0; i < TEST; i++) {
      if (Differences.dot(w, test.x[i]) * test.y[i] > 0) {
        right++;
      }
    }
    return (double) right / TEST;
  }
}
