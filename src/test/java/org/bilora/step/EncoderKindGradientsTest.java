package org.bilora.step;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bilora.adapter.Lambda;
import org.bilora.autodiff.GradientTape;
import org.bilora.bilevel.Differences;
import org.bilora.bilevel.ProblemSession;
import org.bilora.method.FullFineTuning;
import org.bilora.model.TinyEncoders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * First and second derivatives of every kind of encoder, as {@link EncoderHypergradientTest} holds
 * BERT's and RoBERTa's. The seed is one at which no unit of DistilBERT's max(x, 0) crosses 0 within
 * a step of the differences.
 */
class EncoderKindGradientsTest {
  private static final float XI = 0.5f;
  private static final double STEP = 0.04;
  private static final double TOLERANCE = 1e-3;
  private static final long SEED = 8;
  private static final List<String> TARGETS = List.of("query", "value");

  static Stream<TinyProblem> kinds() {
    return TinyEncoders.otherKinds(0.1, SEED).stream()
        .map(model -> new TinyProblem(model, Lambda.SOFTMAX, TARGETS, 3, new int[] {5, 6}));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void exactMatchesCentralDifferencesOfTheUnrolledObjective(TinyProblem tiny) {
    try (ProblemSession session = tiny.open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(session.problem(), XI);
      Differences.assertExact(session, at, STEP, TOLERANCE, 0.1);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void gradientsOfTheWholeBackboneMatchDifferences(TinyProblem tiny) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      var problem = tiny.build(tf, new FullFineTuning());
      float[] start = problem.lowerGroup().initial();
      Operand<TFloat32> values =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(start.length)));
      GradientTape tape = new GradientTape(tf, problem.lowerGroup(), values);
      Operand<TFloat32> loss = problem.lowerLoss(tf, 0, tape.watched(), List.of()).objective();
      Operand<TFloat32> lossAsVector = tf.reshape(loss, tf.constant(new int[] {1}));
      Operand<TFloat32> gradient = tape.gradient(loss);
      Differences.assertSlopes(
          run(session, values, start, gradient),
          moved -> run(session, values, moved, lossAsVector)[0],
          start,
          new Random(9),
          TOLERANCE);
    }
  }

  private static float[] run(
      Session session, Operand<TFloat32> fed, float[] values, Operand<TFloat32> fetched) {
    try (TFloat32 tensor = TFloat32.vectorOf(values);
        Tensor result = session.runner().feed(fed, tensor).fetch(fetched).run().get(0)) {
      return StdArrays.array1dCopyOf((TFloat32) result);
    }
  }
}
