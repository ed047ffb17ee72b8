package org.bilora.step;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Differences;
import org.bilora.bilevel.ProblemSession;
import org.bilora.model.TinyDecoders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** As {@link EncoderHypergradientTest}, of a tiny GPT-2 as a language model. */
class DecoderHypergradientTest {
  private static final float XI = 0.5f;
  private static final double STEP = 0.04;
  private static final double TOLERANCE = 1e-3;

  static Stream<TinyLanguageProblem> problems() {
    return Stream.of(
        new TinyLanguageProblem(
            TinyDecoders.model(0.1, 3),
            Lambda.SOFTMAX,
            List.of("query", "value"),
            0.1,
            new int[] {5, 6}),
        new TinyLanguageProblem(TinyDecoders.model(0, 3), Lambda.BINARY, List.of("h.*"), 0, null),
        new TinyLanguageProblem(TinyDecoders.model(0, 4), Lambda.REAL, List.of("h.*"), 0.1, null));
  }

  @ParameterizedTest
  @MethodSource("problems")
  void exactMatchesCentralDifferencesOfTheUnrolledObjective(TinyLanguageProblem tiny) {
    try (ProblemSession session = tiny.open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(session.problem(), XI);
      Differences.assertExact(session, at, STEP, TOLERANCE, 0.1);
    }
  }

  @ParameterizedTest
  @MethodSource("problems")
  void gradientsOfBothLossesMatchDifferencesAlongRandomDirections(TinyLanguageProblem tiny) {
    try (ProblemSession session = tiny.open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(session.problem(), XI);
      Random random = new Random(9);
      Differences.assertSlopes(
          session.lowerGradient(at),
          v -> session.lowerLoss(at.withLower(v)),
          at.lower(),
          random,
          TOLERANCE);
      Differences.assertSlopes(
          session.upperLossByUpper(at),
          e -> session.upperLoss(at.withUpper(e)),
          at.upper(),
          random,
          TOLERANCE);
    }
  }
}
