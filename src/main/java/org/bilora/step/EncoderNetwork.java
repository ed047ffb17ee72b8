package org.bilora.step;

import java.util.Arrays;
import java.util.List;
import org.bilora.autodiff.Parameter;
import org.bilora.data.Batch;
import org.bilora.method.FullFineTuning;
import org.bilora.method.Method;
import org.bilora.method.StartValues;
import org.bilora.model.Dropout;
import org.bilora.model.Encoder;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.weights.HostTensor;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * An encoder with a head: C is the mean cross-entropy or squared error over a mini-batch's
 * examples.
 *
 * @param labelSmoothing ε of the cross-entropy
 */
public record EncoderNetwork(PretrainedEncoder model, EncoderHead head, double labelSmoothing)
    implements Network<EncoderFeeds> {

  /** Checks that there are labels to smooth. */
  public EncoderNetwork {
    if (head.labels() == 1 && labelSmoothing > 0) {
      throw new IllegalArgumentException(
          "labelSmoothing is %s, but the task has scores, not labels; it must be 0"
              .formatted(labelSmoothing));
    }
  }

  @Override
  public EncoderFeeds feeds(Ops tf, Batch like) {
    return EncoderFeeds.declare(tf, like.rows(), like.length());
  }

  @Override
  public EncoderFeeds feeds(Ops tf) {
    return EncoderFeeds.declare(tf, -1, -1);
  }

  @Override
  public <T extends TFloating> Operand<TFloat32> logits(
      Ops tf, EncoderFeeds feeds, Values<T> values, Dropout dropout) {
    Encoder<T> encoder =
        new Encoder<>(
            model.config(),
            values.weights(),
            values.increments(),
            values.incrementDropoutProbability());
    Operand<T> hidden = encoder.lastHiddenState(tf, feeds.inputs(), dropout);
    return head.logits(tf, feeds.inputs(), hidden, values.head(), dropout);
  }

  @Override
  public Operand<TFloat32> loss(
      Ops tf, EncoderFeeds feeds, Operand<TFloat32> logits, double smoothing) {
    Operand<TFloat32> perRow =
        head.labels() == 1
            ? tf.math.square(
                tf.math.sub(tf.reshape(logits, tf.constant(new int[] {-1})), feeds.targets()))
            : new CrossEntropy(head.labels(), smoothing)
                .perRow(tf, logits, tf.dtypes.cast(feeds.targets(), TInt32.class));
    return CrossEntropy.mean(tf, perRow, feeds.rowWeights());
  }

  /**
   * The head, and for full fine-tuning the backbone. A dense layer that is part of the kind's
   * pretraining, as BERT's pooler, stays frozen where the checkpoint has it, unless the whole
   * backbone is trained; everything else of the head is trained, from the checkpoint's values where
   * their shape fits (a head fine-tuned for another number of labels does not).
   */
  @Override
  public void declare(StartValues start, Method method, List<Parameter> lower) {
    boolean whole = method instanceof FullFineTuning;
    if (whole) {
      declareBackbone(lower);
    }
    int hidden = model.config().hiddenSize();
    boolean pretrainedDense =
        head.densePretrained() && model.weights().containsKey(head.denseName() + ".weight");
    if (head.hasDense() && (whole || !pretrainedDense)) {
      declareDense(start, head.denseName(), hidden, hidden, lower);
    }
    declareDense(start, head.outputName(), head.labels(), hidden, lower);
  }

  /** Everything but the head's layers. */
  private void declareBackbone(List<Parameter> parameters) {
    model
        .weights()
        .forEach(
            (name, value) -> {
              if (!name.startsWith(head.denseName() + ".")
                  && !name.startsWith(head.outputName() + ".")) {
                boolean decayed = value.shape().length > 1; // neither a bias nor layer norm's gain
                parameters.add(new Parameter(name, value.shape(), value.values(), decayed));
              }
            });
  }

  private void declareDense(
      StartValues start, String name, int out, int in, List<Parameter> parameters) {
    HostTensor weight = model.weights().get(name + ".weight");
    HostTensor bias = model.weights().get(name + ".bias");
    boolean fits =
        weight != null
            && bias != null
            && Arrays.equals(weight.shape(), new long[] {out, in})
            && Arrays.equals(bias.shape(), new long[] {out});
    parameters.add(
        new Parameter(
            name + ".weight",
            new long[] {out, in},
            fits ? weight.values() : start.normal(name + ".weight", out * in, 0.02),
            true));
    parameters.add(
        new Parameter(
            name + ".bias", new long[] {out}, fits ? bias.values() : new float[out], false));
  }
}
