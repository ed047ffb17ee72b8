package org.bilora.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.Random;
import org.bilora.data.MetricName;
import org.bilora.data.Task;
import org.junit.jupiter.api.Test;

class ConstantAnswerTest {
  @Test
  void theLargestClassIsItsAccuracyAndClassOneItsF1() {
    Task task =
        new Task(
            "t",
            false,
            ImmutableList.of("no", "yes"),
            ImmutableList.of(MetricName.MATTHEWS, MetricName.ACCURACY, MetricName.F1));
    double[] expected = {0, 0, 0, 1};
    assertEquals(
        ImmutableMap.of(
            MetricName.MATTHEWS, 0.0, MetricName.ACCURACY, 0.75, MetricName.F1, 2 * 0.25 / 1.25),
        ConstantAnswer.scores(task, expected));
  }

  @Test
  void aConstantIsNoCorrelation() {
    Task task = new Task("t", false, ImmutableList.of(), ImmutableList.of(MetricName.PEARSON));
    assertEquals(
        ImmutableMap.of(MetricName.PEARSON, 0.0),
        ConstantAnswer.scores(task, new double[] {1, 2, 3}));
  }

  @Test
  void guessesAreAboveTheThresholdOneTimeInTwenty() {
    Random random = new Random(3);
    double[] expected = random.ints(200, 0, 2).asDoubleStream().toArray();
    int above = 0;
    for (int trial = 0; trial < 2000; trial++) {
      double[] guessed = random.ints(200, 0, 2).asDoubleStream().toArray();
      double matthews = Metrics.compute(MetricName.MATTHEWS, expected, guessed);
      above += matthews > ConstantAnswer.threshold(MetricName.MATTHEWS, 0, 200) ? 1 : 0;
    }
    assertEquals(0.05, above / 2000.0, 0.015);
    double share = Arrays.stream(expected).average().orElseThrow();
    assertEquals(
        share + 1.645 * Math.sqrt(share * (1 - share) / 200),
        ConstantAnswer.threshold(MetricName.ACCURACY, share, 200),
        1e-12);
  }
}
