package org.bilora.model;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** What is added to a decoder's attention scores: a large negative value at what is not seen. */
final class CausalMask {
  private CausalMask() {}

  /** 0 where the key is a token and not after the query, {@code [rows, 1, length, length]}. */
  static Operand<TFloat32> bias(Ops tf, DecoderInputs inputs) {
    Operand<TInt32> columns =
        tf.math.sub(tf.math.cumsum(tf.onesLike(inputs.inputIds()), tf.constant(1)), tf.constant(1));
    Operand<TInt32> queries = tf.expandDims(columns, tf.constant(2)); // [rows, length, 1]
    Operand<TInt32> keys = tf.expandDims(columns, tf.constant(1)); // [rows, 1, length]
    Operand<TFloat32> past = tf.dtypes.cast(tf.math.lessEqual(keys, queries), TFloat32.class);
    Operand<TFloat32> tokens = tf.dtypes.cast(inputs.attentionMask(), TFloat32.class);
    Operand<TFloat32> both = tf.math.mul(past, tf.expandDims(tokens, tf.constant(1)));
    return Layers.maskBias(tf, tf.expandDims(both, tf.constant(1)));
  }

  /** 0 where the key is a token, for queries after all keys, {@code [rows, 1, 1, length]}. */
  static Operand<TFloat32> bias(Ops tf, Operand<TInt32> mask) {
    Operand<TFloat32> tokens = tf.dtypes.cast(mask, TFloat32.class);
    return Layers.maskBias(
        tf, tf.expandDims(tf.expandDims(tokens, tf.constant(1)), tf.constant(1)));
  }
}
