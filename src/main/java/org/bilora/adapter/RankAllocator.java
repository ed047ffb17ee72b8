package org.bilora.adapter;

import java.util.ArrayList;
import java.util.List;
import org.bilora.graph.EndToEnd;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * Which triplets (a row of A, a value of E, a column of B) of ΔW = B diag(E) A are worth keeping,
 * over many adapters (AdaLoRA, Zhang et al. 2023, equations 7 to 11).
 *
 * @param importanceDecay β₁
 * @param uncertaintyDecay β₂
 */
public record RankAllocator(double importanceDecay, double uncertaintyDecay) {

  /**
   * What is known of every weight so far, vectors of one length.
   *
   * @param importance Ī
   * @param uncertainty U
   */
  public record Scores(Operand<TFloat32> importance, Operand<TFloat32> uncertainty) {

    /** s = Ī U. */
    public Operand<TFloat32> product(Ops tf) {
      return tf.math.mul(importance, uncertainty);
    }
  }

  /**
   * Scores of the weights of one adapter.
   *
   * @param left of B, {@code [out, rank]}
   * @param values of E, {@code [rank]}
   * @param right of A, {@code [rank, in]}
   */
  public record Adapter(
      Operand<TFloat32> left, Operand<TFloat32> values, Operand<TFloat32> right) {}

  /**
   * I = |w g|, Ī ← β₁ Ī + (1 − β₁) I, U ← β₂ U + (1 − β₂) |I − Ī|, U of the new Ī.
   *
   * @param weights w, {@code [n]}
   * @param gradient g = ∂L/∂w, {@code [n]}
   */
  public Scores update(
      Ops tf, Scores before, Operand<TFloat32> weights, Operand<TFloat32> gradient) {
    Operand<TFloat32> importance = tf.math.abs(tf.math.mul(weights, gradient));
    Operand<TFloat32> smoothed = average(tf, before.importance, importance, importanceDecay);
    Operand<TFloat32> deviation = tf.math.abs(tf.math.sub(importance, smoothed));
    return new Scores(smoothed, average(tf, before.uncertainty, deviation, uncertaintyDecay));
  }

  private static Operand<TFloat32> average(
      Ops tf, Operand<TFloat32> old, Operand<TFloat32> fresh, double decay) {
    return tf.math.add(
        tf.math.mul(tf.constant((float) decay), old),
        tf.math.mul(tf.constant((float) (1 - decay)), fresh));
  }

  /**
   * Scores of all triplets: s of the value, plus the means of s over its row of A and its column of
   * B.
   *
   * @return {@code [sum of the adapters' ranks]}
   */
  public static Operand<TFloat32> triplets(Ops tf, List<Adapter> adapters) {
    List<Operand<TFloat32>> scores = new ArrayList<>();
    for (Adapter adapter : adapters) {
      Operand<TFloat32> row = tf.math.mean(adapter.right, tf.constant(new int[] {1}));
      Operand<TFloat32> column = tf.math.mean(adapter.left, tf.constant(new int[] {0}));
      scores.add(tf.math.add(adapter.values, tf.math.add(row, column)));
    }
    return EndToEnd.of(tf, scores);
  }

  /**
   * 1 for the triplets of the highest scores and 0 for the others; of equals the earlier is kept.
   *
   * @param scores {@code [n]}
   * @param budget how many to keep, a whole number, scalar
   * @return {@code [n]}
   */
  public static Operand<TFloat32> kept(Ops tf, Operand<TFloat32> scores, Operand<TFloat32> budget) {
    // A triplet's place is the number of triplets before it: n² comparisons, of a few hundred.
    int n = Math.toIntExact(scores.shape().get(0));
    float[][] earlier = new float[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        earlier[i][j] = 1;
      }
    }
    Operand<TFloat32> own = tf.reshape(scores, tf.constant(new int[] {n, 1}));
    Operand<TFloat32> other = tf.reshape(scores, tf.constant(new int[] {1, n}));
    Operand<TFloat32> higher = number(tf, tf.math.greater(other, own));
    Operand<TFloat32> equalBefore =
        tf.math.mul(number(tf, tf.math.equal(other, own)), tf.constant(earlier));
    Operand<TFloat32> place =
        tf.reduceSum(
            tf.math.add(higher, equalBefore),
            tf.constant(new int[] {1}),
            ReduceSum.keepDims(false));
    return number(tf, tf.math.less(place, budget));
  }

  private static Operand<TFloat32> number(Ops tf, Operand<TBool> condition) {
    return tf.dtypes.cast(condition, TFloat32.class);
  }
}
