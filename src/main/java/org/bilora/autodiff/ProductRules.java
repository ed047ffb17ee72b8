package org.bilora.autodiff;

import java.util.function.BiConsumer;
import org.bilora.graph.BatchProduct;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.family.TFloating;

/** Derivatives of matrix products, which are matrix products. */
final class ProductRules {
  private ProductRules() {}

  /**
   * y = a' b', where a prime may transpose: ∂a and ∂b are products of the adjoint with the other
   * factor, transposed such that the shapes meet.
   */
  static void product(
      GradientRules.Node n,
      BiConsumer<Integer, Operand<?>> to,
      String transposeA,
      String transposeB) {
    boolean ta = n.flag(transposeA);
    boolean tb = n.flag(transposeB);
    Operand<TFloating> g = n.adjoint();
    if (n.wanted()[0]) {
      to.accept(0, ta ? multiply(n, n.in(1), g, tb, true) : multiply(n, g, n.in(1), false, !tb));
    }
    if (n.wanted()[1]) {
      to.accept(1, tb ? multiply(n, g, n.in(0), true, ta) : multiply(n, n.in(0), g, !ta, false));
    }
  }

  /** As {@link #product} where the batch dimensions are equal; else what TensorFlow does. */
  static void batchProduct(GradientRules.Node n, BiConsumer<Integer, Operand<?>> to) {
    Shape a = n.in(0).shape();
    Shape b = n.in(1).shape();
    int matrix = 2;
    if (a.subShape(0, a.numDimensions() - matrix)
        .equals(b.subShape(0, b.numDimensions() - matrix))) {
      product(n, to, "adj_x", "adj_y");
    } else {
      GradientRules.registeredByTensorFlow(n, to);
    }
  }

  private static Operand<TFloating> multiply(
      GradientRules.Node n, Operand<TFloating> a, Operand<TFloating> b, boolean ta, boolean tb) {
    return n.operation().type().equals("MatMul")
        ? n.tf().linalg.matMul(a, b, MatMul.transposeA(ta), MatMul.transposeB(tb))
        : BatchProduct.of(n.tf(), a, b, ta, tb);
  }
}
