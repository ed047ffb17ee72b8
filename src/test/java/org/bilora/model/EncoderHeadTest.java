package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.EagerSession;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

class EncoderHeadTest {
  private static final int WIDTH = 64;

  static Stream<EncoderKind> kinds() {
    return Stream.of(new Bert(), new Roberta());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theHeadDropsAtItsOwnRate(EncoderKind type) {
    // Hidden and attention dropout are on: they are the encoder's and must not matter here.
    assertEquals(WIDTH, keptFeatures(type, 0));
    double kept = (double) keptFeatures(type, 0.5) / WIDTH;
    assertEquals(0.5, kept, 0.25);
  }

  @Test
  void aSentenceEncodersHeadReadsThePooledStateItself() {
    // Two texts of two tokens, the second text's last token padding.
    float[][][] hidden = {{{1, 2}, {3, 6}}, {{5, 7}, {100, 100}}};
    assertArrayEquals(
        new float[] {2 + 40, 5 + 70}, logits(EncoderHead.Pooling.MEAN, hidden), 1e-5f);
    assertArrayEquals(new float[] {1 + 20, 5 + 70}, logits(EncoderHead.Pooling.CLS, hidden), 1e-5f);
  }

  /** Logits of one label with output weights (1, 10); there is no dense layer to ask for. */
  private static float[] logits(EncoderHead.Pooling pooling, float[][][] hidden) {
    EncoderHead head = new EncoderHead(config(new Bert(), 0.5, 2), pooling, 1);
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      Operand<TInt32> mask = tf.constant(new int[][] {{1, 1}, {1, 0}});
      Operand<TFloat32> logits =
          head.logits(
              tf,
              new EncoderInputs(mask, mask, mask),
              tf.constant(hidden),
              name ->
                  name.equals("classifier.weight")
                      ? tf.constant(new float[][] {{1, 10}})
                      : tf.constant(new float[] {0}),
              Dropout.off());
      TFloat32 values = logits.asTensor();
      return new float[] {values.getFloat(0, 0), values.getFloat(1, 0)};
    }
  }

  /** Features that reach the only logit: it counts them where each is 1 and tanh saturated. */
  private static long keptFeatures(EncoderKind type, double classifierDropout) {
    EncoderHead head =
        new EncoderHead(config(type, classifierDropout, WIDTH), EncoderHead.Pooling.POOLER, 1);
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

  private static EncoderConfig config(EncoderKind type, double classifierDropout, int width) {
    return EncoderConfigBuilder.builder()
        .kind(type)
        .vocabSize(10)
        .hiddenSize(width)
        .layers(1)
        .heads(1)
        .intermediateSize(8)
        .maxPositions(16)
        .typeVocabSize(2)
        .layerNormEpsilon(1e-12)
        .hiddenDropoutProbability(0.9)
        .attentionDropoutProbability(0.9)
        .classifierDropoutProbability(classifierDropout)
        .padTokenId(0)
        .activation(EncoderConfig.Activation.GELU)
        .build();
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
