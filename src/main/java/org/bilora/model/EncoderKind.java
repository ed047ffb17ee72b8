package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * A kind of encoder: everything that one kind does otherwise than another. A member holds the
 * options that only its kind has, and is one file; {@link EncoderKinds} names it once more, by the
 * {@code model_type} of its {@code config.json}.
 */
public sealed interface EncoderKind
    permits Bert, Roberta, DistilBert, Electra, Albert, MpNet, DebertaV2, ModernBert {

  /** What people call it, for messages. */
  String title();

  /** What task models put before the encoder's tensors, such as {@code bert.}. */
  String prefix();

  /**
   * The canonical name of a tensor in a checkpoint ({@link PretrainedEncoder}): without the prefix,
   * and layer normalisation's old {@code gamma} and {@code beta} as {@code weight} and {@code
   * bias}.
   */
  default String canonical(String tensor) {
    return (tensor.startsWith(prefix()) ? tensor.substring(prefix().length()) : tensor)
        .replaceFirst("LayerNorm\\.gamma$", "LayerNorm.weight")
        .replaceFirst("LayerNorm\\.beta$", "LayerNorm.bias");
  }

  /**
   * The name of a canonical tensor in a checkpoint of the kind's model for sequence or token
   * classification: the way back of {@link #canonical}. The head stands beside the encoder.
   */
  default String checkpointName(EncoderConfig config, String tensor) {
    boolean beside = head(config).holds(tensor) || tensor.startsWith(HeadLayers.TOKEN_OUTPUT + ".");
    return beside ? tensor : prefix() + tensor;
  }

  /** What the names of Transformers' classes of this kind begin with, such as {@code Bert}. */
  String family();

  /** Transformers' class of the kind's model for sequence classification. */
  default String classifier() {
    return family() + "ForSequenceClassification";
  }

  /** Transformers' class of the kind's model for token classification. */
  default String tagger() {
    return family() + "ForTokenClassification";
  }

  /**
   * The fields of a {@code config.json} that say the architecture, such that they read back as the
   * same.
   */
  Map<String, Object> fields(EncoderConfig config);

  /**
   * Checks what only this kind asks of a configuration.
   *
   * @throws IllegalArgumentException with field, value and what is allowed
   */
  void check(EncoderConfig config);

  /** Longest text in tokens, special tokens included. */
  int maxTokens(EncoderConfig config);

  /** Whether texts may have different token types; whether they do is the tokenizer's matter. */
  boolean segments(EncoderConfig config);

  /**
   * The dense layers that an increment may change, in the order of the forward pass, each with its
   * shape {@code [out, in]}.
   */
  Map<String, long[]> denseLayers(EncoderConfig config);

  /**
   * Last names of this kind's layers for what others call {@code query}, {@code key} and {@code
   * value}, where it calls them otherwise.
   */
  default Map<String, String> layerRoles() {
    return ImmutableMap.of();
  }

  /**
   * The Transformer layer that a dense layer belongs to, counted from 0; empty for one that belongs
   * to none, or to several that share their weights.
   */
  default OptionalInt layerOf(String denseLayer) {
    return LayerNames.numberIn(denseLayer);
  }

  /**
   * Whether dense layers that an increment may change read the tokens of a batch, row by row, and
   * nothing else: so each row may have an increment of its own.
   */
  default boolean readsTokensOnly() {
    return true;
  }

  /** Weights of dense layers that each token is multiplied with in a forward pass. */
  default double weightsPerToken(EncoderConfig config) {
    return denseLayers(config).values().stream()
        .mapToDouble(shape -> (double) shape[0] * shape[1])
        .sum();
  }

  /** What the forward pass reads, by canonical name, each with its shape. */
  Map<String, long[]> tensors(EncoderConfig config);

  /**
   * Layers that a checkpoint holds in one matrix and one bias, one above the other: its name there,
   * and the names of the layers in the order of their rows.
   */
  default Map<String, List<String>> stacked(EncoderConfig config) {
    return ImmutableMap.of();
  }

  /** The classification head that this kind is fine-tuned with. */
  HeadLayers head(EncoderConfig config);

  /**
   * The forward pass through the layers of its {@link LayerSpan}.
   *
   * @return {@code [rows, length, hidden]}
   */
  <T extends TFloating> Operand<T> lastHiddenState(EncoderPass<T> pass);
}
