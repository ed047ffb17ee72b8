package org.bilora.adapter;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * ΔW = s · P Λ Q (BiLoRA, equation 2), and with λ absent the plain ΔW = s · B A of LoRA (Hu et al.
 * 2021, equation 3): {@code x ΔWᵀ = ((x Qᵀ) ∘ sλ) Pᵀ}.
 *
 * @param left P, or B: {@code [out, rank]}
 * @param right Q, or A: {@code [rank, in]}
 * @param gains s λ: {@code [rank]}; for LoRA s, a scalar
 */
public record LowRank(Operand<TFloat32> left, Operand<TFloat32> right, Operand<TFloat32> gains)
    implements Increment {

  @Override
  public <T extends TFloating> Operand<T> apply(Ops tf, Operand<T> x) {
    // sλ scales the columns of P: out × rank products instead of tokens × rank.
    Operand<T> down = tf.dtypes.cast(right, x.type());
    Operand<T> up = tf.dtypes.cast(tf.math.mul(left, gains), x.type());
    Operand<T> narrow = tf.linalg.matMul(x, down, MatMul.transposeB(true));
    return tf.linalg.matMul(narrow, up, MatMul.transposeB(true));
  }
}
