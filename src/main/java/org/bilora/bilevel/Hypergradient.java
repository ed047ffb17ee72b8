package org.bilora.bilevel;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import org.bilora.autodiff.GradientTape;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * An estimator of the hypergradient, dL₂(V*(E), E)/dE. Each is the sum of two terms:
 *
 * <pre>
 * first    ∂L₂/∂E, V held constant
 * second   what V's dependence on E adds; for the one-step unroll V' = V − ξ ∇_V L₁(V, E)
 *          (BiLoRA, equation 7; Liu et al. 2019, equations 6 to 8)
 *          − ξ (∂²L₁/∂E∂V)(V, E) · ∂L₂(V', E)/∂V'
 * </pre>
 *
 * <p>An estimator is a record in a file of its own, its components annotated with {@link
 * org.bilora.settings.Knob}, and a line in {@link Hypergradients}; it is never implemented outside
 * this package.
 */
public interface Hypergradient {

  /**
   * The hypergradient and the upper loss it was taken of.
   *
   * @param gradient dL₂/dE, the sum of both terms, {@code [upper size]}
   * @param first ∂L₂/∂E with V held constant, {@code [upper size]}
   * @param second what V's dependence on E adds, {@code [upper size]}
   * @param upperLoss L₂ where this estimator evaluates it
   * @param upperPenalty the part of the gradient that is clipped by a norm of its own, {@code
   *     [upper size]}; empty where all of it is clipped as one
   * @param slots the estimator's state afterwards, each {@code [lower size]}
   */
  record Estimate(
      Operand<TFloat32> gradient,
      Operand<TFloat32> first,
      Operand<TFloat32> second,
      Loss upperLoss,
      Optional<Operand<TFloat32>> upperPenalty,
      List<Operand<TFloat32>> slots) {
    /** Keeps copies of the collections. */
    public Estimate {
      slots = ImmutableList.copyOf(slots);
    }

    /** The gradient as E's optimizer takes it. */
    LevelGradient levelGradient() {
      return new LevelGradient(gradient, upperPenalty);
    }
  }

  /**
   * Where an estimate is asked for.
   *
   * @param step the lower step that V's dependence on E is seen through
   * @param upperBatch index of the upper mini-batch
   * @param updatedLower V after the optimizer's own lower step, {@code [lower size]}
   * @param updatedSlots the estimator's state after that step, each {@code [lower size]}
   */
  record Point(
      LowerStep step,
      int upperBatch,
      Operand<TFloat32> updatedLower,
      List<Operand<TFloat32>> updatedSlots) {
    /** Keeps copies of the collections. */
    public Point {
      updatedSlots = ImmutableList.copyOf(updatedSlots);
    }

    Ops tf() {
      return step.tf();
    }

    /** V, {@code [lower size]}. */
    Operand<TFloat32> lower() {
      return step.lower();
    }

    /** ξ, scalar. */
    Operand<TFloat32> xi() {
      return step.rates().xi();
    }

    /** L₁ and its gradient at (V, E). */
    LowerPass lowerPass() {
      return step.pass();
    }

    /** V' = V − ξ ∇_V L₁(V, E). */
    Operand<TFloat32> unrolledLower() {
      return tf().math.sub(lower(), tf().math.mul(xi(), lowerPass().gradient));
    }

    UpperPass upperPassAt(Operand<TFloat32> lowerValues) {
      return step.upperPassAt(upperBatch, lowerValues);
    }

    /** ∂L₁/∂E at other lower values, on the unrolled mini-batch. */
    Operand<TFloat32> lowerLossByUpper(Operand<TFloat32> lowerValues) {
      BilevelProblem problem = step.problem();
      GradientTape tape = new GradientTape(tf(), problem.upperGroup(), step.upper());
      List<Operand<TFloat32>> lower = problem.lowerGroup().split(tf(), lowerValues);
      PartedLoss parted =
          PartedLoss.of(
              tf(),
              problem.parts(),
              (ops, part) -> problem.lowerLoss(ops, step.batch(), part, lower, tape.watched()),
              List.of(tape));
      return problem.upperGroup().join(tf(), parted.gradients().get(0));
    }

    /** The estimate of a hypergradient without state, or whose state no upper step changes. */
    Estimate estimate(Operand<TFloat32> first, Operand<TFloat32> second, UpperPass pass) {
      return estimate(first, second, pass, updatedSlots);
    }

    Estimate estimate(
        Operand<TFloat32> first,
        Operand<TFloat32> second,
        UpperPass pass,
        List<Operand<TFloat32>> slots) {
      return new Estimate(
          tf().math.add(first, second), first, second, pass.loss, pass.penaltyByUpper, slots);
    }
  }

  /**
   * What a lower step does.
   *
   * @param gradient what V's optimizer is given
   * @param slots the estimator's state after the step, each {@code [lower size]}
   */
  record LowerMove(LevelGradient gradient, List<Operand<TFloat32>> slots) {
    /** Keeps copies of the collections. */
    public LowerMove {
      slots = ImmutableList.copyOf(slots);
    }
  }

  /** Adds the estimate to the graph. */
  Estimate estimate(Point point);

  /** State that the estimator carries from step to step; none unless it says so. */
  default List<StateSlot> slots() {
    return ImmutableList.of();
  }

  /**
   * What V follows in a lower step, and how the estimator's state moves with it: V follows ∇_V L₁
   * and the state stays, unless the estimator says otherwise.
   *
   * @param upperBatch index of an upper mini-batch that the step may look at
   */
  default LowerMove lowerMove(LowerStep step, int upperBatch) {
    return new LowerMove(step.pass().levelGradient, step.slots());
  }

  /** The name on the command line and in files, such as {@code first-order}. */
  String id();

  /** Sequential backbone passes of one iteration with one step per level, in units of F. */
  int backbonePasses();

  /** As {@link Hypergradients#parse}. */
  static Hypergradient parse(String word) {
    return Hypergradients.parse(word);
  }
}
