package org.bilora.step;

import java.util.Arrays;
import java.util.List;
import org.bilora.data.Batch;
import org.bilora.graph.StepBody;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * The placeholders of one mini-batch.
 *
 * @param <F> what it is itself
 */
interface BatchFeeds<F extends BatchFeeds<F>> {

  /** The same batch inside a function's body. */
  F within(StepBody function);

  /** Feeds a batch and returns the tensors, which the caller closes after the run. */
  List<Tensor> feed(Session.Runner runner, Batch batch);

  /**
   * A part of an operand's rows.
   *
   * @param whole of known shape, rows first
   */
  static <T extends TType> Operand<T> part(Ops tf, Operand<T> whole, int part, int parts) {
    long[] shape = whole.shape().asArray();
    if (shape[0] % parts != 0) {
      throw new IllegalArgumentException(
          "accumulate is %d, and a batch has %d rows; it must divide them"
              .formatted(parts, shape[0]));
    }
    int rows = Math.toIntExact(shape[0] / parts);
    int[] from = new int[shape.length];
    int[] size = Arrays.stream(shape).mapToInt(Math::toIntExact).toArray();
    from[0] = part * rows;
    size[0] = rows;
    return tf.slice(whole, tf.constant(from), tf.constant(size));
  }

  /** Feeds integers. */
  static Tensor feed(
      Session.Runner runner, Operand<TInt32> placeholder, Shape shape, int[] values) {
    TInt32 tensor = TInt32.tensorOf(shape, DataBuffers.of(values, true, false));
    runner.feed(placeholder, tensor);
    return tensor;
  }

  /** Feeds a vector of numbers. */
  static Tensor feed(Session.Runner runner, Operand<TFloat32> placeholder, float[] values) {
    TFloat32 tensor =
        TFloat32.tensorOf(Shape.of(values.length), DataBuffers.of(values, true, false));
    runner.feed(placeholder, tensor);
    return tensor;
  }

  /** Declares a placeholder, -1 for any size of an axis. */
  static <T extends TType> Operand<T> placeholder(Ops tf, Class<T> type, long... shape) {
    return tf.placeholder(type, Placeholder.shape(Shape.of(shape)));
  }
}
