package org.bilora.autodiff;

import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.AssignVariableOp;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.ReadVariableOp;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * A tensor that stays on the device between runs. The host sees float32, whatever type the variable
 * has.
 *
 * @param <T> type on the device
 */
public final class ResourceVariable<T extends TFloating> {
  private final String name;
  private final Class<T> type;
  private final Shape shape;
  private final Output<?> handle;
  private final Placeholder<TFloat32> feed;
  private final Op assign;
  private final Operand<TFloat32> read;
  private final Operand<T> value;

  /**
   * Declares the variable in the graph; it has no value until {@link #assign}.
   *
   * @param name unique in the session
   */
  public ResourceVariable(Ops tf, String name, Class<T> type, Shape shape) {
    this.name = name;
    this.type = type;
    this.shape = shape;
    VarHandleOp variable =
        VarHandleOp.create(tf.scope(), type, shape, VarHandleOp.sharedName(name));
    this.handle = variable.resource();
    this.feed = tf.placeholder(TFloat32.class, Placeholder.shape(shape));
    this.assign = AssignVariableOp.create(tf.scope(), variable, tf.dtypes.cast(feed, type));
    this.value = tf.ensureShape(ReadVariableOp.create(tf.scope(), variable, type), shape);
    this.read = tf.dtypes.cast(value, TFloat32.class);
  }

  /** The name given at declaration. */
  public String name() {
    return name;
  }

  /** Type on the device. */
  public Class<T> type() {
    return type;
  }

  /** Shape, fully known. */
  public Shape shape() {
    return shape;
  }

  /** The resource handle, to be passed to a function. */
  public Output<?> handle() {
    return handle;
  }

  /** The current value as an operand of the declaring graph. */
  public Operand<T> value() {
    return value;
  }

  /**
   * Sets the value.
   *
   * @param values row-major
   */
  public void assign(Session session, float[] values) {
    try (TFloat32 tensor = TFloat32.tensorOf(shape, DataBuffers.of(values, true, false))) {
      session.runner().feed(feed, tensor).addTarget(assign).run().close();
    }
  }

  /** Reads the value, row-major. */
  public float[] read(Session session) {
    float[] values = new float[Math.toIntExact(shape.size())];
    try (Result result = session.runner().fetch(read).run()) {
      ((TFloat32) result.get(0)).asRawTensor().data().asFloats().read(values);
    }
    return values;
  }
}
