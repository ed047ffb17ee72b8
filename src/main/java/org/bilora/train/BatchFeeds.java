package org.bilora.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.bilora.bilevel.StepFunction;
import org.bilora.data.Batch;
import org.bilora.model.EncoderInputs;
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
 * @param inputs token ids, mask and segments, each {@code [rows, length]}
 * @param targets class index or score, {@code [rows]}
 * @param rowWeights 1 for an example and 0 for a padding row, {@code [rows]}
 */
record BatchFeeds(EncoderInputs inputs, Operand<TFloat32> targets, Operand<TFloat32> rowWeights) {

  /**
   * Declares placeholders.
   *
   * @param rows number of rows, -1 for any
   * @param length tokens per row, -1 for any
   */
  static BatchFeeds declare(Ops tf, int rows, int length) {
    Shape tokens = Shape.of(rows, length);
    return new BatchFeeds(
        new EncoderInputs(
            placeholder(tf, TInt32.class, tokens),
            placeholder(tf, TInt32.class, tokens),
            placeholder(tf, TInt32.class, tokens)),
        placeholder(tf, TFloat32.class, Shape.of(rows)),
        placeholder(tf, TFloat32.class, Shape.of(rows)));
  }

  /** The same batch inside a function's body. */
  BatchFeeds within(StepFunction function) {
    return new BatchFeeds(
        new EncoderInputs(
            function.bind(inputs.inputIds()),
            function.bind(inputs.attentionMask()),
            function.bind(inputs.tokenTypeIds())),
        function.bind(targets),
        function.bind(rowWeights));
  }

  /** Feeds a batch and returns the tensors, which the caller closes after the run. */
  List<Tensor> feed(Session.Runner runner, Batch batch) {
    List<Tensor> tensors = new ArrayList<>();
    Shape shape = Shape.of(batch.rows(), batch.length());
    feedInts(runner, inputs.inputIds(), shape, batch.inputIds(), tensors::add);
    feedInts(runner, inputs.attentionMask(), shape, batch.attentionMask(), tensors::add);
    feedInts(runner, inputs.tokenTypeIds(), shape, batch.tokenTypeIds(), tensors::add);
    feedFloats(runner, targets, batch.targets(), tensors::add);
    feedFloats(runner, rowWeights, batch.rowWeights(), tensors::add);
    return tensors;
  }

  private static void feedInts(
      Session.Runner runner,
      Operand<TInt32> placeholder,
      Shape shape,
      int[] values,
      Consumer<Tensor> opened) {
    TInt32 tensor = TInt32.tensorOf(shape, DataBuffers.of(values, true, false));
    opened.accept(tensor);
    runner.feed(placeholder, tensor);
  }

  private static void feedFloats(
      Session.Runner runner,
      Operand<TFloat32> placeholder,
      float[] values,
      Consumer<Tensor> opened) {
    TFloat32 tensor =
        TFloat32.tensorOf(Shape.of(values.length), DataBuffers.of(values, true, false));
    opened.accept(tensor);
    runner.feed(placeholder, tensor);
  }

  private static <T extends TType> Operand<T> placeholder(Ops tf, Class<T> type, Shape shape) {
    return tf.placeholder(type, Placeholder.shape(shape));
  }
}
