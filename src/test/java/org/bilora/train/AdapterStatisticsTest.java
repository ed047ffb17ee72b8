package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.Optional;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Exact;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLoraBuilder;
import org.bilora.method.Method;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;

class AdapterStatisticsTest {
  private static final AdapterSettings RANK_2 =
      new AdapterSettings(2, 6, ImmutableList.of("query"));
  private static final Method REAL =
      BiLoraBuilder.builder()
          .lambda(Lambda.REAL)
          .hypergradient(new Exact())
          .lowerSteps(1)
          .upperSteps(1)
          .upperLearningRate(0.1)
          .gamma1(0)
          .gamma2(0)
          .lowerFraction(0.5)
          .build();

  @Test
  void lambdaAndItsUsedRankAreGivenByLayer() {
    AdapterStatistics statistics =
        AdapterStatistics.of(
                TrainedValues.of(
                    REAL,
                    RANK_2,
                    Map.of(
                        "lower/a.P", HostTensor.of(new float[] {1, 0, 0, 1, 0, 0}, 3, 2),
                        "lower/a.Q", HostTensor.of(new float[] {0, 1, 1, 0}, 2, 2),
                        "upper/a.e", HostTensor.of(new float[] {4, -0.03f}, 2),
                        // PᵀP = (4 0; 0 1), QQᵀ = (1 1; 1 2)
                        "lower/b.P", HostTensor.of(new float[] {2, 0, 0, 1}, 2, 2),
                        "lower/b.Q", HostTensor.of(new float[] {1, 0, 1, 1}, 2, 2),
                        "upper/b.e", HostTensor.of(new float[] {-1, 0.05f}, 2))))
            .orElseThrow();
    assertEquals(ImmutableList.of(4.0, (double) -0.03f), statistics.lambda().get("a"));
    assertEquals(ImmutableMap.of("a", 1, "b", 2), statistics.usedRank());
    assertEquals(3.0 / 2, statistics.leftOrthogonality(), 1e-12);
    assertEquals(Math.sqrt(3) / 2, statistics.rightOrthogonality(), 1e-12);
  }

  @Test
  void adaptersWithoutLambdaHaveNone() {
    assertEquals(
        Optional.empty(),
        AdapterStatistics.of(
            TrainedValues.of(
                TinyRuns.LORA,
                RANK_2,
                Map.of(
                    "lower/a.B", HostTensor.of(new float[4], 2, 2),
                    "lower/a.A", HostTensor.of(new float[4], 2, 2)))));
  }
}
