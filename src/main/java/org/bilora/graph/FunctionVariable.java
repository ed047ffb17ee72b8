package org.bilora.graph;

import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.AssignVariableOp;
import org.tensorflow.op.core.ReadVariableOp;
import org.tensorflow.op.core.ResourceGather;
import org.tensorflow.op.core.ResourceScatterUpdate;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TType;

/**
 * A variable, or some rows of one, inside a step.
 *
 * @param handle by which it is assigned
 * @param value at the start of the step
 * @param rows that the step sees and assigns; empty for all of the variable
 */
public record FunctionVariable<T extends TFloating>(
    Operand<TType> handle, Operand<T> value, Optional<Operand<TInt32>> rows) {

  /** All of a variable of that type and shape. */
  static <T extends TFloating> FunctionVariable<T> whole(
      Ops tf, Operand<TType> handle, ResourceVariable<T> variable) {
    Operand<T> value =
        tf.ensureShape(
            ReadVariableOp.create(tf.scope(), handle, variable.type()), variable.shape());
    return new FunctionVariable<>(handle, value, Optional.empty());
  }

  /**
   * Some rows of it.
   *
   * @param handle of the variable in the graph that {@code tf} builds into
   * @param rows {@code [n]}, or a scalar for one row without that axis
   */
  static <T extends TFloating> FunctionVariable<T> rows(
      Ops tf, Operand<TType> handle, ResourceVariable<T> variable, Operand<TInt32> rows) {
    Shape shape =
        rows.shape().append(variable.shape().subShape(1, variable.shape().numDimensions()));
    Operand<T> value =
        tf.ensureShape(ResourceGather.create(tf.scope(), handle, rows, variable.type()), shape);
    return new FunctionVariable<>(handle, value, Optional.of(rows));
  }

  /** The operation that assigns it. */
  public Op assign(Ops tf, Operand<T> other) {
    return rows.isPresent()
        ? ResourceScatterUpdate.create(tf.scope(), handle, rows.get(), other)
        : AssignVariableOp.create(tf.scope(), handle, other);
  }
}
