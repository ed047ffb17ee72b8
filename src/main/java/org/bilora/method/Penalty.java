package org.bilora.method;

import java.util.ArrayList;
import java.util.List;
import org.bilora.adapter.Penalties;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A term that an objective has besides the task's loss, γ R: the weight γ may differ among
 * trainings that are otherwise the same expression.
 *
 * @param name of R, as messages have it
 * @param weight γ, not 0
 * @param term R
 */
public record Penalty(String name, double weight, Term term) {

  /** R of the adapters' values. */
  @FunctionalInterface
  public interface Term {
    /** Builds it; scalar. */
    Operand<TFloat32> of(Ops tf, AdapterValues values);
  }

  /** The term alone, or none where its weight is 0. */
  static List<Penalty> of(String name, double weight, Term term) {
    return weight == 0 ? List.of() : List.of(new Penalty(name, weight, term));
  }

  /**
   * Σ γ R.
   *
   * @param weights γ of each penalty, scalars
   * @return scalar
   */
  public static Operand<TFloat32> sum(
      Ops tf, List<Penalty> penalties, List<Operand<TFloat32>> weights, AdapterValues values) {
    List<Operand<TFloat32>> terms = new ArrayList<>();
    for (int i = 0; i < penalties.size(); i++) {
      terms.add(tf.math.mul(weights.get(i), penalties.get(i).term().of(tf, values)));
    }
    return Penalties.sum(tf, terms);
  }
}
