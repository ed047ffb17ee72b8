package org.bilora.autodiff;

import java.util.Optional;
import org.bilora.autodiff.GradientRules.Node;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.types.family.TFloating;

/**
 * u (c + erf u), GELU but for its factors, taken as one function of u:
 *
 * <pre>
 * d/du = c + erf u + 2/√π u e^(−u²)
 * </pre>
 *
 * <p>The rules of the product's parts give the same, but lead the adjoint along two ways, each a
 * pass over the widest activations there are; differentiated again, they need twenty products where
 * this needs fourteen.
 */
final class ErrorFunctionProduct {
  private ErrorFunctionProduct() {}

  /**
   * Which input of a product is u; empty when the product is not of this form.
   *
   * @param node an element-wise product
   */
  static Optional<Integer> argument(Node node) {
    for (int u = 0; u < 2; u++) {
      Output<?> argument = node.operation().input(u);
      GraphOperation sum = producer(node.operation().input(1 - u));
      boolean adds = sum.type().equals("Add") || sum.type().equals("AddV2");
      if (adds && isErf(sum.input(0), argument) && isConstant(sum.input(1))) {
        return Optional.of(u);
      }
    }
    return Optional.empty();
  }

  /**
   * The adjoint of u, of the product's shape.
   *
   * @param u what {@link #argument} tells
   */
  static Operand<TFloating> adjoint(Node node, int u) {
    Operand<TFloating> bell = GradientRules.bell(node, node.in(u));
    Operand<TFloating> slope =
        node.tf().math.add(node.in(1 - u), node.tf().math.mul(node.in(u), bell));
    return node.tf().math.mul(node.adjoint(), slope);
  }

  private static boolean isErf(Output<?> output, Output<?> argument) {
    GraphOperation erf = producer(output);
    return erf.type().equals("Erf") && erf.input(0).equals(argument);
  }

  private static boolean isConstant(Output<?> output) {
    GraphOperation operation = producer(output);
    return operation.type().equals("Const")
        || operation.type().equals("Cast") && isConstant(operation.input(0));
  }

  private static GraphOperation producer(Output<?> output) {
    return (GraphOperation) output.op();
  }
}
