package org.bilora.bilevel;

import java.util.List;
import java.util.Optional;
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
   * @param rows where each stands in the lower level's data, from 0, {@code [batch]}; empty where
   *     that is not known
   * @param present 1 for an example and 0 for padding, {@code [batch]}; empty without padding
   */
  record Examples(
      Operand<TFloat32> losses,
      Optional<Operand<TInt32>> rows,
      Optional<Operand<TFloat32>> present) {

    /** Examples without padding whose place is known. */
    public Examples(Operand<TFloat32> losses, Operand<TInt32> rows) {
      this(losses, Optional.of(rows), Optional.empty());
    }

    /**
     * The same with their places.
     *
     * @param places where each row's example stands in the lower level's data, -1 for padding,
     *     {@code [rows]}; there may be several losses of each row, one after the other
     */
    public Examples ofRows(Ops tf, Operand<TInt32> places) {
      Operand<TInt32> one = tf.constant(1);
      Operand<TInt32> each = tf.math.div(tf.size(losses), tf.math.maximum(tf.size(places), one));
      Operand<TInt32> known = tf.math.maximum(places, tf.constant(0));
      Operand<TInt32> repeated =
          tf.tile(tf.expandDims(known, one), tf.stack(List.<Operand<TInt32>>of(one, each)));
      return new Examples(
          losses, Optional.of(tf.reshape(repeated, tf.constant(new int[] {-1}))), present);
    }

    /** The plain mean of the losses, scalar. */
    public Operand<TFloat32> mean(Ops tf) {
      return present.isEmpty() ? tf.math.mean(losses, tf.constant(0)) : weighted(tf, present.get());
    }

    /**
     * Σ wᵢ ℓᵢ / Σ wᵢ.
     *
     * @param weights above 0, {@code [batch]}
     * @return scalar
     */
    public Operand<TFloat32> mean(Ops tf, Operand<TFloat32> weights) {
      return weighted(
          tf, present.<Operand<TFloat32>>map(there -> tf.math.mul(weights, there)).orElse(weights));
    }

    /**
     * The mean of each lane of several trainings, which have as many rows each, one after the
     * other.
     *
     * @return {@code [lanes]}
     */
    public Operand<TFloat32> means(Ops tf, int lanes) {
      Operand<TInt32> byLane = tf.constant(new int[] {lanes, -1});
      Operand<TInt32> rows = tf.constant(1);
      if (present.isEmpty()) {
        return tf.math.mean(tf.reshape(losses, byLane), rows);
      }
      Operand<TFloat32> sums =
          tf.reduceSum(tf.reshape(tf.math.mul(present.get(), losses), byLane), rows);
      return tf.math.div(sums, tf.reduceSum(tf.reshape(present.get(), byLane), rows));
    }

    private Operand<TFloat32> weighted(Ops tf, Operand<TFloat32> weights) {
      Operand<TFloat32> sum = tf.reduceSum(tf.math.mul(weights, losses), tf.constant(0));
      return tf.math.div(sum, tf.reduceSum(weights, tf.constant(0)));
    }
  }
}
