package org.bilora.step;

import org.bilora.data.Batch;
import org.bilora.graph.StepBody;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * The placeholder of the states behind the frozen lower layers.
 *
 * @param operand {@code [rows, length, width]}
 * @param source of what it is fed with
 */
record StateFeed(Operand<TFloat32> operand, PrefixStates source) {

  /**
   * Declares the placeholder.
   *
   * @param rows number of rows, -1 for any
   * @param length tokens per row, -1 for any
   */
  static StateFeed declare(Ops tf, int rows, int length, PrefixStates source) {
    return new StateFeed(
        BatchFeeds.placeholder(tf, TFloat32.class, rows, length, source.width()), source);
  }

  /** The same inside a function's body. */
  StateFeed within(StepBody function) {
    return new StateFeed(function.bind(operand), source);
  }

  /** Some of its rows. */
  StateFeed part(Ops tf, int part, int parts) {
    return new StateFeed(BatchFeeds.part(tf, operand, part, parts), source);
  }

  /** The same, waiting for what {@code tf} waits for. */
  StateFeed waiting(Ops tf) {
    return new StateFeed(tf.identity(operand), source);
  }

  /** In the type of the backbone. */
  <T extends TFloating> Operand<T> as(Ops tf, Class<T> type) {
    return tf.dtypes.cast(operand, type);
  }

  /** Feeds a batch's states and returns the tensor, which the caller closes after the run. */
  Tensor feed(Session.Runner runner, Batch batch) {
    TFloat32 tensor =
        TFloat32.tensorOf(
            Shape.of(batch.rows(), batch.length(), source.width()),
            DataBuffers.of(source.of(batch), true, false));
    runner.feed(operand, tensor);
    return tensor;
  }
}
