package org.bilora.method;

import java.util.List;
import org.bilora.bilevel.StateSlot;
import org.bilora.bilevel.StepOutcome;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** What a method does with V after the optimizer's update, within the same step. */
public interface StepEnding {

  /** What it keeps of V's size from step to step. */
  List<StateSlot> slots();

  /** Number of scalars that it is fed with at every step. */
  int scalars();

  /**
   * Those scalars.
   *
   * @param step counted from 0
   * @param steps of the whole run
   */
  float[] scalars(long step, long steps);

  /**
   * V and the slots at the end of the step.
   *
   * @param values {@code [lower size]}
   * @param slots each {@code [lower size]}
   */
  record Ended(Operand<TFloat32> values, List<Operand<TFloat32>> slots) {}

  /**
   * Adds the ending to the graph.
   *
   * @param before values that the gradient was taken at, {@code [lower size]}
   * @param moved the state after the update, and the gradient before clipping
   * @param slots before this step
   * @param scalars {@code [scalars()]}
   */
  Ended end(
      Ops tf,
      Operand<TFloat32> before,
      StepOutcome.Moved moved,
      List<Operand<TFloat32>> slots,
      Operand<TFloat32> scalars);
}
