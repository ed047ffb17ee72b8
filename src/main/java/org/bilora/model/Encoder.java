package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.Optional;
import org.bilora.adapter.LowRank;
import org.bilora.graph.Recomputation;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/**
 * The forward pass of an encoder, as its {@link EncoderKind} has it. A function of (inputs,
 * weights, increments): it holds no variables and may be called many times in one graph.
 *
 * <p>Dense layers and attention compute in the type {@code T}; softmax and layer normalisation in
 * float32.
 *
 * @param <T> type of weights and activations: TFloat32 or TBfloat16
 */
public final class Encoder<T extends TFloating> {
  private final EncoderConfig config;
  private final Weights<T> weights;
  private final Map<String, LowRank> increments;
  private final double incrementDropoutProbability;
  private final Recomputation recomputation;

  /**
   * An encoder without changes.
   *
   * @param weights the backbone's values
   */
  public Encoder(EncoderConfig config, Weights<T> weights) {
    this(config, weights, ImmutableMap.of(), 0);
  }

  /** An encoder with changes whose activations are all kept for a gradient. */
  public Encoder(
      EncoderConfig config,
      Weights<T> weights,
      Map<String, LowRank> increments,
      double incrementDropoutProbability) {
    this(config, weights, increments, incrementDropoutProbability, Recomputation.OFF);
  }

  /**
   * An encoder with changes.
   *
   * @param weights the backbone's values
   * @param increments ΔW by name of the dense layer, such as {@code
   *     encoder.layer.0.attention.self.query}
   * @param incrementDropoutProbability of an input of a change, ΔW dropout(x); the frozen layer
   *     reads x itself
   * @param recomputation of what is in each layer
   */
  public Encoder(
      EncoderConfig config,
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
   * The last hidden states.
   *
   * @return {@code [rows, length, hidden]}
   */
  public Operand<T> lastHiddenState(Ops tf, EncoderInputs inputs, Dropout dropout) {
    return pass(tf, inputs, dropout, LayerSpan.upTo(config.layers()));
  }

  /**
   * The hidden states behind the lower layers, without dropout.
   *
   * @param layers how many, from the first one; all of them yield the last hidden states
   * @return {@code [rows, length, hidden]}
   */
  public Operand<T> statesBehind(Ops tf, EncoderInputs inputs, int layers) {
    return pass(tf, inputs, Dropout.off(), LayerSpan.upTo(layers));
  }

  /**
   * The last hidden states, from those behind the lower layers.
   *
   * @param layers how many lower ones are passed over
   * @param states what {@link #statesBehind} yields, {@code [rows, length, hidden]}; whatever
   *     stands at padding has no influence on tokens
   * @return {@code [rows, length, hidden]}
   */
  public Operand<T> lastHiddenState(
      Ops tf, EncoderInputs inputs, int layers, Operand<T> states, Dropout dropout) {
    return layers == config.layers()
        ? states
        : pass(tf, inputs, dropout, new LayerSpan<>(layers, config.layers(), Optional.of(states)));
  }

  private Operand<T> pass(Ops tf, EncoderInputs inputs, Dropout dropout, LayerSpan<T> span) {
    return config
        .kind()
        .lastHiddenState(
            new EncoderPass<>(
                tf,
                config,
                weights,
                increments,
                incrementDropoutProbability,
                inputs,
                dropout,
                span,
                recomputation));
  }
}
