package org.bilora.autodiff;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Reverse-mode differentiation of one parameter group. A tape marks the point at which it sees the
 * group: everything computed from {@link #watched()} is on the tape, other uses of the same values
 * are not. Two tapes over the same values therefore tell two roles of them apart, such as E inside
 * L₁ and E inside L₂.
 *
 * <p>A tape may be asked several times, and gradients may be differentiated again by another tape:
 * that is how the exact hypergradient is formed.
 */
public final class GradientTape {
  private final Ops tf;
  private final ParameterGroup group;
  private final List<Operand<TFloat32>> watched;

  /**
   * Starts a tape.
   *
   * @param tf builds into the graph that holds the values
   * @param values the group's vector, {@code [group size]}
   */
  public GradientTape(Ops tf, ParameterGroup group, Operand<TFloat32> values) {
    this.tf = tf;
    this.group = group;
    List<Operand<TFloat32>> marks = new ArrayList<>();
    if (!group.isEmpty()) {
      for (Operand<TFloat32> value : group.split(tf, values)) {
        marks.add(tf.identity(value));
      }
    }
    this.watched = ImmutableList.copyOf(marks);
  }

  /** The group's parameters as this tape sees them, each of its declared shape. */
  public List<Operand<TFloat32>> watched() {
    return watched;
  }

  /**
   * dL/dθ.
   *
   * @param loss a scalar computed from {@link #watched()}
   * @return {@code [group size]}; 0 for parameters that the loss does not depend on
   * @throws MissingGradientException when an operation on the way has no gradient
   */
  public Operand<TFloat32> gradient(Operand<TFloat32> loss) {
    return group.join(tf, gradients(loss));
  }

  /**
   * dL/dθ by parameter, to be differentiated again.
   *
   * @param loss a scalar computed from {@link #watched()}
   * @return one operand per parameter, of its shape
   * @throws MissingGradientException when an operation on the way has no gradient
   */
  public List<Operand<TFloat32>> gradients(Operand<TFloat32> loss) {
    return pullback(List.of(loss), List.of(tf.constant(1f)), List.of(this)).get(0);
  }

  /**
   * dL/dθ for the groups of several tapes, in one pass back over the graph that they share.
   *
   * @param loss a scalar computed from what the tapes watch
   * @param tapes of one graph
   * @return one vector per tape, as {@link #gradient}
   * @throws MissingGradientException when an operation on the way has no gradient
   */
  public static List<Operand<TFloat32>> gradients(
      Operand<TFloat32> loss, List<GradientTape> tapes) {
    return joined(gradientsByParameter(loss, tapes), tapes);
  }

  /**
   * The same by parameter, to be differentiated again.
   *
   * @return per tape one operand per parameter, of its shape
   * @throws MissingGradientException when an operation on the way has no gradient
   */
  public static List<List<Operand<TFloat32>>> gradientsByParameter(
      Operand<TFloat32> loss, List<GradientTape> tapes) {
    return pullback(List.of(loss), List.of(tapes.get(0).tf.constant(1f)), tapes);
  }

  /**
   * Σᵢ cᵢᵀ ∂yᵢ/∂θ for the groups of several tapes, in one pass back over the graph that they share.
   *
   * @param targets tensors computed from what the tapes watch
   * @param cotangents one per target, of the target's shape, held constant
   * @param tapes of one graph
   * @return one vector per tape, as {@link #vectorJacobianProduct}
   * @throws MissingGradientException when an operation on the way has no gradient
   */
  public static List<Operand<TFloat32>> vectorJacobianProducts(
      List<Operand<TFloat32>> targets,
      List<Operand<TFloat32>> cotangents,
      List<GradientTape> tapes) {
    return joined(pullback(targets, cotangents, tapes), tapes);
  }

  private static List<Operand<TFloat32>> joined(
      List<List<Operand<TFloat32>>> parts, List<GradientTape> tapes) {
    List<Operand<TFloat32>> vectors = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      GradientTape tape = tapes.get(i);
      vectors.add(tape.group.join(tape.tf, parts.get(i)));
    }
    return vectors;
  }

  /**
   * The vector-Jacobian product Σᵢ cᵢᵀ ∂yᵢ/∂θ, the cotangents c held constant.
   *
   * @param targets tensors computed from {@link #watched()}
   * @param cotangents one per target, of the target's shape
   * @return {@code [group size]}
   * @throws MissingGradientException when an operation on the way has no gradient
   */
  public Operand<TFloat32> vectorJacobianProduct(
      List<Operand<TFloat32>> targets, List<Operand<TFloat32>> cotangents) {
    return group.join(tf, pullback(targets, cotangents, List.of(this)).get(0));
  }

  private static List<List<Operand<TFloat32>>> pullback(
      List<Operand<TFloat32>> targets,
      List<Operand<TFloat32>> cotangents,
      List<GradientTape> tapes) {
    Ops tf = tapes.get(0).tf;
    List<Operand<TFloat32>> sources = new ArrayList<>();
    for (GradientTape tape : tapes) {
      if (tape.watched.isEmpty()) {
        throw new IllegalStateException("group %s has no parameters".formatted(tape.group.name()));
      }
      sources.addAll(tape.watched);
    }
    List<Operand<?>> gradients =
        ReverseMode.vectorJacobianProducts(tf, targets, cotangents, sources);
    List<List<Operand<TFloat32>>> byTape = new ArrayList<>();
    int next = 0;
    for (GradientTape tape : tapes) {
      ImmutableList.Builder<Operand<TFloat32>> parts = ImmutableList.builder();
      for (Operand<TFloat32> source : tape.watched) {
        Operand<?> gradient = gradients.get(next++);
        parts.add(
            gradient == null ? tf.zerosLike(source) : gradient.asOutput().expect(TFloat32.class));
      }
      byTape.add(parts.build());
    }
    return byTape;
  }
}
