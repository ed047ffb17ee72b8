package org.bilora.step;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Darts;
import org.bilora.bilevel.Differences;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.ProblemSession;
import org.bilora.bilevel.UpperVariables;
import org.bilora.model.DebertaV2;
import org.bilora.model.HiddenKey;
import org.bilora.model.ModernBert;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyDecoders;
import org.bilora.model.TinyEncoders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * First and second derivatives under HiddenKey. Differences of the objectives agree with them only
 * where every evaluation of a batch, at V, at V' and at V ± εv, has the same masks.
 */
class HiddenKeyGradientsTest {
  private static final float XI = 0.5f;
  private static final double STEP = 0.04;
  private static final double TOLERANCE = 1e-3;
  private static final int[] SEED = {5, 6};

  /** Kinds whose attention or feed-forward layers are not BERT's. */
  private static final Set<Class<?>> OWN_LAYERS = Set.of(DebertaV2.class, ModernBert.class);

  private static final HiddenKey MASKS = new HiddenKey(0.3, 0.2, 0);
  private static final HiddenKey ALL = new HiddenKey(0.3, 0.2, 2);

  private static TinyProblem tiny(PretrainedEncoder model, HiddenKey hiddenKey) {
    return new TinyProblem(model, Lambda.SOFTMAX, TinyProblem.QUERY_AND_VALUE, 3, SEED, hiddenKey);
  }

  static Stream<TinyProblem> kinds() {
    return Stream.concat(
        Stream.of(tiny(TinyEncoders.bert(3), ALL)),
        TinyEncoders.otherKinds(0.1, 8).stream()
            .filter(model -> OWN_LAYERS.contains(model.config().kind().getClass()))
            .map(model -> tiny(model, MASKS)));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void exactMatchesCentralDifferencesOfTheUnrolledObjective(TinyProblem tiny) {
    try (ProblemSession session = tiny.open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(session.problem(), XI);
      Differences.assertExact(session, at, STEP, TOLERANCE, 0.1);
    }
  }

  private static TinyLanguageProblem tinyDecoder(HiddenKey hiddenKey) {
    return new TinyLanguageProblem(
        TinyDecoders.model(0.1, 3),
        Lambda.SOFTMAX,
        List.of("query", "value"),
        0.1,
        SEED,
        hiddenKey);
  }

  @Test
  void soDoesExactOnALanguageModelInTwoPasses() {
    try (ProblemSession session = tinyDecoder(ALL).open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(session.problem(), XI);
      Differences.assertExact(session, at, STEP, TOLERANCE, 0.1);
    }
  }

  @Test
  void finiteDifferencesOfALanguageModelHaveTheMasksOfTheExactEstimate() {
    try (ProblemSession session = tinyDecoder(MASKS).open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(session.problem(), XI);
      double[] exact = Differences.doubles(session.hypergradient(new Exact(), at));
      double error = Differences.relativeError(exact, session.hypergradient(new Darts(0.01), at));
      assertEquals(0, error, 1e-3);
    }
  }

  @Test
  void twoPassesAreTheMeanLossAndTheirDivergences() {
    float[][] a = {{0.3f, -1.2f, 0.7f}, {2f, 0.1f, -0.4f}};
    float[][] b = {{0.1f, 0.4f, 0.2f}, {-1f, 0.6f, 0.9f}};
    int[] classes = {2, 0};
    double weight = 0.7;
    float[] found;
    float[] task;
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Operand<TInt32> targets = tf.constant(classes);
      TwoPasses passes =
          TwoPasses.of(
              tf,
              logits ->
                  new UpperVariables.Examples(
                      new CrossEntropy(3, 0).perRow(tf, logits, targets),
                      java.util.Optional.empty(),
                      java.util.Optional.empty()),
              weight,
              tf.constant(a),
              tf.constant(b));
      found = fetched(session, passes.objective().losses());
      task = fetched(session, passes.task().losses());
    }
    for (int row = 0; row < 2; row++) {
      double[] p = softmax(a[row]);
      double[] q = softmax(b[row]);
      double mean = -(Math.log(p[classes[row]]) + Math.log(q[classes[row]])) / 2;
      assertEquals(mean, task[row], 1e-5);
      double both = (divergence(p, q) + divergence(q, p)) / 2;
      assertEquals(mean + weight * both, found[row], 1e-5);
    }
  }

  @Test
  void theSecondPassHasMasksOfItsOwnAndTheUpperLevelHasOne() {
    TinyProblem one = tiny(TinyEncoders.bert(3), MASKS);
    TinyProblem two = tiny(TinyEncoders.bert(3), ALL);
    try (ProblemSession single = one.open();
        ProblemSession both = two.open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(single.problem(), XI);
      assertEquals(single.upperLoss(at), both.upperLoss(at), 1e-6);
      double apart = Math.abs(single.lowerLoss(at) - both.lowerLoss(at));
      assertEquals(true, apart > 1e-3, "the two passes differ by only " + apart);
    }
    // Without dropout the two passes are one, whose divergence is 0.
    TinyProblem still =
        tiny(TinyEncoders.bertWithoutDropout(3), new HiddenKey(0, 0, ALL.klWeight()));
    try (ProblemSession twice = still.open();
        ProblemSession once = tiny(TinyEncoders.bertWithoutDropout(3), HiddenKey.OFF).open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(once.problem(), XI);
      assertEquals(once.lowerLoss(at), twice.lowerLoss(at), 1e-5);
      Differences.assertSlopes(
          twice.lowerGradient(at),
          v -> once.lowerLoss(at.withLower(v)),
          at.lower(),
          new Random(9),
          TOLERANCE);
    }
  }

  private static float[] fetched(Session session, Operand<TFloat32> operand) {
    try (Tensor tensor = session.runner().fetch(operand).run().get(0)) {
      return StdArrays.array1dCopyOf((TFloat32) tensor);
    }
  }

  private static double[] softmax(float[] logits) {
    double total = 0;
    for (float logit : logits) {
      total += Math.exp(logit);
    }
    double[] probabilities = new double[logits.length];
    for (int k = 0; k < logits.length; k++) {
      probabilities[k] = Math.exp(logits[k]) / total;
    }
    return probabilities;
  }

  private static double divergence(double[] p, double[] q) {
    double sum = 0;
    for (int k = 0; k < p.length; k++) {
      sum += p[k] * Math.log(p[k] / q[k]);
    }
    return sum;
  }
}
