package org.bilora.autodiff;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.core.Stack;
import org.tensorflow.op.core.Unstack;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TNumber;

/**
 * Derivatives of operations that move elements and compute none: the adjoint moves back, and is
 * added up where an element was read more than once.
 */
final class RearrangementRules {
  private RearrangementRules() {}

  /** Each output is the input of its place. */
  static void handOn(GradientRules.Node n, BiConsumer<Integer, Operand<?>> to) {
    for (int i = 0; i < n.incoming().size(); i++) {
      if (n.incoming().get(i) != null) {
        to.accept(i, n.incoming().get(i));
      }
    }
  }

  static void transpose(GradientRules.Node n, BiConsumer<Integer, Operand<?>> to) {
    int[] permutation = Constants.ints(n.operation().input(1));
    int[] inverse = new int[permutation.length];
    for (int i = 0; i < permutation.length; i++) {
      inverse[permutation[i]] = i;
    }
    to.accept(0, n.tf().linalg.transpose(n.adjoint(), n.tf().constant(inverse)));
  }

  static Operand<TFloating> slice(GradientRules.Node n, Operand<TFloating> g) {
    int[] begin = Constants.ints(n.operation().input(1));
    int[] whole = GradientRules.ints(n.in(0).shape());
    int[] part = GradientRules.ints(g.shape());
    int[][] padding = new int[whole.length][2];
    for (int i = 0; i < whole.length; i++) {
      padding[i] = new int[] {begin[i], whole[i] - begin[i] - part[i]};
    }
    return n.tf().pad(g, n.tf().constant(padding), n.constant(0));
  }

  static Operand<TFloating> pad(GradientRules.Node n, Operand<TFloating> g) {
    int[] padding = Constants.ints(n.operation().input(1));
    int[] begin = new int[padding.length / 2];
    for (int i = 0; i < begin.length; i++) {
      begin[i] = padding[2 * i];
    }
    return n.tf()
        .slice(g, n.tf().constant(begin), n.tf().constant(GradientRules.ints(n.in(0).shape())));
  }

  static void concat(GradientRules.Node n, BiConsumer<Integer, Operand<?>> to) {
    int parts = n.wanted().length - 1;
    int rank = n.out().shape().numDimensions();
    int axis = Constants.ints(n.operation().input(parts))[0];
    if (rank == 1 && allNumbersWanted(n, parts)) {
      splitVector(n, parts, to);
      return;
    }
    int[] begin = new int[rank];
    for (int i = 0; i < parts; i++) {
      int[] size = GradientRules.ints(n.in(i).shape());
      if (n.wanted()[i]) {
        to.accept(i, n.tf().slice(n.adjoint(), n.tf().constant(begin), n.tf().constant(size)));
      }
      begin[axis < 0 ? axis + rank : axis] += size[axis < 0 ? axis + rank : axis];
    }
  }

  /** Whether every part, but not the axis, is asked for. */
  private static boolean allNumbersWanted(GradientRules.Node n, int parts) {
    for (int i = 0; i < parts; i++) {
      if (!n.wanted()[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Vectors end to end: one operation cuts the adjoint, and one joins it in a second derivative.
   */
  private static void splitVector(
      GradientRules.Node n, int parts, BiConsumer<Integer, Operand<?>> to) {
    int[] sizes = new int[parts];
    for (int i = 0; i < parts; i++) {
      sizes[i] = Math.toIntExact(n.in(i).shape().size());
    }
    List<Output<TFloating>> cut =
        n.tf()
            .splitV(n.adjoint(), n.tf().constant(sizes), n.tf().constant(0), (long) parts)
            .output();
    for (int i = 0; i < parts; i++) {
      to.accept(i, cut.get(i));
    }
  }

  static void splitBySizes(GradientRules.Node n, BiConsumer<Integer, Operand<?>> to) {
    int axis = Constants.ints(n.operation().input(2))[0];
    to.accept(0, n.tf().concat(everyAdjoint(n), n.tf().constant(axis)));
  }

  static void pack(GradientRules.Node n, BiConsumer<Integer, Operand<?>> to) {
    long axis = n.operation().attributes().getAttrInt("axis");
    List<Output<TFloating>> parts =
        n.tf().unstack(n.adjoint(), (long) n.wanted().length, Unstack.axis(axis)).output();
    for (int i = 0; i < n.wanted().length; i++) {
      to.accept(i, parts.get(i));
    }
  }

  static void unpack(GradientRules.Node n, BiConsumer<Integer, Operand<?>> to) {
    long axis = n.operation().attributes().getAttrInt("axis");
    to.accept(0, n.tf().stack(everyAdjoint(n), Stack.axis(axis)));
  }

  static void split(GradientRules.Node n, BiConsumer<Integer, Operand<?>> to) {
    int axis = Constants.ints(n.operation().input(0))[0];
    to.accept(1, n.tf().concat(everyAdjoint(n), n.tf().constant(axis)));
  }

  /** yᵢ = x at idsᵢ: a row's adjoint is the sum over the places that read it. */
  static void gather(GradientRules.Node n, BiConsumer<Integer, Operand<?>> to) {
    boolean wholeRows =
        Constants.ints(n.operation().input(2))[0] == 0
            && n.operation().attributes().getAttrInt("batch_dims") == 0;
    if (!wholeRows) {
      GradientRules.registeredByTensorFlow(n, to);
      return;
    }
    Shape table = n.in(0).shape();
    Operand<TNumber> ids = integers(n.operation().input(1));
    int reads = Math.toIntExact(ids.shape().size());
    Operand<TFloating> rows =
        GradientRules.reshape(n.tf(), n.adjoint(), Shape.of(reads).append(table.tail()));
    to.accept(
        0,
        n.tf()
            .math
            .unsortedSegmentSum(
                rows,
                n.tf().reshape(ids, n.tf().constant(new int[] {reads})),
                n.tf().constant(Math.toIntExact(table.get(0)))));
  }

  /** y at i = Σ of x over the places with idsⱼ = i: each place reads its row's adjoint. */
  static Operand<TFloating> segmentSum(GradientRules.Node n, Operand<TFloating> g) {
    return n.tf().gather(g, integers(n.operation().input(1)), n.tf().constant(0));
  }

  // As for numbers: row numbers are of int32 or int64.
  @SuppressWarnings("unchecked")
  private static Operand<TNumber> integers(Operand<?> operand) {
    return (Operand<TNumber>) operand;
  }

  /** The adjoints of all outputs, 0 for those that nothing reads. */
  private static List<Operand<TFloating>> everyAdjoint(GradientRules.Node n) {
    List<Operand<TFloating>> parts = new ArrayList<>();
    for (int i = 0; i < n.incoming().size(); i++) {
      Operand<?> part = n.incoming().get(i);
      parts.add(
          part == null
              ? n.tf().zerosLike(GradientRules.floating(n.operation().output(i)))
              : GradientRules.floating(part));
    }
    return parts;
  }
}
