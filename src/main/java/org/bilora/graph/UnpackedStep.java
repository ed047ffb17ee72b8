package org.bilora.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TType;

/**
 * A step whose operations stand in the calling graph itself. A session runs those alone that lead
 * to what is fetched, so that a graph holds any number of such steps, each of which takes as much
 * memory as the first; and each operation can be computed on a device of its own, in other
 * processes too. XLA cannot compile it.
 */
public final class UnpackedStep implements StepBody {
  private final Ops tf;
  private final List<Op> updates = new ArrayList<>();

  /**
   * Starts an empty step.
   *
   * @param tf builds into the graph that holds the variables, where they are
   */
  public UnpackedStep(Ops tf) {
    this.tf = tf;
  }

  @Override
  public Ops body() {
    return tf;
  }

  // A handle's type parameter stands for no type of numbers.
  @SuppressWarnings("unchecked")
  @Override
  public <T extends TFloating> FunctionVariable<T> bind(ResourceVariable<T> variable) {
    return new FunctionVariable<>(
        (Operand<TType>) variable.handle(), variable.value(), Optional.empty());
  }

  @SuppressWarnings("unchecked")
  @Override
  public <T extends TFloating> FunctionVariable<T> bind(
      ResourceVariable<T> variable, Operand<TInt32> rows) {
    return FunctionVariable.rows(tf, (Operand<TType>) variable.handle(), variable, rows);
  }

  @Override
  public <T extends TType> Operand<T> bind(Operand<T> source) {
    return source;
  }

  @Override
  public <T extends TFloating> void update(FunctionVariable<T> variable, Operand<T> value) {
    updates.add(variable.assign(tf, value));
  }

  /**
   * As {@link StepBody#call}.
   *
   * @throws IllegalArgumentException when XLA is to compile it
   */
  @Override
  public List<Operand<TFloat32>> call(List<Operand<TFloat32>> results, boolean jit) {
    if (jit) {
      throw new IllegalArgumentException("XLA compiles a step only where it is one function");
    }
    Ops afterUpdates = tf.withControlDependencies(updates);
    List<Operand<TFloat32>> outputs = new ArrayList<>();
    results.forEach(result -> outputs.add(afterUpdates.identity(result)));
    return outputs;
  }

  /** Nothing to close: the graph is the caller's. */
  @Override
  public void close() {}
}
