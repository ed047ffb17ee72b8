package org.bilora.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bilora.data.Batch;
import org.bilora.graph.StepBody;
import org.bilora.model.EncoderInputs;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * What an encoder is fed with.
 *
 * @param inputs token ids, mask and segments, each {@code [rows, length]}
 * @param targets as {@link Batch#targets}, {@code [rows × targets per row]}
 * @param rowWeights 1 for an example and 0 for a padding row, {@code [rows]}
 * @param indices position of each row's example in its level's data, -1 for a padding row, {@code
 *     [rows]}
 * @param states behind the frozen lower layers; empty where all layers are computed
 */
record EncoderFeeds(
    EncoderInputs inputs,
    Operand<TFloat32> targets,
    Operand<TFloat32> rowWeights,
    Operand<TInt32> indices,
    Optional<StateFeed> states)
    implements BatchFeeds<EncoderFeeds> {

  /**
   * Declares placeholders.
   *
   * @param rows number of rows, -1 for any
   * @param length tokens per row, -1 for any
   * @param targets of all rows, -1 for any number
   * @param prefix that the forward pass leaves out
   */
  static EncoderFeeds declare(
      Ops tf, int rows, int length, int targets, Optional<FrozenPrefix> prefix) {
    return new EncoderFeeds(
        new EncoderInputs(
            BatchFeeds.placeholder(tf, TInt32.class, rows, length),
            BatchFeeds.placeholder(tf, TInt32.class, rows, length),
            BatchFeeds.placeholder(tf, TInt32.class, rows, length)),
        BatchFeeds.placeholder(tf, TFloat32.class, targets),
        BatchFeeds.placeholder(tf, TFloat32.class, rows),
        BatchFeeds.placeholder(tf, TInt32.class, rows),
        prefix.map(kept -> StateFeed.declare(tf, rows, length, kept.states())));
  }

  @Override
  public EncoderFeeds within(StepBody function) {
    return new EncoderFeeds(
        new EncoderInputs(
            function.bind(inputs.inputIds()),
            function.bind(inputs.attentionMask()),
            function.bind(inputs.tokenTypeIds())),
        function.bind(targets),
        function.bind(rowWeights),
        function.bind(indices),
        states.map(feed -> feed.within(function)));
  }

  /**
   * Some of the batch's rows.
   *
   * @param part counted from 0
   * @param parts of as many rows each
   * @throws IllegalArgumentException when the rows cannot be parted so
   */
  EncoderFeeds part(Ops tf, int part, int parts) {
    return new EncoderFeeds(
        new EncoderInputs(
            BatchFeeds.part(tf, inputs.inputIds(), part, parts),
            BatchFeeds.part(tf, inputs.attentionMask(), part, parts),
            BatchFeeds.part(tf, inputs.tokenTypeIds(), part, parts)),
        BatchFeeds.part(tf, targets, part, parts),
        BatchFeeds.part(tf, rowWeights, part, parts),
        BatchFeeds.part(tf, indices, part, parts),
        states.map(feed -> feed.part(tf, part, parts)));
  }

  /** The same batch, what a forward pass begins with waiting for what {@code tf} waits for. */
  EncoderFeeds waiting(Ops tf) {
    return new EncoderFeeds(
        new EncoderInputs(
            tf.identity(inputs.inputIds()), inputs.attentionMask(), inputs.tokenTypeIds()),
        targets,
        rowWeights,
        indices,
        states.map(feed -> feed.waiting(tf)));
  }

  @Override
  public List<Tensor> feed(Session.Runner runner, Batch batch) {
    Shape shape = Shape.of(batch.rows(), batch.length());
    List<Tensor> fed = new ArrayList<>();
    states.ifPresent(feed -> fed.add(feed.feed(runner, batch)));
    fed.addAll(
        List.of(
            BatchFeeds.feed(runner, inputs.inputIds(), shape, batch.inputIds()),
            BatchFeeds.feed(runner, inputs.attentionMask(), shape, batch.attentionMask()),
            BatchFeeds.feed(runner, inputs.tokenTypeIds(), shape, batch.tokenTypeIds()),
            BatchFeeds.feed(runner, targets, batch.targets()),
            BatchFeeds.feed(runner, rowWeights, batch.rowWeights()),
            BatchFeeds.feed(runner, indices, Shape.of(batch.rows()), batch.indices())));
    return fed;
  }
}
