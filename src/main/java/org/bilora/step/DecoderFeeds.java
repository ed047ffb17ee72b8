package org.bilora.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bilora.data.Batch;
import org.bilora.data.PredictedTokens;
import org.bilora.graph.StepBody;
import org.bilora.model.DecoderInputs;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * What a decoder is fed with, and asked for.
 *
 * @param inputs token ids and mask, each {@code [rows, length]}
 * @param positions rows of the hidden states that a token is predicted from, {@code [predictions]}
 * @param targets the tokens, {@code [predictions]}
 * @param weights 1 for a token and 0 for padding, {@code [predictions]}
 * @param states behind the frozen lower layers; empty where all layers are computed
 */
record DecoderFeeds(
    DecoderInputs inputs,
    Operand<TInt32> positions,
    Operand<TInt32> targets,
    Operand<TFloat32> weights,
    Optional<StateFeed> states)
    implements BatchFeeds<DecoderFeeds> {

  /** What all layers read. */
  DecoderFeeds(
      DecoderInputs inputs,
      Operand<TInt32> positions,
      Operand<TInt32> targets,
      Operand<TFloat32> weights) {
    this(inputs, positions, targets, weights, Optional.empty());
  }

  /**
   * Declares placeholders.
   *
   * @param rows number of rows, -1 for any
   * @param length tokens per row, -1 for any
   * @param predictions tokens asked for, -1 for any number
   * @param prefix that the forward pass leaves out
   */
  static DecoderFeeds declare(
      Ops tf, int rows, int length, int predictions, Optional<FrozenPrefix> prefix) {
    return new DecoderFeeds(
        new DecoderInputs(
            BatchFeeds.placeholder(tf, TInt32.class, rows, length),
            BatchFeeds.placeholder(tf, TInt32.class, rows, length)),
        BatchFeeds.placeholder(tf, TInt32.class, predictions),
        BatchFeeds.placeholder(tf, TInt32.class, predictions),
        BatchFeeds.placeholder(tf, TFloat32.class, predictions),
        prefix.map(kept -> StateFeed.declare(tf, rows, length, kept.states())));
  }

  @Override
  public DecoderFeeds within(StepBody function) {
    return new DecoderFeeds(
        new DecoderInputs(function.bind(inputs.inputIds()), function.bind(inputs.attentionMask())),
        function.bind(positions),
        function.bind(targets),
        function.bind(weights),
        states.map(feed -> feed.within(function)));
  }

  @Override
  public List<Tensor> feed(Session.Runner runner, Batch batch) {
    Shape tokens = Shape.of(batch.rows(), batch.length());
    Shape predictions = Shape.of(batch.predictions());
    PredictedTokens next = PredictedTokens.of(batch);
    List<Tensor> fed = new ArrayList<>();
    states.ifPresent(feed -> fed.add(feed.feed(runner, batch)));
    fed.addAll(
        List.of(
            BatchFeeds.feed(runner, inputs.inputIds(), tokens, batch.inputIds()),
            BatchFeeds.feed(runner, inputs.attentionMask(), tokens, batch.attentionMask()),
            BatchFeeds.feed(runner, positions, predictions, next.positions()),
            BatchFeeds.feed(runner, targets, predictions, next.targets()),
            BatchFeeds.feed(runner, weights, next.weights())));
    return fed;
  }
}
