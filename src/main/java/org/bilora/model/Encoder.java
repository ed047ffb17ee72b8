package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.adapter.LowRank;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * The forward pass of BERT (Devlin et al. 2019) and RoBERTa (Liu et al. 2019): post-layer-norm
 * Transformer layers over word, position and token-type embeddings. A function of (inputs, weights,
 * increments): it holds no variables and may be called many times in one graph.
 *
 * <p>Dense layers and attention compute in the type {@code T}; softmax and layer normalisation in
 * float32.
 *
 * @param <T> type of weights and activations: TFloat32 or TBfloat16
 */
public final class Encoder<T extends TFloating> {
  private final EncoderConfig config;
  private final Weights<T> weights;
  private final ImmutableMap<String, LowRank> increments;
  private final double incrementDropoutProbability;

  /**
   * An encoder without changes.
   *
   * @param weights the backbone's values
   */
  public Encoder(EncoderConfig config, Weights<T> weights) {
    this(config, weights, ImmutableMap.of(), 0);
  }

  /**
   * An encoder with changes.
   *
   * @param weights the backbone's values
   * @param increments ΔW by name of the dense layer, such as {@code
   *     encoder.layer.0.attention.self.query}
   * @param incrementDropoutProbability of an input of a change, ΔW dropout(x); the frozen layer
   *     reads x itself
   */
  public Encoder(
      EncoderConfig config,
      Weights<T> weights,
      Map<String, LowRank> increments,
      double incrementDropoutProbability) {
    this.config = config;
    this.weights = weights;
    this.increments = ImmutableMap.copyOf(increments);
    this.incrementDropoutProbability = incrementDropoutProbability;
  }

  /**
   * The last hidden states.
   *
   * @return {@code [rows, length, hidden]}
   */
  public Operand<T> lastHiddenState(Ops tf, EncoderInputs inputs, Dropout dropout) {
    Operand<T> x = embeddings(tf, inputs, dropout); // [tokens, hidden]
    Operand<TFloat32> bias = maskBias(tf, inputs); // [rows, 1, 1, length]
    Layers.ScaledActivation activation = Layers.ScaledActivation.of(config.activation(), x);
    for (int layer = 0; layer < config.layers(); layer++) {
      String name = "encoder.layer." + layer;
      Operand<T> attended = attention(tf, name + ".attention.self", inputs, x, bias, dropout);
      x = residual(tf, name + ".attention.output", attended, Layers.Scale.ONE, x, dropout);
      Operand<T> wide = dense(tf, x, dropout, activation.before(), name + ".intermediate.dense");
      x =
          residual(
              tf, name + ".output", activation.apply(tf, wide), activation.behind(), x, dropout);
    }
    return tf.reshape(x, inputs.dimensions(tf, config.hiddenSize()));
  }

  /**
   * x (W + ΔW)ᵀ + b of layers that read the same x, side by side: one wide matrix product costs
   * less than several narrow ones.
   *
   * @param x {@code [tokens, in]}
   * @param scale of W, ΔW and b
   * @param names of the layers, as in the weights
   * @return {@code [tokens, sum of the layers' widths]}
   */
  private Operand<T> dense(
      Ops tf, Operand<T> x, Dropout dropout, Layers.Scale scale, String... names) {
    List<Operand<T>> kernels = new ArrayList<>();
    List<Operand<T>> biases = new ArrayList<>();
    List<Optional<LowRank>> changes = new ArrayList<>();
    int[] outs = new int[names.length];
    for (String name : names) {
      Operand<T> kernel = weights.get(name + ".weight");
      outs[kernels.size()] = Math.toIntExact(kernel.shape().get(0));
      kernels.add(kernel);
      biases.add(weights.get(name + ".bias"));
      changes.add(Optional.ofNullable(increments.get(name)));
    }
    Operand<T> bias = Layers.times(tf, joined(tf, biases), scale.bias());
    Operand<T> frozen = tf.math.add(product(tf, x, joined(tf, kernels), scale.matrix()), bias);
    Optional<LowRank> change = LowRank.sideBySide(tf, changes, outs);
    return Layers.changed(
        tf, frozen, change, scale.matrix(), x, dropout, incrementDropoutProbability);
  }

