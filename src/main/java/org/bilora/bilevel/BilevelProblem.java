package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.ParameterGroup;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Two objectives over two groups of parameters,
 *
 * <pre>
 * min over E of L₂(V*(E), E)   with   V*(E) = argmin over V of L₁(V, E)
 * </pre>
 *
 * each a function of the values it is given, so that one problem can be evaluated at V, at V − ξ∇L₁
 * and at V ± εv. Evaluated twice at the same values and batch, an objective gives the same result:
 * dropout masks belong to the batch.
 */
public interface BilevelProblem {

  /** V, the lower level's parameters. */
  ParameterGroup lowerGroup();

  /** E, the upper level's parameters. */
  ParameterGroup upperGroup();

  /**
   * L₁ on one of the iteration's lower mini-batches.
   *
   * @param batch index of the mini-batch, from 0
   * @param lower the lower group's parameters, of their declared shapes
   * @param upper the upper group's parameters, of their declared shapes
   */
  Loss lowerLoss(Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper);

  /**
   * Parts that every mini-batch is computed in, one after the other, to save memory: 1 for all at
   * once.
   */
  default int parts() {
    return 1;
  }

  /**
   * What a part of the mini-batch adds to L₁; over all parts they add up to it, the penalty being
   * the first one's.
   *
   * @param tf its operations wait for earlier parts: whatever is large has to follow from them
   * @param part counted from 0, below {@link #parts}
   */
  default Loss lowerLoss(
      Ops tf, int batch, int part, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return lowerLoss(tf, batch, lower, upper);
  }

  /** The same for L₂. */
  default Loss upperLoss(
      Ops tf, int batch, int part, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return upperLoss(tf, batch, lower, upper);
  }

  /** L₂ on one of the iteration's upper mini-batches; parameters as in {@link #lowerLoss}. */
  Loss upperLoss(Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper);
}
