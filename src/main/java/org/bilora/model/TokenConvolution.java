package org.bilora.model;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.family.TFloating;

/**
 * DeBERTa-v2's convolution beside the first layer. Over neighbouring tokens side by side it is one
 * matrix product.
 */
final class TokenConvolution {
  private static final String NAME = "encoder.conv.conv";
  private static final String NORM = "encoder.conv.LayerNorm";

  private TokenConvolution() {}

  static void addTensors(TensorShapes shapes, long hidden, int width) {
    shapes
        .tensor(NAME + ".weight", hidden, hidden, width)
        .tensor(NAME + ".bias", hidden)
        .layerNorm(NORM, hidden);
  }

  /**
   * LayerNorm(y + σ(dropout(convolution(x)))), 0 at padding.
   *
   * @param x what the first layer reads, 0 at padding, {@code [tokens, hidden]}
   * @param y what it puts out, {@code [tokens, hidden]}
   */
  static <T extends TFloating> Operand<T> added(
      EncoderPass<T> pass, DebertaV2.Convolution convolution, Operand<T> x, Operand<T> y) {
    Ops tf = pass.tf();
    int hidden = pass.config().hiddenSize();
    int width = convolution.width();
    Operand<T> mask = pass.maskByToken(x);
    Operand<T> turned =
        tf.linalg.transpose(pass.weights().get(NAME + ".weight"), tf.constant(new int[] {0, 2, 1}));
    Operand<T> kernel = tf.reshape(turned, tf.constant(new int[] {hidden, width * hidden}));
    Operand<T> sum =
        tf.math.add(
            tf.linalg.matMul(neighbours(pass, x, width), kernel, MatMul.transposeB(true)),
            pass.weights().get(NAME + ".bias"));
    Operand<T> read = pass.hiddenDropout(tf.math.mul(sum, mask));
    Operand<T> active = Layers.activated(tf, convolution.activation(), read);
    return tf.math.mul(pass.layerNorm(NORM, tf.math.add(y, active)), mask);
  }

  /** Each token with those before and behind it, {@code [tokens, width · hidden]}. */
  private static <T extends TFloating> Operand<T> neighbours(
      EncoderPass<T> pass, Operand<T> x, int width) {
    Ops tf = pass.tf();
    int hidden = pass.config().hiddenSize();
    int side = width / 2;
    Operand<T> padded =
        tf.pad(
            pass.byRow(x),
            tf.constant(new int[][] {{0, 0}, {side, side}, {0, 0}}),
            Layers.constant(tf, x, 0));
    List<Operand<T>> shifted = new ArrayList<>();
    for (int shift = 0; shift < width; shift++) {
      shifted.add(
          tf.slice(
              padded,
              tf.constant(new int[] {0, shift, 0}),
              pass.inputs().sizes(tf, new int[] {-1}, new int[] {0, 1}, new int[] {hidden})));
    }
    return pass.byToken(tf.concat(shifted, tf.constant(2)), width * hidden);
  }
}
