package org.bilora.step;

import java.util.List;
import java.util.Optional;
import org.bilora.autodiff.Parameter;
import org.bilora.bilevel.UpperVariables;
import org.bilora.data.Batch;
import org.bilora.method.Method;
import org.bilora.method.StartValues;
import org.bilora.model.Decoder;
import org.bilora.model.Dropout;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.Weights;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * A decoder as a language model: C is the mean cross-entropy of a mini-batch's tokens that count,
 * each given those before it.
 *
 * <p>Logits are computed for those tokens alone: rows times length of them, with a column for each
 * of 50,000 tokens, would be the largest tensors of a step by far.
 *
 * @param labelSmoothing ε of the cross-entropy
 * @param prefix the states that a pass begins with; empty for one that begins with the embeddings
 */
record DecoderNetwork(PretrainedDecoder model, double labelSmoothing, Optional<FrozenPrefix> prefix)
    implements Network<DecoderFeeds> {

  /** All of a decoder. */
  DecoderNetwork(PretrainedDecoder model, double labelSmoothing) {
    this(model, labelSmoothing, Optional.empty());
  }

  @Override
  public <T extends TFloating> Operand<T> kernel(Ops tf, Weights<T> weights, String layer) {
    return Decoder.kernel(tf, weights, layer, model.config().hiddenSize());
  }

  @Override
  public DecoderFeeds feeds(Ops tf, Batch like) {
    return DecoderFeeds.declare(tf, like.rows(), like.length(), like.predictions(), prefix);
  }

  @Override
  public DecoderFeeds feeds(Ops tf) {
    return DecoderFeeds.declare(tf, -1, -1, -1, prefix);
  }

  @Override
  public <T extends TFloating> Operand<TFloat32> logits(
      Ops tf, DecoderFeeds feeds, Values<T> values, Dropout dropout) {
    Decoder<T> decoder =
        new Decoder<>(
            model.config(),
            values.weights(),
            values.increments(),
            values.incrementDropoutProbability(),
            values.recomputation());
    Operand<T> hidden = // [tokens, hidden]
        feeds.states().isPresent()
            ? decoder.lastHiddenState(
                tf,
                feeds.inputs(),
                prefix.orElseThrow().layers(),
                feeds.states().get().as(tf, values.type()),
                dropout)
            : decoder.lastHiddenState(tf, feeds.inputs(), dropout);
    Operand<T> asked = tf.gather(hidden, feeds.positions(), tf.constant(0));
    return tf.dtypes.cast(decoder.logits(tf, asked), TFloat32.class);
  }

  @Override
  public Operand<TFloat32> loss(Ops tf, DecoderFeeds feeds, Operand<TFloat32> logits, LossUse use) {
    return examples(tf, feeds, logits, use == LossUse.MINIMISED ? labelSmoothing : 0).mean(tf);
  }

  @Override
  public boolean ofClasses() {
    return true;
  }

  /**
   * Refused: a batch has room for its predictions, but its parts have different numbers of them.
   */
  @Override
  public DecoderFeeds part(Ops tf, DecoderFeeds whole, int part, int parts) {
    throw new IllegalArgumentException(
        "accumulate is %d; a language model's batches cannot be parted: leave it out, and make"
                .formatted(parts)
            + " batchTokens smaller");
  }

  /** Refused, as {@link #part} is. */
  @Override
  public Operand<TFloat32> partOfLoss(
      Ops tf, DecoderFeeds part, DecoderFeeds whole, Operand<TFloat32> logits) {
    throw new IllegalArgumentException("a language model's batches cannot be parted");
  }

  @Override
  public UpperVariables.Examples examples(Ops tf, DecoderFeeds feeds, Operand<TFloat32> logits) {
    return examples(tf, feeds, logits, labelSmoothing);
  }

  private UpperVariables.Examples examples(
      Ops tf, DecoderFeeds feeds, Operand<TFloat32> logits, double smoothing) {
    Operand<TFloat32> perToken =
        new CrossEntropy(model.config().vocabSize(), smoothing)
            .fusedPerRow(tf, logits, feeds.targets());
    return new UpperVariables.Examples(perToken, Optional.empty(), Optional.of(feeds.weights()));
  }

  /** For full fine-tuning every weight; the output layer is the token embedding. */
  @Override
  public void declare(StartValues start, Method method, List<Parameter> lower) {
    if (method.trainsHeadAlone()) {
      throw new IllegalArgumentException(
          "method is '%s', but a language model has no head of its own; train it with another"
              .formatted(method.name()));
    }
    if (method.trains() == Method.Trains.EVERY_WEIGHT) {
      model
          .weights()
          .forEach(
              (name, value) -> {
                boolean decayed = !name.endsWith(".bias") && !name.contains("ln_");
                lower.add(new Parameter(name, value.shape(), value.values(), decayed));
              });
    }
  }
}
