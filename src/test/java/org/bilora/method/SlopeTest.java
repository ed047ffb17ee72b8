package org.bilora.method;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.bilora.adapter.Lambda;
import org.bilora.adapter.LowRank;
import org.bilora.bilevel.Exact;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** How far ΔW moves for a small change of its left matrix, measured on the graph. */
class SlopeTest {
  private static final int OUT = 48;
  private static final int IN = 96;
  private static final double ALPHA = 16;

  @Test
  void theSameAlphaGivesTheSlopeOfLoraWhateverTheParameterisationAndTheRank() {
    for (int rank : new int[] {4, 8, 16}) {
      double lora = slope(Lora.USUAL, rank);
      assertEquals(ALPHA / rank / Math.sqrt(3), lora, 0.06 * lora, "rank " + rank);
      for (Lambda lambda : Lambda.values()) {
        for (Method method : List.of(bilora(lambda), joint(lambda))) {
          assertEquals(lora, slope(method, rank), 0.06 * lora, method + " of rank " + rank);
        }
      }
    }
  }

  @Test
  void thePapersScaleDependsOnTheParameterisation() {
    assertEquals(ALPHA / 8 / 8, slope(paper(Lambda.SOFTMAX), 8), 1e-3);
    assertEquals(ALPHA / 8, slope(paper(Lambda.REAL), 8), 1e-2);
  }

  private static Method bilora(Lambda lambda) {
    return BiLoraBuilder.builder()
        .lambda(lambda)
        .hypergradient(new Exact())
        .lowerSteps(1)
        .upperSteps(1)
        .upperLearningRate(0.01)
        .gamma1(0.1)
        .gamma2(0.1)
        .lowerFraction(0.8)
        .scales(Optional.of(Scales.PER_VECTOR))
        .build();
  }

  private static Method paper(Lambda lambda) {
    return new JointTraining(lambda, 0.01, 0.1, 0.1);
  }

  private static Method joint(Lambda lambda) {
    return new JointTraining(lambda, 0.01, 0.1, 0.1, Optional.of(Scales.PER_VECTOR));
  }

  /** ‖ΔW‖_F per ‖left matrix‖_F, for a random left matrix and all else as it starts. */
  private static double slope(Method method, int rank) {
    return IntStream.range(0, 12)
        .mapToDouble(seed -> slope(method, rank, seed))
        .average()
        .orElseThrow();
  }

  private static double slope(Method method, int rank, long seed) {
    AdapterForm form =
        method.adapterForm(new AdapterSettings(rank, ALPHA, List.of("query"))).orElseThrow();
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Map<ParameterName, Operand<TFloat32>> values = new HashMap<>();
      double norm = 0;
      List<AdapterParameter> parameters =
          new ArrayList<>(
              form.declare(
                  new StartValues(seed),
                  new AdaptedLayer("layer", OUT, IN, () -> new float[OUT * IN])));
      for (AdapterParameter parameter : parameters) {
        float[] start = parameter.start().clone();
        if (parameter.name().role() == form.left()) {
          Random random = new Random(seed);
          for (int i = 0; i < start.length; i++) {
            start[i] = (float) random.nextGaussian();
            norm += (double) start[i] * start[i];
          }
        }
        values.put(
            parameter.name(),
            tf.constant(Shape.of(parameter.shape()), DataBuffers.of(start, true, false)));
      }
      LowRank change =
          form.increments(
                  tf,
                  List.of("layer"),
                  values::get,
                  layer -> tf.zeros(tf.constant(new int[] {OUT, IN}), TFloat32.class))
              .get("layer");
      Operand<TFloat32> delta = tf.linalg.matMul(change.left(), change.right());
      Operand<TFloat32> squares =
          tf.reduceSum(tf.math.square(delta), tf.constant(new int[] {0, 1}));
      try (TFloat32 sum = (TFloat32) session.runner().fetch(squares).run().get(0)) {
        return Math.sqrt(sum.getFloat() / norm);
      }
    }
  }
}
