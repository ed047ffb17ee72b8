package org.bilora.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Arrays;
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
 * The forward pass of GPT-2 (Radford et al. 2019): pre-layer-norm Transformer layers, each token
 * seeing itself and those before it, and the token embedding as output layer. A function of
 * (inputs, weights, increments): it holds no variables and may be called many times in one graph.
 *
 * <p>Query, key and value come from one product with the fused matrix {@code attn.c_attn}, and the
 * changes of the three from one pair of thin products.
 *
 * <p>Linear layers and attention compute in the type {@code T}; softmax and layer normalisation in
 * float32.
 *
 * @param <T> type of weights and activations: TFloat32 or TBfloat16
 */
public final class Decoder<T extends TFloating> {
  /** The thirds of {@code attn.c_attn}, in their order. */
  static final ImmutableList<String> FUSED = ImmutableList.of("query", "key", "value");

  private final DecoderConfig config;
  private final Weights<T> weights;
  private final ImmutableMap<String, LowRank> increments;
  private final double incrementDropoutProbability;

  /**
   * A decoder without changes.
   *
   * @param weights the backbone's values, named as {@link PretrainedDecoder} lists them
   */
  public Decoder(DecoderConfig config, Weights<T> weights) {
    this(config, weights, ImmutableMap.of(), 0);
  }

  /**
   * A decoder with changes.
   *
   * @param weights the backbone's values, named as {@link PretrainedDecoder} lists them
   * @param increments ΔW by name of the linear layer, such as {@code h.0.attn.c_attn.query} or
   *     {@code h.0.mlp.c_fc}
   * @param incrementDropoutProbability of an input of a change, ΔW dropout(x); the frozen layer
   *     reads x itself
   */
  public Decoder(
      DecoderConfig config,
      Weights<T> weights,
      Map<String, LowRank> increments,
      double incrementDropoutProbability) {
    this.config = config;
    this.weights = weights;
    this.increments = ImmutableMap.copyOf(increments);
    this.incrementDropoutProbability = incrementDropoutProbability;
  }

  /**
   * The last hidden states, layer-normalised.
   *
   * @return {@code [rows · length, hidden]}
   */
  public Operand<T> lastHiddenState(Ops tf, DecoderInputs inputs, Dropout dropout) {
    Operand<T> x = embeddings(tf, inputs, dropout); // [tokens, hidden]
    Operand<TFloat32> bias = maskBias(tf, inputs); // [rows, 1, length, length]
    for (int layer = 0; layer < config.layers(); layer++) {
      String name = "h." + layer;
      Operand<T> normalized = layerNorm(tf, name + ".ln_1", x);
      Operand<T> mixed = attention(tf, name + ".attn", inputs, normalized, bias, dropout);
      x = residual(tf, name + ".attn.c_proj", mixed, x, dropout);
      Operand<T> wide = linear(tf, name + ".mlp.c_fc", layerNorm(tf, name + ".ln_2", x), dropout);
      Operand<T> active = Layers.activation(tf, config.activation(), wide);
      x = residual(tf, name + ".mlp.c_proj", active, x, dropout);
    }
    return layerNorm(tf, "ln_f", x);
  }

  /**
   * Logits of the next token, by the transposed token embedding.
   *
   * @param hidden of some positions, {@code [positions, hidden]}
   * @return {@code [positions, vocabulary]}
   */
  public Operand<T> logits(Ops tf, Operand<T> hidden) {
    return tf.linalg.matMul(hidden, weights.get("wte.weight"), MatMul.transposeB(true));
  }

  private Operand<T> embeddings(Ops tf, DecoderInputs inputs, Dropout dropout) {
    Operand<T> tokens = tf.gather(weights.get("wte.weight"), inputs.inputIds(), tf.constant(0));
    Operand<T> positions =
        tf.gather(weights.get("wpe.weight"), positions(tf, inputs), tf.constant(0));
    Operand<T> flat =
        tf.reshape(
            tf.math.add(tokens, positions), tf.constant(new int[] {-1, config.hiddenSize()}));
    return dropout.apply(tf, flat, config.embeddingDropoutProbability());
  }

