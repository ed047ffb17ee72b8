package org.bilora.adapter;

import java.util.Arrays;
import java.util.Locale;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * How the pseudo singular values λ of one adapter follow from its raw upper-level values e (BiLoRA,
 * section 3).
 */
public enum Lambda {
  /** λ = e: may go negative. */
  REAL(1f) {
    @Override
    public Operand<TFloat32> values(Ops tf, Operand<TFloat32> raw) {
      return raw;
    }
  },
  /** λ = softmax(e): positive, sums to 1 over the adapter's rank. */
  SOFTMAX(0f) {
    @Override
    public Operand<TFloat32> values(Ops tf, Operand<TFloat32> raw) {
      return tf.nn.softmax(raw);
    }
  },
  /** λ = sigmoid(e): pushed towards 0 or 1 by R₂. */
  BINARY(0f) {
    @Override
    public Operand<TFloat32> values(Ops tf, Operand<TFloat32> raw) {
      // The logistic function by tanh, whose gradient can be differentiated again.
      Operand<TFloat32> half = tf.constant(0.5f);
      return tf.math.mul(half, tf.math.add(tf.constant(1f), tf.math.tanh(tf.math.mul(half, raw))));
    }
  };

  private final float start;

  Lambda(float start) {
    this.start = start;
  }

  /**
   * λ(e).
   *
   * @param raw e, {@code [rank]}, or of several adapters at once, {@code [adapters, rank]}
   * @return of the same shape
   */
  public abstract Operand<TFloat32> values(Ops tf, Operand<TFloat32> raw);

  /** λ(e) on the host, in double precision. */
  public float[] values(float[] raw) {
    float[] values = new float[raw.length];
    switch (this) {
      case REAL -> System.arraycopy(raw, 0, values, 0, raw.length);
      case BINARY -> {
        for (int i = 0; i < raw.length; i++) {
          values[i] = (float) (1 / (1 + Math.exp(-raw[i])));
        }
      }
      case SOFTMAX -> {
        double max = Float.NEGATIVE_INFINITY;
        for (float e : raw) {
          max = Math.max(max, e);
        }
        double sum = 0;
        for (float e : raw) {
          sum += Math.exp(e - max);
        }
        for (int i = 0; i < raw.length; i++) {
          values[i] = (float) (Math.exp(raw[i] - max) / sum);
        }
      }
    }
    return values;
  }

  /** The raw values training starts from: equal ones, so that no direction is preferred. */
  public float[] initial(int rank) {
    float[] raw = new float[rank];
    Arrays.fill(raw, start);
    return raw;
  }

  /** The name on the command line: {@code real}, {@code softmax} or {@code binary}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
