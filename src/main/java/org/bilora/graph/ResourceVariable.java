package org.bilora.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
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
   * Sets values, all in one run: TensorFlow optimizes the whole graph anew for each new set of
   * variables that a run touches.
   *
   * @param values row-major
   */
  public static void assign(Session session, Map<ResourceVariable<?>, float[]> values) {
    if (values.isEmpty()) {
      return;
    }
    List<Tensor> opened = new ArrayList<>();
    Session.Runner runner = session.runner();
    try {
      values.forEach(
          (variable, floats) -> {
            TFloat32 tensor =
                TFloat32.tensorOf(variable.shape, DataBuffers.of(floats, true, false));
            opened.add(tensor);
            runner.feed(variable.feed, tensor).addTarget(variable.assign);
          });
      runner.run().close();
    } finally {
      opened.forEach(Tensor::close);
    }
  }

  /** Reads values, row-major, in the order of the variables; all in one run. */
  public static List<float[]> read(Session session, List<ResourceVariable<?>> variables) {
    List<float[]> values = new ArrayList<>();
    if (variables.isEmpty()) {
      return values;
    }
    Session.Runner runner = session.runner();
    variables.forEach(variable -> runner.fetch(variable.read));
    try (Result result = runner.run()) {
      for (int i = 0; i < result.size(); i++) {
        values.add(floats((TFloat32) result.get(i)));
      }
    }
    return values;
  }

  /** The values of a tensor, row-major. */
  public static float[] floats(TFloat32 tensor) {
    float[] floats = new float[Math.toIntExact(tensor.size())];
    tensor.asRawTensor().data().asFloats().read(floats);
    return floats;
  }
}
