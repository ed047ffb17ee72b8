package org.bilora.model;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.bilora.graph.RowProduct;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * The task head: pooled hidden state, dense layer with activation where the pooling has one, output
 * layer; dropout before either as the original has it. One row of logits per text (or per token),
 * one column for a regression task. What the layers are called and which activation they have is
 * the kind's ({@link EncoderKind#head}).
 *
 * @param config of the encoder below
 * @param pooling which hidden state stands for the text
 * @param labels number of logits, 1 for regression
 */
public record EncoderHead(EncoderConfig config, Pooling pooling, int labels) {

  /** Which hidden state stands for the text. */
  public enum Pooling {
    /** The first token's through the dense layer of the kind's own head. */
    POOLER,
    /** The first token's itself, as sentence encoders such as BGE were trained. */
    CLS,
    /**
     * The mean over tokens itself, as sentence encoders such as MiniLM-L6 were trained. Their
     * checkpoints still have the dense layer of an earlier pretraining, which never saw a mean:
     * LoRA behind it, frozen, learnt next to nothing in an epoch of STS-B.
     */
    MEAN,
    /**
     * Every token's own: a row of logits per token, from the output layer alone as Transformers'
     * heads for token classification have it (ModernBERT's keeps its dense layer).
     */
    TOKENS
  }

  /** Checks the range. */
  public EncoderHead {
    if (labels < 1) {
      throw new IllegalArgumentException("labels is %d; it must be 1 or more".formatted(labels));
    }
  }

  /** Whether there is a dense layer between pooling and output layer. */
  public boolean hasDense() {
    return pooling == Pooling.POOLER || (pooling == Pooling.TOKENS && layers().denseOverTokens());
  }

  private HeadLayers layers() {
    return config.kind().head(config);
  }

  /** Transformers' class of the kind's model with the head that it has itself. */
  public String architecture() {
    return pooling == Pooling.TOKENS ? config.kind().tagger() : config.kind().classifier();
  }

  /** Every tensor that a model with this head has, by canonical name. */
  public Set<String> tensorsOfModel() {
    Set<String> names = new HashSet<>(config.kind().tensors(config).keySet());
    names.addAll(outputTensors().keySet());
    if (hasDense()) {
      names.addAll(denseTensors().keySet());
    }
    return names;
  }

  /** Name of the dense layer. */
  public String denseName() {
    return layers().dense();
  }

  /** Whether the dense layer was pretrained with the encoder, where a checkpoint has it. */
  public boolean densePretrained() {
    return layers().pretrained();
  }

  /** What comes between pooling and output layer, by name, each tensor with its shape. */
  public Map<String, long[]> denseTensors() {
    return layers().denseTensors(config.hiddenSize());
  }

  /** The output layer, by name, each tensor with its shape. */
  public Map<String, long[]> outputTensors() {
    return HeadLayers.outputTensors(outputName(), labels, config.hiddenSize());
  }

  /** Name of the output layer. */
  public String outputName() {
    return pooling == Pooling.TOKENS ? HeadLayers.TOKEN_OUTPUT : layers().output();
  }

  /**
   * The logits.
   *
   * @param hidden last hidden states, {@code [rows, length, hidden]}
   * @param weights the head's values by name; where each row has a head of its own, matrices with
   *     an axis of rows in front, and vectors once per line that the layers read
   * @return {@code [rows, labels]}; over tokens {@code [rows × length, labels]}
   */
  public <T extends TFloating> Operand<TFloat32> logits(
      Ops tf, EncoderInputs inputs, Operand<T> hidden, Weights<TFloat32> weights, Dropout dropout) {
    HeadLayers layers = layers();
    Operand<TFloat32> x = pooled(tf, inputs, hidden);
    if (hasDense()) {
      x = dropout.apply(tf, x, layers.denseDropoutProbability());
      x = Layers.activated(tf, layers.activation(), hidden(tf, x, weights, layers));
      x = layers.norm().isPresent() ? normalized(tf, x, weights, layers.norm().get()) : x;
    }
    x = dropout.apply(tf, x, layers.outputDropoutProbability());
    return dense(tf, x, weights, outputName());
  }

  /** {@code [rows, hidden]}; over tokens {@code [rows × length, hidden]}. */
  public <T extends TFloating> Operand<TFloat32> pooled(
      Ops tf, EncoderInputs inputs, Operand<T> hidden) {
    if (pooling == Pooling.TOKENS) {
      Operand<T> states = tf.reshape(hidden, tf.constant(new int[] {-1, config.hiddenSize()}));
      return tf.dtypes.cast(states, TFloat32.class);
    }
    boolean mean =
        pooling == Pooling.MEAN || (pooling == Pooling.POOLER && layers().meanOverTokens());
    if (!mean) {
      int width = config.hiddenSize();
      Operand<T> first =
          tf.slice(hidden, tf.constant(new int[] {0, 0, 0}), tf.constant(new int[] {-1, 1, width}));
      return tf.dtypes.cast(tf.reshape(first, tf.constant(new int[] {-1, width})), TFloat32.class);
    }
    return meanOverTokens(tf, inputs, tf.dtypes.cast(hidden, TFloat32.class));
  }

  private static Operand<TFloat32> meanOverTokens(
      Ops tf, EncoderInputs inputs, Operand<TFloat32> hidden) {
    Operand<TFloat32> mask = tf.dtypes.cast(inputs.attentionMask(), TFloat32.class);
    Operand<TInt32> overTokens = tf.constant(new int[] {1});
    Operand<TFloat32> sum =
        tf.reduceSum(tf.math.mul(hidden, tf.expandDims(mask, tf.constant(2))), overTokens);
    return tf.math.div(sum, tf.expandDims(tf.reduceSum(mask, overTokens), tf.constant(1)));
  }

  private static Operand<TFloat32> hidden(
      Ops tf, Operand<TFloat32> x, Weights<TFloat32> weights, HeadLayers layers) {
    return layers.denseBias()
        ? dense(tf, x, weights, layers.dense())
        : product(tf, x, weights, layers.dense());
  }

  private static Operand<TFloat32> normalized(
      Ops tf, Operand<TFloat32> x, Weights<TFloat32> weights, HeadLayers.Norm norm) {
    Operand<TFloat32> gain = weights.get(norm.name() + ".weight");
    return norm.shift()
        ? Layers.layerNorm(tf, x, gain, weights.get(norm.name() + ".bias"), norm.epsilon())
        : Layers.layerNorm(tf, x, gain, norm.epsilon());
  }

  private static Operand<TFloat32> dense(
      Ops tf, Operand<TFloat32> x, Weights<TFloat32> weights, String name) {
    return tf.math.add(product(tf, x, weights, name), weights.get(name + ".bias"));
  }

  private static Operand<TFloat32> product(
      Ops tf, Operand<TFloat32> x, Weights<TFloat32> weights, String name) {
    return RowProduct.of(tf, x, weights.get(name + ".weight"));
  }
}
