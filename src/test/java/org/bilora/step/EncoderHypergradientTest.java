package org.bilora.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.Stream;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Betty;
import org.bilora.bilevel.Darts;
import org.bilora.bilevel.Differences;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.ProblemSession;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The estimators on tiny Transformers, away from the start (there ΔW = 0 and the second term
 * vanishes) and with a ξ that makes the second term most of the hypergradient.
 *
 * <p>A float32 objective near 2 is known to about 2e-7 and a difference quotient of step 0.04 to
 * about 5e-6, of hypergradients whose length is 0.1 and more. Measured errors, relative to that
 * length, are 3e-5 to 3e-4; half the step doubles them, as rounding does and truncation does not.
 */
class EncoderHypergradientTest {
  private static final float XI = 0.5f;
  private static final double STEP = 0.04;
  private static final double TOLERANCE = 6e-4;

  static Stream<TinyProblem> problems() {
    return Stream.of(Lambda.values()).flatMap(EncoderHypergradientTest::problems);
  }

  private static Stream<TinyProblem> problems(Lambda lambda) {
    PretrainedEncoder bert = TinyEncoders.bert(3);
    PretrainedEncoder roberta = TinyEncoders.roberta(4);
    return Stream.of(
        new TinyProblem(bert, lambda, TinyProblem.QUERY_AND_VALUE, 3, null),
        new TinyProblem(roberta, lambda, TinyProblem.ALL_LINEAR, 1, null));
  }

  static Stream<TinyProblem> softmaxProblems() {
    return problems(Lambda.SOFTMAX);
  }

  static Stream<TinyProblem> otherForwardPasses() {
    PretrainedEncoder bert = TinyEncoders.bert(3);
    return Stream.of(
        // With dropout; a regression through BERT's pooler, a classification by RoBERTa's head.
        new TinyProblem(bert, Lambda.SOFTMAX, TinyProblem.QUERY_AND_VALUE, 1, new int[] {5, 6}),
        new TinyProblem(
            TinyEncoders.roberta(4),
            Lambda.SOFTMAX,
            TinyProblem.QUERY_AND_VALUE,
            3,
            new int[] {7, 8}),
        // As the sentence encoders among the presets.
        new TinyProblem(
            TinyProblem.pooledBy(EncoderHead.Pooling.MEAN, bert),
            Lambda.SOFTMAX,
            TinyProblem.QUERY_AND_VALUE,
            3,
            null));
  }

  @ParameterizedTest
  @MethodSource({"problems", "otherForwardPasses"})
  void exactMatchesCentralDifferencesOfTheUnrolledObjective(TinyProblem tiny) {
    try (ProblemSession session = tiny.open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(session.problem(), XI);
      Differences.assertExact(session, at, STEP, TOLERANCE, 0.2);
    }
  }

  @ParameterizedTest
  @MethodSource({"softmaxProblems", "otherForwardPasses"})
  void gradientsOfBothLossesMatchDifferencesAlongRandomDirections(TinyProblem tiny) {
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
          session.lowerLossByUpper(at),
          e -> session.lowerLoss(at.withUpper(e)),
          at.upper(),
          random,
          TOLERANCE);
      Differences.assertSlopes(
          session.upperLossByLower(at),
          v -> session.upperLoss(at.withLower(v)),
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

  @ParameterizedTest
  @EnumSource(Lambda.class)
  void theErrorOfDartsFallsWithTheSquareOfItsEpsilon(Lambda lambda) {
    try (ProblemSession session = problems(lambda).findFirst().orElseThrow().open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(session.problem(), XI);
      double[] exact = Differences.doubles(session.hypergradient(new Exact(), at));
      double large = Differences.relativeError(exact, session.hypergradient(new Darts(0.1), at));
      double small = Differences.relativeError(exact, session.hypergradient(new Darts(0.05), at));
      double usual = Differences.relativeError(exact, session.hypergradient(new Darts(0.01), at));
      assertEquals(4, large / small, 0.5);
      assertTrue(usual < 3e-4, "relative error " + usual);
    }
  }

  @ParameterizedTest
  @EnumSource(Lambda.class)
  void bettysSecondTermIsTakenAtTheUpdatedValuesAndWithoutXi(Lambda lambda) {
    try (ProblemSession session = problems(lambda).findFirst().orElseThrow().open()) {
      ProblemSession.At start = TinyProblem.awayFromTheStart(session.problem(), XI);
      float[] direction = Differences.direction(start.lower().length, new Random(8));
      float[] updated = Differences.plus(start.lower(), 0.5, direction);
      ProblemSession.At at = new ProblemSession.At(start.lower(), start.upper(), XI, updated, 0, 0);
      ProblemSession.At there = at.withLower(updated);
      float[] v = session.upperLossByLower(there);
      float[] first = session.upperLossByUpper(there);
      float[] second = session.mixedSecondDerivative(there, v);
      double[] estimated = new double[first.length];
      float[] estimate = session.hypergradient(new Betty(0.01), at);
      for (int i = 0; i < estimated.length; i++) {
        estimated[i] = first[i] - estimate[i];
      }
      double error = Differences.relativeError(estimated, second);
      assertTrue(error < 1e-3, "relative error " + error);
    }
  }
}
