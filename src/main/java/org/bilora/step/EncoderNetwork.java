package org.bilora.step;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.autodiff.Parameter;
import org.bilora.bilevel.UpperVariables;
import org.bilora.data.Batch;
import org.bilora.method.Method;
import org.bilora.method.StartValues;
import org.bilora.model.Dropout;
import org.bilora.model.Encoder;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.Weights;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * An encoder with a head: C is the task's loss, averaged over a mini-batch's examples.
 *
 * @param loss that is minimised
 * @param prefix the states that a pass begins with; empty for one that begins with the embeddings
 */
public record EncoderNetwork(
    PretrainedEncoder model, EncoderHead head, TaskLoss loss, Optional<FrozenPrefix> prefix)
    implements Network<EncoderFeeds> {
  private static final double DEVIATION = 0.02;

  /** All of an encoder, with classes, or a score where the head has a single output. */
  public EncoderNetwork(PretrainedEncoder model, EncoderHead head, double labelSmoothing) {
    this(model, head, TaskLoss.of(head.labels(), labelSmoothing), Optional.empty());
  }

  @Override
  public <T extends TFloating> Operand<T> kernel(Ops tf, Weights<T> weights, String layer) {
    return weights.get(layer + ".weight");
  }

  @Override
  public EncoderFeeds feeds(Ops tf, Batch like) {
    return EncoderFeeds.declare(tf, like.rows(), like.length(), like.targets().length, prefix);
  }

  @Override
  public EncoderFeeds feeds(Ops tf) {
    return EncoderFeeds.declare(tf, -1, -1, -1, prefix);
  }

  @Override
  public <T extends TFloating> Operand<TFloat32> logits(
      Ops tf, EncoderFeeds feeds, Values<T> values, Dropout dropout) {
    Encoder<T> encoder =
        new Encoder<>(
            model.config(),
            values.weights(),
            values.increments(),
            values.incrementDropoutProbability(),
            values.recomputation());
    Operand<T> hidden =
        feeds.states().isPresent()
            ? encoder.lastHiddenState(
                tf,
                feeds.inputs(),
                prefix.orElseThrow().layers(),
                feeds.states().get().as(tf, values.type()),
                dropout)
            : encoder.lastHiddenState(tf, feeds.inputs(), dropout);
    return head.logits(tf, feeds.inputs(), hidden, values.head(), dropout);
  }

  @Override
  public Operand<TFloat32> loss(Ops tf, EncoderFeeds feeds, Operand<TFloat32> logits, LossUse use) {
    TaskLoss used = use == LossUse.MINIMISED ? loss : loss.plain();
    return used.mean(tf, logits, feeds.targets(), feeds.rowWeights());
  }

  @Override
  public boolean ofClasses() {
    return loss.ofClasses();
  }

  @Override
  public EncoderFeeds part(Ops tf, EncoderFeeds whole, int part, int parts) {
    return whole.part(tf.withControlDependencies(List.of()), part, parts).waiting(tf);
  }

  @Override
  public Operand<TFloat32> partOfLoss(
      Ops tf, EncoderFeeds part, EncoderFeeds whole, Operand<TFloat32> logits) {
    UpperVariables.Examples own = loss.examples(tf, logits, part.targets(), part.rowWeights());
    // How much each row of the whole counts follows from its target, whatever its logits.
    int[] shape = Arrays.stream(logits.shape().asArray()).mapToInt(Math::toIntExact).toArray();
    shape[0] *=
        Math.toIntExact(whole.rowWeights().shape().get(0) / part.rowWeights().shape().get(0));
    Operand<TFloat32> none = tf.zeros(tf.constant(shape), TFloat32.class);
    UpperVariables.Examples all = loss.examples(tf, none, whole.targets(), whole.rowWeights());
    Operand<TInt32> axis = tf.constant(0);
    return tf.math.div(
        tf.reduceSum(tf.math.mul(own.losses(), own.present().orElseThrow()), axis),
        tf.reduceSum(all.present().orElseThrow(), axis));
  }

  @Override
  public UpperVariables.Examples examples(Ops tf, EncoderFeeds feeds, Operand<TFloat32> logits) {
    return loss.examples(tf, logits, feeds.targets(), feeds.rowWeights())
        .ofRows(tf, feeds.indices());
  }

  /**
   * The head, and for full fine-tuning the backbone. A dense layer that is part of the kind's
   * pretraining, as BERT's pooler, stays frozen where the checkpoint has it, unless the whole
   * backbone is trained; everything else of the head is trained, from the checkpoint's values where
   * their shape fits (a head fine-tuned for another number of labels does not).
   */
  @Override
  public void declare(StartValues start, Method method, List<Parameter> lower) {
    boolean whole = method.trains() == Method.Trains.EVERY_WEIGHT;
    if (whole) {
      declareBackbone(lower);
    }
    boolean pretrainedDense =
        head.densePretrained()
            && model.weights().keySet().containsAll(head.denseTensors().keySet());
    if (head.hasDense() && (whole || !pretrainedDense)) {
      declareLayer(start, head.denseTensors(), lower);
    }
    declareLayer(start, head.outputTensors(), lower);
  }

  /** Everything but the head's layers. */
  private void declareBackbone(List<Parameter> parameters) {
    model
        .weights()
        .forEach(
            (name, value) -> {
              if (!head.denseTensors().containsKey(name)
                  && !head.outputTensors().containsKey(name)) {
                boolean decayed = value.shape().length > 1; // neither a bias nor layer norm's gain
                parameters.add(new Parameter(name, value.shape(), value.values(), decayed));
              }
            });
  }

  /** From the checkpoint where every tensor fits, else drawn: gains 1, biases 0. */
  private void declareLayer(
      StartValues start, Map<String, long[]> shapes, List<Parameter> parameters) {
    boolean fits =
        shapes.entrySet().stream()
            .allMatch(
                entry ->
                    model.weights().containsKey(entry.getKey())
                        && Arrays.equals(
                            model.weights().get(entry.getKey()).shape(), entry.getValue()));
    shapes.forEach(
        (name, shape) -> {
          boolean matrix = shape.length > 1;
          float[] values =
              fits ? model.weights().get(name).values() : drawn(start, name, shape, matrix);
          parameters.add(new Parameter(name, shape, values, matrix));
        });
  }

  private static float[] drawn(StartValues start, String name, long[] shape, boolean matrix) {
    if (matrix) {
      return start.normal(name, Math.toIntExact(shape[0] * shape[1]), DEVIATION);
    }
    float[] values = new float[Math.toIntExact(shape[0])];
    Arrays.fill(values, name.endsWith(".weight") ? 1 : 0);
    return values;
  }
}
