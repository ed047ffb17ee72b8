package org.bilora.step;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.bilora.adapter.Lambda;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.ProblemSession;
import org.bilora.model.TinyEncoders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EncoderProblemTest {
  @ParameterizedTest
  @EnumSource(Lambda.class)
  void theObjectivesAreTheTasksLossPlusTheWeightedPenalties(Lambda lambda) {
    TinyProblem tiny =
        new TinyProblem(TinyEncoders.bert(3), lambda, TinyProblem.ALL_LINEAR, 3, null);
    try (ProblemSession session = tiny.open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(session.problem(), 0);
      double orthogonality = orthogonality(session.problem().lowerGroup(), at.lower());
      assertEquals(
          TinyProblem.GAMMA_1 * orthogonality,
          session.lowerLoss(at) - session.lowerTaskLoss(at),
          1e-5 * orthogonality);
      double entropy = lambda == Lambda.BINARY ? entropy(at.upper()) : 0;
      assertEquals(
          TinyProblem.GAMMA_2 * entropy, session.upperLoss(at) - session.upperTaskLoss(at), 1e-5);
    }
  }

  /** R₁: Σ ‖PᵀP − I‖² + ‖QQᵀ − I‖². */
  private static double orthogonality(ParameterGroup group, float[] lower) {
    List<float[]> values = group.split(lower);
    double sum = 0;
    for (int k = 0; k < values.size(); k++) {
      Parameter parameter = group.parameters().get(k);
      boolean columns = parameter.name().endsWith(".P");
      if (columns || parameter.name().endsWith(".Q")) {
        int width = Math.toIntExact(parameter.shape()[1]);
        int vectors = Math.toIntExact(parameter.shape()[columns ? 1 : 0]);
        int length = Math.toIntExact(parameter.shape()[columns ? 0 : 1]);
        float[] matrix = values.get(k);
        for (int i = 0; i < vectors; i++) {
          for (int j = 0; j < vectors; j++) {
            double product = i == j ? -1 : 0;
            for (int n = 0; n < length; n++) {
              product +=
                  columns
                      ? (double) matrix[n * width + i] * matrix[n * width + j]
                      : (double) matrix[i * width + n] * matrix[j * width + n];
            }
            sum += product * product;
          }
        }
      }
    }
    return sum;
  }

  /** R₂ of λ = sigmoid(e). */
  private static double entropy(float[] upper) {
    double sum = 0;
    for (float e : upper) {
      double lambda = 1 / (1 + Math.exp(-e));
      sum -= lambda * Math.log(lambda) + (1 - lambda) * Math.log(1 - lambda);
    }
    return sum;
  }
}