  /** Tokens before this one in its row; 0 for padding that stands before the text. */
  private static Operand<TInt32> positions(Ops tf, DecoderInputs inputs) {
    Operand<TInt32> counted = tf.math.cumsum(inputs.attentionMask(), tf.constant(1));
    return tf.math.maximum(tf.math.sub(counted, tf.constant(1)), tf.constant(0));
  }

  /** 0 where the key is a token and not after the query, {@code [rows, 1, length, length]}. */
  private static Operand<TFloat32> maskBias(Ops tf, DecoderInputs inputs) {
    Operand<TInt32> columns =
        tf.math.sub(tf.math.cumsum(tf.onesLike(inputs.inputIds()), tf.constant(1)), tf.constant(1));
    Operand<TInt32> queries = tf.expandDims(columns, tf.constant(2)); // [rows, length, 1]
    Operand<TInt32> keys = tf.expandDims(columns, tf.constant(1)); // [rows, 1, length]
    Operand<TFloat32> past = tf.dtypes.cast(tf.math.lessEqual(keys, queries), TFloat32.class);
    Operand<TFloat32> tokens = tf.dtypes.cast(inputs.attentionMask(), TFloat32.class);
    Operand<TFloat32> both = tf.math.mul(past, tf.expandDims(tokens, tf.constant(1)));
    return Layers.maskBias(tf, tf.expandDims(both, tf.constant(1)));
  }

  /** softmax(Q Kᵀ / √d + bias) V over all heads, {@code [tokens, hidden]}. */
  private Operand<T> attention(
      Ops tf,
      String name,
      DecoderInputs inputs,
      Operand<T> x,
      Operand<TFloat32> bias,
      Dropout dropout) {
    int hidden = config.hiddenSize();
    List<Optional<LowRank>> changes = new ArrayList<>();
    FUSED.forEach(part -> changes.add(change(name + ".c_attn." + part)));
    int[] outs = new int[FUSED.size()];
    Arrays.fill(outs, hidden);
    Operand<T> fused =
        linear(tf, name + ".c_attn", x, LowRank.sideBySide(tf, changes, outs), dropout);
    List<Operand<T>> parts =
        Layers.queryKeyValue(tf, fused, inputs.inputIds(), config.heads(), config.headSize());
    Operand<T> scale = Layers.constant(tf, x, 1 / Math.sqrt(config.headSize()));
    Operand<T> query = tf.math.mul(parts.get(0), scale);
    Operand<T> probabilities =
        dropout.apply(
            tf,
            Layers.attentionProbabilities(tf, query, parts.get(1), bias),
            config.attentionDropoutProbability());
    Operand<T> mixed = Layers.batchMatMul(tf, probabilities, parts.get(2), false);
    return tf.reshape(
        tf.linalg.transpose(mixed, tf.constant(new int[] {0, 2, 1, 3})),
        tf.constant(new int[] {-1, hidden}));
  }

  /** x + dropout(linear(y)). */
  private Operand<T> residual(Ops tf, String name, Operand<T> y, Operand<T> x, Dropout dropout) {
    Operand<T> added =
        dropout.apply(tf, linear(tf, name, y, dropout), config.residualDropoutProbability());
    return tf.math.add(x, added);
  }

  private Operand<T> linear(Ops tf, String name, Operand<T> x, Dropout dropout) {
    return linear(tf, name, x, change(name), dropout);
  }

  /** x W + b + dropout(x) ΔWᵀ for {@code [tokens, in]}, W being {@code [in, out]}. */
  private Operand<T> linear(
      Ops tf, String name, Operand<T> x, Optional<LowRank> change, Dropout dropout) {
    Operand<T> product = tf.linalg.matMul(x, weights.get(name + ".weight"));
    if (change.isPresent()) {
      Operand<T> read = dropout.apply(tf, x, incrementDropoutProbability);
      product = tf.math.add(product, change.get().apply(tf, read));
    }
    return tf.math.add(product, weights.get(name + ".bias"));
  }

  private Optional<LowRank> change(String name) {
    return Optional.ofNullable(increments.get(name));
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