  /**
   * factor · x Wᵀ. Processors' kernels are a fourth slower at a transposed W of many columns than
   * at a matrix that lies the other way round; with many tokens it pays to turn W.
   *
   * @param kernel W, {@code [out, in]}
   */
  private Operand<T> product(Ops tf, Operand<T> x, Operand<T> kernel, double factor) {
    long outs = kernel.shape().get(0);
    if (kernel.shape().get(1) <= outs || !Layers.hasMoreRows(x, outs)) {
      return tf.linalg.matMul(x, Layers.times(tf, kernel, factor), MatMul.transposeB(true));
    }
    Operand<T> turned = tf.linalg.transpose(kernel, tf.constant(new int[] {1, 0}));
    return tf.linalg.matMul(x, Layers.times(tf, turned, factor));
  }

  private Operand<T> joined(Ops tf, List<Operand<T>> parts) {
    return parts.size() == 1 ? parts.get(0) : tf.concat(parts, tf.constant(0));
  }

  private Operand<T> embeddings(Ops tf, EncoderInputs inputs, Dropout dropout) {
    Operand<T> words = lookUp(tf, "embeddings.word_embeddings.weight", inputs.inputIds());
    Operand<T> positions =
        lookUp(tf, "embeddings.position_embeddings.weight", positions(tf, inputs));
    Operand<T> types = lookUp(tf, "embeddings.token_type_embeddings.weight", inputs.tokenTypeIds());
    Operand<T> sum = tf.math.add(tf.math.add(words, types), positions);
    Operand<T> flat = tf.reshape(sum, tf.constant(new int[] {-1, config.hiddenSize()}));
    Operand<T> normalized = layerNorm(tf, "embeddings.LayerNorm", flat);
    return dropout.apply(tf, normalized, config.hiddenDropoutProbability());
  }

  private Operand<T> lookUp(Ops tf, String name, Operand<TInt32> ids) {
    return tf.gather(weights.get(name), ids, tf.constant(0));
  }

  /** BERT counts 0, 1, 2, …; RoBERTa counts tokens from padTokenId + 1 and leaves padding there. */
  private Operand<TInt32> positions(Ops tf, EncoderInputs inputs) {
    if (config.modelType() == EncoderConfig.ModelType.ROBERTA) {
      Operand<TInt32> pad = tf.constant(config.padTokenId());
      Operand<TInt32> real = tf.dtypes.cast(tf.math.notEqual(inputs.inputIds(), pad), TInt32.class);
      Operand<TInt32> counted = tf.math.mul(tf.math.cumsum(real, tf.constant(1)), real);
      return tf.math.add(counted, pad);
    }
    Operand<TInt32> ones = tf.onesLike(inputs.inputIds());
    return tf.math.sub(tf.math.cumsum(ones, tf.constant(1)), tf.constant(1));
  }

  /** 0 for a token and a large negative value for padding, {@code [rows, 1, 1, length]}. */
  private static Operand<TFloat32> maskBias(Ops tf, EncoderInputs inputs) {
    Operand<TFloat32> mask = tf.dtypes.cast(inputs.attentionMask(), TFloat32.class);
    Operand<TFloat32> bias = Layers.maskBias(tf, mask);
    return tf.expandDims(tf.expandDims(bias, tf.constant(1)), tf.constant(1));
  }

  /** softmax(Q Kᵀ / √d + bias) V over all heads, {@code [tokens, hidden]}. */
  private Operand<T> attention(
      Ops tf,
      String name,
      EncoderInputs inputs,
      Operand<T> x,
      Operand<TFloat32> bias,
      Dropout dropout) {
    Operand<T> joint =
        dense(tf, x, dropout, Layers.Scale.ONE, name + ".query", name + ".key", name + ".value");
    List<Operand<T>> parts =
        Layers.queryKeyValue(tf, joint, inputs.inputIds(), config.heads(), config.headSize());
    Operand<T> mixed =
        Layers.attention(
            tf,
            Layers.scaled(tf, parts.get(0), config.headSize()),
            parts.get(1),
            parts.get(2),
            bias,
            dropout,
            config.attentionDropoutProbability());
    return Layers.joinedHeads(tf, mixed, config.hiddenSize());
  }

  /** LayerNorm(x + dropout(dense(y))). */
  private Operand<T> residual(
      Ops tf, String name, Operand<T> y, Layers.Scale scale, Operand<T> x, Dropout dropout) {
    Operand<T> dense = dense(tf, y, dropout, scale, name + ".dense");
    Operand<T> dropped = dropout.apply(tf, dense, config.hiddenDropoutProbability());
    return layerNorm(tf, name + ".LayerNorm", tf.math.add(x, dropped));
  }

  private Operand<T> layerNorm(Ops tf, String name, Operand<T> x) {
    return Layers.layerNorm(
        tf,
        x,
        weights.get(name + ".weight"),
        weights.get(name + ".bias"),
        config.layerNormEpsilon());
  }
}
