package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.GradientTape;
import org.bilora.autodiff.ParameterGroup;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * L₁ and its gradients at one point (V, E), formed once and used twice: by the lower step and by
 * the hypergradient.
 */
final class LowerPass {
  final Loss loss;

  /** ∇_V L₁(V, E), {@code [lower size]}; a function of what both tapes watch. */
  final Operand<TFloat32> gradient;

  /** The same as V's optimizer takes it. */
  final LevelGradient levelGradient;

  /** ∂L₁/∂E with V held constant, {@code [upper size]}. */
  final Operand<TFloat32> byUpper;

  /** ∇_V L₁ by parameter: what second derivatives start from. */
  private final List<Operand<TFloat32>> gradients;

  private final GradientTape lowerTape;
  private final GradientTape upperTape;
  private final ParameterGroup lowerGroup;
  private final BilevelProblem problem;
  private final int batch;
  private final Operand<TFloat32> lower;
  private final Operand<TFloat32> upper;
  private final Ops tf;

  /**
   * @param lower V, {@code [lower size]}
   * @param upper E, {@code [upper size]}
   */
  LowerPass(
      Ops tf, BilevelProblem problem, int batch, Operand<TFloat32> lower, Operand<TFloat32> upper) {
    this.tf = tf;
    this.lowerGroup = problem.lowerGroup();
    lowerTape = new GradientTape(tf, lowerGroup, lower);
    upperTape = new GradientTape(tf, problem.upperGroup(), upper);
    this.problem = problem;
    this.batch = batch;
    this.lower = lower;
    this.upper = upper;
    // In one pass back: ∂L₁/∂E costs nothing beside ∇_V L₁, and is pruned where nobody asks for it.
    PartedLoss parted =
        PartedLoss.of(
            tf,
            problem.parts(),
            (ops, part) ->
                problem.lowerLoss(ops, batch, part, lowerTape.watched(), upperTape.watched()),
            List.of(lowerTape, upperTape));
    loss = parted.loss();
    var both = parted.gradients();
    gradients = both.get(0);
    gradient = lowerGroup.join(tf, gradients);
    levelGradient = LevelGradient.of(gradient, loss, lowerTape);
    byUpper = problem.upperGroup().join(tf, both.get(1));
  }

  /** ∂L₁/∂E as E's optimizer takes it where E follows L₁, too. */
  LevelGradient upperLevelGradient() {
    return LevelGradient.of(byUpper, loss, upperTape);
  }

  /**
   * (∂²L₁/∂E∂V) v by reverse over reverse, 2 F.
   *
   * @param v {@code [lower size]}, held constant
   * @return {@code [upper size]}
   */
  Operand<TFloat32> mixedSecondDerivative(Operand<TFloat32> v) {
    return products(v, List.of(upperTape)).get(0);
  }

  /**
   * H v with H = ∂²L₁/∂V² by reverse over reverse, 2 F.
   *
   * @param v {@code [lower size]}, held constant
   * @return {@code [lower size]}
   */
  Operand<TFloat32> hessianProduct(Operand<TFloat32> v) {
    return products(v, List.of(lowerTape)).get(0);
  }

  /**
   * Both products with one v.
   *
   * @param byLower H v, {@code [lower size]}
   * @param byUpper (∂²L₁/∂E∂V) v, {@code [upper size]}
   */
  record Products(Operand<TFloat32> byLower, Operand<TFloat32> byUpper) {}

  /**
   * H v and (∂²L₁/∂E∂V) v in one pass back, 2 F together.
   *
   * @param v {@code [lower size]}, held constant
   */
  Products secondDerivativeProducts(Operand<TFloat32> v) {
    List<Operand<TFloat32>> products = products(v, List.of(lowerTape, upperTape));
    return new Products(products.get(0), products.get(1));
  }

  /**
   * vᵀ ∂(∇_V L₁) by what the tapes watch. Where the mini-batch comes in parts, the gradient of each
   * is formed again, another 2 F, so that the activations of one part alone are in memory.
   */
  private List<Operand<TFloat32>> products(Operand<TFloat32> v, List<GradientTape> tapes) {
    List<Operand<TFloat32>> cotangents = lowerGroup.split(tf, v);
    if (problem.parts() == 1) {
      return GradientTape.vectorJacobianProducts(gradients, cotangents, tapes);
    }
    List<List<Operand<TFloat32>>> sums = List.of();
    List<List<Operand<TFloat32>>> latest = List.of(cotangents);
    for (int part = 0; part < problem.parts(); part++) {
      GradientTape ofLower = new GradientTape(tf, lowerGroup, lower);
      GradientTape ofUpper = new GradientTape(tf, problem.upperGroup(), upper);
      Loss again =
          problem.lowerLoss(
              PartedLoss.after(tf, latest), batch, part, ofLower.watched(), ofUpper.watched());
      List<GradientTape> asked =
          tapes.stream().map(tape -> tape == lowerTape ? ofLower : ofUpper).toList();
      latest =
          List.of(
              GradientTape.vectorJacobianProducts(
                  ofLower.gradients(again.objective()), cotangents, asked));
      sums = part == 0 ? latest : PartedLoss.sums(tf, sums, latest);
    }
    return sums.get(0);
  }
}
