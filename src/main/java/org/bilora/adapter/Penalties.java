package org.bilora.adapter;

import com.google.common.collect.ListMultimap;
import com.google.common.collect.MultimapBuilder;
import java.util.ArrayList;
import java.util.List;
import org.bilora.graph.OrderedSum;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.train.BatchMatMul;
import org.tensorflow.types.TFloat32;

/** The two regularisers of BiLoRA (section 3.2), and AdaLoRA's. */
public final class Penalties {
  private static final float SMALLEST_SQUARE = 1e-12f;

  private Penalties() {}

  /**
   * Half of R₁, Σ_k ‖P_kᵀ P_k − I‖_F².
   *
   * @param matrices P's, each {@code [out, rank]}
   * @return scalar
   */
  public static Operand<TFloat32> ofColumns(Ops tf, List<Operand<TFloat32>> matrices) {
    return summed(tf, squaredDistances(tf, matrices, Vectors.COLUMNS));
  }

  /**
   * The other half of R₁, Σ_k ‖Q_k Q_kᵀ − I‖_F².
   *
   * @param matrices Q's, each {@code [rank, in]}
   * @return scalar
   */
  public static Operand<TFloat32> ofRows(Ops tf, List<Operand<TFloat32>> matrices) {
    return summed(tf, squaredDistances(tf, matrices, Vectors.ROWS));
  }

  private static Operand<TFloat32> summed(Ops tf, List<Operand<TFloat32>> squaredDistances) {
    List<Operand<TFloat32>> terms = new ArrayList<>();
    for (Operand<TFloat32> squares : squaredDistances) {
      terms.add(tf.reduceSum(squares, tf.constant(0)));
    }
    return sum(tf, terms);
  }

  /** Which lines of a matrix are the vectors whose inner products count. */
  private enum Vectors {
    ROWS,
    COLUMNS
  }

  /**
   * AdaLoRA's regulariser (Zhang et al. 2023, equation 4, as its code has it): the mean of ‖BᵀB −
   * I‖_F and ‖AAᵀ − I‖_F over all adapters.
   *
   * @param left B's, each {@code [out, rank]}
   * @param right A's, each {@code [rank, in]}
   * @return scalar
   */
  public static Operand<TFloat32> meanOrthogonality(
      Ops tf, List<Operand<TFloat32>> left, List<Operand<TFloat32>> right) {
    List<Operand<TFloat32>> terms = new ArrayList<>();
    List<Operand<TFloat32>> all = new ArrayList<>(squaredDistances(tf, left, Vectors.COLUMNS));
    all.addAll(squaredDistances(tf, right, Vectors.ROWS));
    for (Operand<TFloat32> squares : all) {
      // A root has no slope at 0; there is nothing to gain below the floor.
      Operand<TFloat32> norms =
          tf.math.sqrt(tf.math.maximum(squares, tf.constant(SMALLEST_SQUARE)));
      terms.add(tf.reduceSum(norms, tf.constant(0)));
    }
    return tf.math.div(sum(tf, terms), tf.constant((float) (left.size() + right.size())));
  }

  /**
   * ‖G − I‖_F² of every matrix, G its inner products; a vector per shape of matrices. Matrices of
   * one shape share one batched product: an operation of their own for each would be most of a
   * step's operations and of its compilation time.
   */
  private static List<Operand<TFloat32>> squaredDistances(
      Ops tf, List<Operand<TFloat32>> matrices, Vectors vectors) {
    boolean rowsAreVectors = vectors == Vectors.ROWS;
    ListMultimap<Shape, Operand<TFloat32>> byShape =
        MultimapBuilder.linkedHashKeys().arrayListValues().build();
    matrices.forEach(matrix -> byShape.put(matrix.shape(), matrix));
    List<Operand<TFloat32>> terms = new ArrayList<>();
    for (Shape shape : byShape.keySet()) {
      Operand<TFloat32> stack = tf.stack(byShape.get(shape));
      Operand<TFloat32> gram =
          BatchMatMul.create(
              tf.scope(),
              stack,
              stack,
              TFloat32.class,
              BatchMatMul.adjX(!rowsAreVectors),
              BatchMatMul.adjY(rowsAreVectors));
      int rank = Math.toIntExact(shape.get(rowsAreVectors ? 0 : 1));
      float[][] identity = new float[rank][rank];
      for (int i = 0; i < rank; i++) {
        identity[i][i] = 1;
      }
      Operand<TFloat32> difference = tf.math.sub(gram, tf.constant(identity));
      terms.add(tf.reduceSum(tf.math.square(difference), tf.constant(new int[] {1, 2})));
    }
    return terms;
  }

  /**
   * R₂ of one adapter: −Σ [ λ log λ + (1 − λ) log(1 − λ) ], the entropy of λ: small when every λ is
   * near 0 or 1.
   *
   * @param raw e with λ = sigmoid(e), {@code [rank]}; the logarithms are taken of the logistic
   *     function itself, so saturated values stay finite
   * @return scalar
   */
  public static Operand<TFloat32> binaryEntropy(Ops tf, Operand<TFloat32> raw) {
    Operand<TFloat32> lambda = Lambda.BINARY.values(tf, raw);
    Operand<TFloat32> rest = tf.math.sub(tf.constant(1f), lambda);
    // −log sigmoid(e) = softplus(−e), −log(1 − sigmoid(e)) = softplus(e).
    Operand<TFloat32> entropy =
        tf.math.add(
            tf.math.mul(lambda, softplus(tf, tf.math.neg(raw))),
            tf.math.mul(rest, softplus(tf, raw)));
    return tf.reduceSum(entropy, tf.constant(0));
  }

  /** Sum of scalars. */
  public static Operand<TFloat32> sum(Ops tf, List<Operand<TFloat32>> terms) {
    return terms.isEmpty() ? tf.constant(0f) : OrderedSum.of(tf, terms);
  }

  /** log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|). */
  private static Operand<TFloat32> softplus(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> tail =
        tf.math.log(tf.math.add(tf.constant(1f), tf.math.exp(tf.math.neg(tf.math.abs(x)))));
    return tf.math.add(tf.math.maximum(x, tf.constant(0f)), tail);
  }
}
