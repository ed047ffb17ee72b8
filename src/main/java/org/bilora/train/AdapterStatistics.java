package org.bilora.train;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.adapter.LowRankValues;

/**
 * What the adapters P Λ Q of a run have become.
 *
 * @param lambda the pseudo singular values λ of each adapter, by name of the dense layer
 * @param usedRank how many of them matter: |λ| above {@link #USED_SHARE} of the largest |λ| of all
 *     adapters
 * @param leftOrthogonality ‖PᵀP − I‖_F, mean over the adapters
 * @param rightOrthogonality ‖QQᵀ − I‖_F, mean over the adapters
 */
public record AdapterStatistics(
    Map<String, List<Double>> lambda,
    Map<String, Integer> usedRank,
    double leftOrthogonality,
    double rightOrthogonality) {
  /** Keeps copies of the collections. */
  public AdapterStatistics {
    lambda = ImmutableMap.copyOf(Maps.transformValues(lambda, ImmutableList::copyOf));
    usedRank = ImmutableMap.copyOf(usedRank);
  }

  /** Share of the largest |λ| above which a pseudo singular value counts as used. */
  public static final double USED_SHARE = 0.01;

  /** Of trained values; empty when their adapters have no Λ. */
  static Optional<AdapterStatistics> of(TrainedValues trained) {
    Map<String, float[]> lambdas = trained.lambdas();
    if (lambdas.isEmpty()) {
      return Optional.empty();
    }
    double largest =
        lambdas.values().stream()
            .flatMap(values -> Floats.asList(values).stream())
            .mapToDouble(Math::abs)
            .max()
            .orElseThrow();
    ImmutableMap.Builder<String, List<Double>> lambda = ImmutableMap.builder();
    ImmutableMap.Builder<String, Integer> used = ImmutableMap.builder();
    lambdas.forEach(
        (module, values) -> {
          double[] wide = Floats.asList(values).stream().mapToDouble(Float::doubleValue).toArray();
          lambda.put(module, ImmutableList.copyOf(Doubles.asList(wide)));
          long count =
              Doubles.asList(wide).stream()
                  .filter(value -> Math.abs(value) > USED_SHARE * largest)
                  .count();
          used.put(module, Math.toIntExact(count));
        });
    double left = 0;
    double right = 0;
    for (LowRankValues increment : trained.increments().values()) {
      int rank = increment.rank();
      left += distanceFromIdentity(increment.left(), increment.out(), rank, 1, rank);
      right += distanceFromIdentity(increment.right(), increment.in(), rank, increment.in(), 1);
    }
    return Optional.of(
        new AdapterStatistics(
            lambda.buildOrThrow(),
            used.buildOrThrow(),
            left / lambdas.size(),
            right / lambdas.size()));
  }

  /**
   * ‖G − I‖_F, G the inner products of vectors.
   *
   * @param between distance in {@code values} from one vector's first value to the next one's
   * @param within distance from a vector's value to its next one
   */
  private static double distanceFromIdentity(
      float[] values, int length, int vectors, int between, int within) {
    double sum = 0;
    for (int a = 0; a < vectors; a++) {
      for (int b = 0; b < vectors; b++) {
        double product = 0;
        for (int i = 0; i < length; i++) {
          product += (double) values[a * between + i * within] * values[b * between + i * within];
        }
        double difference = product - (a == b ? 1 : 0);
        sum += difference * difference;
      }
    }
    return Math.sqrt(sum);
  }
}
