package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.ParameterGroup;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * What the upper level sets, E, where it is not part of the network itself: how E makes one lower
 * objective of the examples' losses and of V. A {@link BilevelProblem} hands {@link #group} on as
 * its upper group and ends its lower loss with {@link #lowerObjective}; any hypergradient serves.
 *
 * <p>Unlike BiLoRA's Λ, which P and Q can undo by growing, these cannot be undone below.
 */
public interface UpperVariables {

  /** E, with the values it starts from. */
  ParameterGroup group();

  /**
   * L₁.
   *
   * @param upper E, one operand per parameter of {@link #group}
   * @param lower V, one operand per parameter
   * @param examples the mini-batch
   * @return scalar
   */
  Operand<TFloat32> lowerObjective(
      Ops tf, List<Operand<TFloat32>> upper, List<Operand<TFloat32>> lower, Examples examples);

  /**
   * A lower mini-batch.
   *
   * @param losses of its examples, {@code [batch]}
   * @param rows where each stands in the lower level's data, from 0, {@code [batch]}
   */
  record Examples(Operand<TFloat32> losses, Operand<TInt32> rows) {

    /** The plain mean of the losses, scalar. */
    Operand<TFloat32> mean(Ops tf) {
      return tf.math.mean(losses, tf.constant(0));
    }

    /**
     * Σ wᵢ ℓᵢ / Σ wᵢ.
     *
     * @param weights above 0, {@code [batch]}
     * @return scalar
     */
    Operand<TFloat32> mean(Ops tf, Operand<TFloat32> weights) {
      Operand<TFloat32> sum = tf.reduceSum(tf.math.mul(weights, losses), tf.constant(0));
      return tf.math.div(sum, tf.reduceSum(weights, tf.constant(0)));
    }
  }
}
