package org.bilora.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.EagerSession;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class LambdaTest {
  private static final float[] RAW = {-1.5f, 0.3f, 0, 2.1f};

  @ParameterizedTest
  @EnumSource(Lambda.class)
  void valuesFollowTheStatedFunctionInTheGraphAndOnTheHost(Lambda lambda) {
    float[] expected = new float[RAW.length];
    double sum = 0;
    for (float e : RAW) {
      sum += Math.exp(e);
    }
    for (int i = 0; i < RAW.length; i++) {
      expected[i] =
          switch (lambda) {
            case REAL -> RAW[i];
            case SOFTMAX -> (float) (Math.exp(RAW[i]) / sum);
            case BINARY -> (float) (1 / (1 + Math.exp(-RAW[i])));
          };
    }
    assertArrayEquals(expected, lambda.values(RAW), 1e-6f);
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      TFloat32 values = lambda.values(tf, tf.constant(RAW)).asTensor();
      for (int i = 0; i < RAW.length; i++) {
        assertEquals(expected[i], values.getFloat(i), 1e-6);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Lambda.class)
  void trainingStartsFromEqualPositiveValues(Lambda lambda) {
    float expected =
        switch (lambda) {
          case REAL -> 1;
          case SOFTMAX -> 0.25f;
          case BINARY -> 0.5f;
        };
    assertArrayEquals(
        new float[] {expected, expected, expected, expected},
        lambda.values(lambda.initial(4)),
        1e-6f);
  }
}
