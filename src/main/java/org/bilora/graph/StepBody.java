package org.bilora.graph;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TType;

/**
 * Where a step's computation over variables and fed tensors is built: a function of its own ({@link
 * StepFunction}), or the graph that calls it ({@link UnpackedStep}). Either way one {@code
 * Session.run} does all of it.
 */
public interface StepBody extends AutoCloseable {

  /**
   * A function where XLA compiles it, and nowhere else: TensorFlow copies all functions of a graph
   * for each one that it runs, so that many of them would take memory by the square of their
   * number.
   *
   * @param outer builds into the graph that calls the step
   * @param name of the calling node, unique in that graph
   * @param session configuration of the session that will run it
   * @param jit whether XLA compiles it; {@link #call} is told the same
   */
  static StepBody open(Ops outer, String name, ConfigProto session, boolean jit) {
    return jit ? new StepFunction(outer, name, session) : new UnpackedStep(outer);
  }

  /** Builds into the step. */
  Ops body();

  /** A variable of the calling graph, as the step sees it. */
  <T extends TFloating> FunctionVariable<T> bind(ResourceVariable<T> variable);

  /**
   * Some rows of a variable, which alone the step sees and {@link #update} assigns.
   *
   * @param rows of this step, {@code [n]}, whose value is {@code [n, …]}; or a scalar, whose value
   *     is without that axis
   */
  <T extends TFloating> FunctionVariable<T> bind(
      ResourceVariable<T> variable, Operand<TInt32> rows);

  /**
   * A tensor fed at every call.
   *
   * @param source operand of the calling graph, such as a placeholder there, of known shape
   * @return its stand-in inside the step
   */
  <T extends TType> Operand<T> bind(Operand<T> source);

  /** Assigns a variable, or its rows, at the end of the step. */
  <T extends TFloating> void update(FunctionVariable<T> variable, Operand<T> value);

  /**
   * Ends the step.
   *
   * @param results scalars of the step
   * @param jit whether XLA compiles the whole step; shapes must then be fully known
   * @return one operand of the calling graph per result, there once all variables are assigned
   */
  List<Operand<TFloat32>> call(List<Operand<TFloat32>> results, boolean jit);

  @Override
  void close();
}
