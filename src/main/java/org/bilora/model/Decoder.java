package org.bilora.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.adapter.LowRank;
import org.bilora.graph.Recomputation;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * The forward pass of GPT-2 (Radford et al. 2019): pre-layer-norm Transformer layers, each token
 * seeing itself and those before it, and the token embedding as output layer (or one of its own). A
 * function of (inputs, weights, increments): it holds no variables and may be called many times in
 * one graph.
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
  static final List<String> FUSED = ImmutableList.of("query", "key", "value");

  private final DecoderConfig config;
  private final Weights<T> weights;
  private final Map<String, LowRank> increments;
  private final double incrementDropoutProbability;
  private final Recomputation recomputation;

  /**
   * A decoder without changes.
   *
   * @param weights the backbone's values, named as {@link PretrainedDecoder} lists them
   */
  public Decoder(DecoderConfig config, Weights<T> weights) {
    this(config, weights, ImmutableMap.of(), 0);
  }

  /** A decoder with changes whose activations are all kept for a gradient. */
  public Decoder(
      DecoderConfig config,
      Weights<T> weights,
      Map<String, LowRank> increments,
      double incrementDropoutProbability) {
    this(config, weights, increments, incrementDropoutProbability, Recomputation.OFF);
  }

  /**
   * A decoder with changes.
   *
   * @param weights the backbone's values, named as {@link PretrainedDecoder} lists them
   * @param increments ΔW by name of the linear layer, such as {@code h.0.attn.c_attn.query} or
   *     {@code h.0.mlp.c_fc}
   * @param incrementDropoutProbability of an input of a change, ΔW dropout(x); the frozen layer
   *     reads x itself
   * @param recomputation of what is in each layer
   */
  public Decoder(
      DecoderConfig config,
      Weights<T> weights,
      Map<String, LowRank> increments,
      double incrementDropoutProbability,
      Recomputation recomputation) {
    this.config = config;
    this.weights = weights;
    this.increments = ImmutableMap.copyOf(increments);
    this.incrementDropoutProbability = incrementDropoutProbability;
    this.recomputation = recomputation;
  }

  /**
   * The last hidden states, layer-normalised.
   *
   * @return {@code [rows · length, hidden]}
   */
  public Operand<T> lastHiddenState(Ops tf, DecoderInputs inputs, Dropout dropout) {
    return readAll(tf, inputs, dropout, whole(), (layer, key, value) -> {});
  }

  /**
   * The hidden states behind the lower layers, without dropout.
   *
   * @param layers how many, from the first one; all of them yield the last hidden states
   * @return {@code [rows · length, hidden]}
   */
  public Operand<T> statesBehind(Ops tf, DecoderInputs inputs, int layers) {
    return readAll(tf, inputs, Dropout.off(), LayerSpan.upTo(layers), (layer, key, value) -> {});
  }

  /**
   * The last hidden states, from those behind the lower layers.
   *
   * @param layers how many lower ones are passed over
   * @param states what {@link #statesBehind} yields, {@code [rows, length, hidden]}; whatever
   *     stands at padding has no influence on tokens
   * @return {@code [rows · length, hidden]}
   */
  public Operand<T> lastHiddenState(
      Ops tf, DecoderInputs inputs, int layers, Operand<T> states, Dropout dropout) {
    return layers == config.layers()
        ? byToken(tf, states)
        : readAll(
            tf,
            inputs,
            dropout,
            new LayerSpan<>(layers, config.layers(), Optional.of(states)),
            (layer, key, value) -> {});
  }

  private LayerSpan<T> whole() {
    return LayerSpan.upTo(config.layers());
  }

  private Operand<T> byToken(Ops tf, Operand<T> states) {
    return tf.reshape(states, tf.constant(new int[] {-1, config.hiddenSize()}));
  }

  /**
   * The last hidden states, and what tokens to come need of these: {@link #next} goes on from
   * there. Without dropout.
   *
   * @return hidden states {@code [rows · length, hidden]}, keys and values of every column
   */
  public DecoderStates<T> read(Ops tf, DecoderInputs inputs) {
    ImmutableList.Builder<Operand<T>> keys = ImmutableList.builder();
    ImmutableList.Builder<Operand<T>> values = ImmutableList.builder();
    Operand<T> hidden =
        readAll(
            tf,
            inputs,
            Dropout.off(),
            whole(),
            (layer, key, value) -> {
              keys.add(key);
              values.add(value);
            });
    return new DecoderStates<>(hidden, new DecoderPast<>(keys.build(), values.build()));
  }

  /**
   * Reads one more token of each row. Rows continue prompts, the same number of rows each, in the
   * order of the prompts; so a prompt's keys and values are stored once, and the queries of all its
   * rows meet them in one matrix product. Without dropout.
   *
   * @param tokens each row's next token, {@code [rows, 1]}
   * @param positions its position, {@code [rows, 1]}
   * @param prompts what {@link #read} left of the prompts
   * @param promptMask 1 for a token of a prompt, 0 for padding, {@code [prompts, prompt length]}
   * @param past what this method left of each row's earlier tokens, {@code [rows, heads, tokens,
   *     head size]}; no tokens at first
   * @return hidden states {@code [rows, hidden]}, and the past with this token
   */
  public DecoderStates<T> next(
      Ops tf,
      Operand<TInt32> tokens,
      Operand<TInt32> positions,
      DecoderPast<T> prompts,
      Operand<TInt32> promptMask,
      DecoderPast<T> past) {
    Operand<TFloat32> bias = CausalMask.bias(tf, promptMask);
    ImmutableList.Builder<Operand<T>> keys = ImmutableList.builder();
    ImmutableList.Builder<Operand<T>> values = ImmutableList.builder();
    Operand<T> hidden =
        layers(
            tf,
            embeddings(tf, tokens, positions, Dropout.off()),
            tokens,
            Dropout.off(),
            whole(),
            (ops, layer, query, key, value) -> {
              Operand<T> allKeys = append(tf, past.keys().get(layer), key);
              Operand<T> allValues = append(tf, past.values().get(layer), value);
              keys.add(allKeys);
              values.add(allValues);
              return new SharedPrompts<T>(config, promptMask, bias)
                  .mix(
                      tf,
                      query,
                      prompts.keys().get(layer),
                      prompts.values().get(layer),
                      allKeys,
                      allValues);
            });
    return new DecoderStates<>(hidden, new DecoderPast<>(keys.build(), values.build()));
  }

  private static <T extends TFloating> Operand<T> append(Ops tf, Operand<T> past, Operand<T> more) {
    return tf.concat(List.of(past, more), tf.constant(2));
  }

  /** What tokens see of each other and of the past. */
  @FunctionalInterface
  private interface Attention<T extends TFloating> {
    /**
     * Mixes values. All operands are {@code [rows, heads, length, head size]}.
     *
     * @param query scaled
     */
    Operand<T> mix(Ops tf, int layer, Operand<T> query, Operand<T> key, Operand<T> value);
  }

  /** Takes a layer's keys and values, {@code [rows, heads, length, head size]}. */
  @FunctionalInterface
  private interface Keeper<T extends TFloating> {
    void keep(int layer, Operand<T> key, Operand<T> value);
  }

  /** Every token sees itself and those before it in its row. */
  private Operand<T> readAll(
      Ops tf, DecoderInputs inputs, Dropout dropout, LayerSpan<T> span, Keeper<T> keeper) {
    Operand<TFloat32> bias = CausalMask.bias(tf, inputs); // [rows, 1, length, length]
    return layers(
        tf,
        span.states().isPresent()
            ? byToken(tf, span.states().get())
            : embeddings(tf, inputs.inputIds(), positions(tf, inputs), dropout),
        inputs.inputIds(),
        dropout,
        span,
        (ops, layer, query, key, value) -> {
          keeper.keep(layer, key, value);
          return Layers.attention(
              ops, query, key, value, bias, dropout, config.attentionDropoutProbability());
        });
  }

  /**
   * The layers of the span, from embeddings or states to states.
   *
   * @param start read by the first of them, {@code [tokens, hidden]}
   * @param ids {@code [rows, length]}, for the shape
   */
  private Operand<T> layers(
      Ops tf,
      Operand<T> start,
      Operand<TInt32> ids,
      Dropout dropout,
      LayerSpan<T> span,
      Attention<T> attention) {
    Layers.ScaledActivation activation = Layers.ScaledActivation.of(config.activation(), start);
    Operand<T> x = start; // [tokens, hidden]
    for (int layer = span.from(); layer < span.to(); layer++) {
      int number = layer;
      x =
          recomputation.of(
              tf,
              x,
              (inside, read) -> layer(inside, number, read, ids, activation, attention, dropout));
    }
    return span.to() == config.layers() ? layerNorm(tf, "ln_f", x) : x;
  }

  private Operand<T> layer(
      Ops tf,
      int layer,
      Operand<T> start,
      Operand<TInt32> ids,
      Layers.ScaledActivation activation,
      Attention<T> attention,
      Dropout dropout) {
    String name = "h." + layer;
    double probability = config.residualDropoutProbability();
    Operand<T> normalized = layerNorm(tf, name + ".ln_1", start);
    Operand<T> mixed = attention(tf, layer, ids, normalized, attention, dropout);
    Operand<T> attended = linear(tf, name + ".attn.c_proj", mixed, Layers.Scale.ONE, dropout);
    Operand<T> x = tf.math.add(start, dropout.apply(tf, attended, probability));
    Operand<T> read = layerNorm(tf, name + ".ln_2", x);
    Operand<T> wide = linear(tf, name + ".mlp.c_fc", read, activation.before(), dropout);
    Operand<T> active = activation.apply(tf, wide);
    Operand<T> out = linear(tf, name + ".mlp.c_proj", active, activation.behind(), dropout);
    return tf.math.add(x, dropout.applyBehindFeedForward(tf, out, probability));
  }

  /**
   * Logits of the next token, by the transposed token embedding, or by {@code lm_head.weight} where
   * the two are not tied.
   *
   * @param hidden of some positions, {@code [positions, hidden]}
   * @return {@code [positions, vocabulary]}
   */
  public Operand<T> logits(Ops tf, Operand<T> hidden) {
    String head = config.tiedHead() ? DecoderTensors.EMBEDDING : DecoderTensors.HEAD;
    return tf.linalg.matMul(hidden, weights.get(head), MatMul.transposeB(true));
  }

  private Operand<T> embeddings(
      Ops tf, Operand<TInt32> ids, Operand<TInt32> positions, Dropout dropout) {
    Operand<T> tokens = tf.gather(weights.get(DecoderTensors.EMBEDDING), ids, tf.constant(0));
    Operand<T> places = tf.gather(weights.get("wpe.weight"), positions, tf.constant(0));
    Operand<T> flat =
        tf.reshape(tf.math.add(tokens, places), tf.constant(new int[] {-1, config.hiddenSize()}));
    return dropout.apply(tf, flat, config.embeddingDropoutProbability());
  }

  /** Tokens before this one in its row; 0 for padding that stands before the text. */
  private static Operand<TInt32> positions(Ops tf, DecoderInputs inputs) {
    Operand<TInt32> counted = tf.math.cumsum(inputs.attentionMask(), tf.constant(1));
    return tf.math.maximum(tf.math.sub(counted, tf.constant(1)), tf.constant(0));
  }

  /** softmax(factor · Q Kᵀ + bias) V over all heads, {@code [tokens, hidden]}. */
  private Operand<T> attention(
      Ops tf,
      int layer,
      Operand<TInt32> ids,
      Operand<T> x,
      Attention<T> attention,
      Dropout dropout) {
    String name = "h.%d.attn.c_attn".formatted(layer);
    int hidden = config.hiddenSize();
    List<Optional<LowRank>> changes = new ArrayList<>();
    FUSED.forEach(part -> changes.add(change(name + "." + part)));
    int[] outs = new int[FUSED.size()];
    Arrays.fill(outs, hidden);
    Operand<T> fused =
        linear(tf, name, x, Layers.Scale.ONE, LowRank.sideBySide(tf, changes, outs), dropout);
    List<Operand<T>> parts =
        Layers.queryKeyValue(tf, fused, ids, config.heads(), config.headSize());
    Operand<T> query = Layers.times(tf, parts.get(0), config.attentionFactor(layer));
    Operand<T> mixed = attention.mix(tf, layer, query, parts.get(1), parts.get(2));
    return Layers.joinedHeads(tf, mixed, hidden);
  }

  private Operand<T> linear(
      Ops tf, String name, Operand<T> x, Layers.Scale scale, Dropout dropout) {
    return linear(tf, name, x, scale, change(name), dropout);
  }

  /** x W + b + dropout(x) ΔWᵀ for {@code [tokens, in]}, W being {@code [in, out]}. */
  private Operand<T> linear(
      Ops tf,
      String name,
      Operand<T> x,
      Layers.Scale scale,
      Optional<LowRank> change,
      Dropout dropout) {
    Operand<T> matrix = Layers.times(tf, weights.get(name + ".weight"), scale.matrix());
    Operand<T> bias = Layers.times(tf, weights.get(name + ".bias"), scale.bias());
    Operand<T> frozen = tf.math.add(tf.linalg.matMul(x, matrix), bias);
    return Layers.changed(
        tf,
        frozen,
        Optional.of(bias),
        change,
        scale.matrix(),
        x,
        dropout,
        incrementDropoutProbability);
  }

  /**
   * W of a linear layer as increments see it.
   *
   * @param stored W as it is stored, {@code [in, out]}, by name
   * @param hidden width of a part of a fused layer
   * @return {@code [out, in]}
   */
  public static <T extends TFloating> Operand<T> kernel(
      Ops tf, Weights<T> stored, String layer, int hidden) {
    StoredLayer place = StoredLayer.of(layer, hidden);
    Operand<T> whole = stored.get(place.matrix());
    Operand<T> own =
        place.fused()
            ? tf.slice(
                whole,
                tf.constant(new int[] {0, place.first()}),
                tf.constant(new int[] {-1, hidden}))
            : whole;
    return tf.linalg.transpose(own, tf.constant(new int[] {1, 0}));
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
