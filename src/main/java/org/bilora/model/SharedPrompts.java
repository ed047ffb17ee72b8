package org.bilora.model;

import java.util.List;
import org.bilora.graph.BatchProduct;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Attention of one token per row to its prompt, which several rows share, and to the row's own
 * tokens: one softmax over both, softmax([Q Kpᵀ + bias, Q Kᵀ]) [Vp; V].
 *
 * @param promptMask {@code [prompts, prompt length]}, for the number of prompts
 * @param promptBias 0 for a token and a large negative value for padding, {@code [prompts, 1, 1,
 *     prompt length]}
 */
record SharedPrompts<T extends TFloating>(
    DecoderConfig config, Operand<TInt32> promptMask, Operand<TFloat32> promptBias) {

  /**
   * Mixes values.
   *
   * @param query scaled by 1/√d, {@code [rows, heads, 1, head size]}
   * @param promptKey {@code [prompts, heads, prompt length, head size]}
   * @param promptValue of the same shape
   * @param key of the row's own tokens, this one included, {@code [rows, heads, tokens, head size]}
   * @param value of the same shape
   * @return {@code [rows, heads, 1, head size]}
   */
  Operand<T> mix(
      Ops tf,
      Operand<T> query,
      Operand<T> promptKey,
      Operand<T> promptValue,
      Operand<T> key,
      Operand<T> value) {
    Operand<TFloat32> ofPrompt =
        tf.math.add(
            Layers.scores(tf, byPrompt(tf, query, config.headSize()), promptKey),
            promptBias); // [prompts, heads, rows of a prompt, prompt length]
    Operand<TInt32> promptLength = lastAxis(tf, promptMask);
    Operand<TFloat32> scores =
        tf.concat(
            List.of(byRow(tf, ofPrompt, promptLength), Layers.scores(tf, query, key)),
            tf.constant(3)); // [rows, heads, 1, prompt length + tokens]
    Operand<T> probabilities = tf.dtypes.cast(tf.nn.softmax(scores), query.type());
    Operand<T> toPrompt =
        tf.slice(
            probabilities,
            tf.constant(new int[4]),
            tf.concat(List.of(tf.constant(new int[] {-1, -1, -1}), promptLength), tf.constant(0)));
    Operand<T> toOwn =
        tf.slice(
            probabilities,
            tf.concat(List.of(tf.constant(new int[3]), promptLength), tf.constant(0)),
            tf.constant(new int[] {-1, -1, -1, -1}));
    Operand<T> fromPrompt =
        BatchProduct.of(tf, byPrompt(tf, toPrompt, promptLength), promptValue, false, false);
    return tf.math.add(
        byRow(tf, fromPrompt, tf.constant(new int[] {config.headSize()})),
        BatchProduct.of(tf, toOwn, value, false, false));
  }

  private Operand<T> byPrompt(Ops tf, Operand<T> rows, int width) {
    return byPrompt(tf, rows, tf.constant(new int[] {width}));
  }

  /** {@code [rows, heads, 1, width]} to {@code [prompts, heads, rows of a prompt, width]}. */
  private Operand<T> byPrompt(Ops tf, Operand<T> rows, Operand<TInt32> width) {
    Operand<TInt32> prompts =
        tf.slice(tf.shape(promptMask), tf.constant(new int[] {0}), tf.constant(new int[] {1}));
    Operand<TInt32> heads = tf.constant(new int[] {-1, config.heads()});
    Operand<T> apart = tf.reshape(rows, tf.concat(List.of(prompts, heads, width), tf.constant(0)));
    return tf.linalg.transpose(apart, tf.constant(new int[] {0, 2, 1, 3}));
  }

  /** {@code [prompts, heads, rows of a prompt, width]} to {@code [rows, heads, 1, width]}. */
  private <V extends TFloating> Operand<V> byRow(
      Ops tf, Operand<V> prompts, Operand<TInt32> width) {
    Operand<V> together = tf.linalg.transpose(prompts, tf.constant(new int[] {0, 2, 1, 3}));
    Operand<TInt32> heads = tf.constant(new int[] {-1, config.heads(), 1});
    return tf.reshape(together, tf.concat(List.of(heads, width), tf.constant(0)));
  }

  private static Operand<TInt32> lastAxis(Ops tf, Operand<TInt32> matrix) {
    return tf.slice(tf.shape(matrix), tf.constant(new int[] {1}), tf.constant(new int[] {1}));
  }
}
