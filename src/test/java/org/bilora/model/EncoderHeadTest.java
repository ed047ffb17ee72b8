package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.EagerSession;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

class EncoderHeadTest {
  private static final int WIDTH = 64;

  @ParameterizedTest
  @EnumSource(EncoderConfig.ModelType.class)
  void theHeadDropsAtItsOwnRate(EncoderConfig.ModelType type) {
    // Hidden and attention dropout are on: they are the encoder's and must not matter here.
    assertEquals(WIDTH, keptFeatures(type, 0));
    double kept = (double) keptFeatures(type, 0.5) / WIDTH;
    assertEquals(0.5, kept, 0.25);
  }

  /** Features that reach the only logit: it counts them where each is 1 and tanh saturated. */
  private static long keptFeatures(EncoderConfig.ModelType type, double classifierDropout) {
    EncoderConfig config =
        new EncoderConfig(
            type,
            10,
            WIDTH,
            1,
            1,
            8,
            16,
            2,
            1e-12,
            0.9,
            0.9,
            classifierDropout,
            0,
            EncoderConfig.Activation.GELU);
    EncoderHead head = new EncoderHead(config, EncoderHead.Pooling.CLS, 1);
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      Operand<TInt32> tokens = tf.constant(new int[][] {{1}});
      Operand<TFloat32> logits =
          head.logits(
              tf,
              new EncoderInputs(tokens, tokens, tokens),
              tf.fill(tf.constant(new int[] {1, 1, WIDTH}), tf.constant(1f)),
              name -> weight(tf, head, name),
              Dropout.seeded(tf.constant(new int[] {3, 4})));
      double scale = 1 / (1 - classifierDropout);
      return Math.round(logits.asTensor().getFloat(0, 0) / scale);
    }
  }

  private static Operand<TFloat32> weight(Ops tf, EncoderHead head, String name) {
    boolean output = name.startsWith(head.outputName() + ".");
    int out = output ? 1 : WIDTH;
    if (name.endsWith(".bias")) {
      return tf.fill(tf.constant(new int[] {out}), tf.constant(output ? 0f : 20f));
    }
    return tf.fill(tf.constant(Shape.of(out, WIDTH)), tf.constant(output ? 1f : 0f));
  }
}
