package org.bilora.model;

import com.google.common.collect.ImmutableList;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Architecture of an encoder, in the words of Hugging Face's {@code config.json}.
 *
 * @param kind with the options that only this kind has
 * @param vocabSize rows of the word embedding
 * @param hiddenSize width of the residual stream
 * @param layers number of Transformer layers
 * @param heads attention heads per layer; divides {@code hiddenSize}
 * @param intermediateSize width of the feed-forward layer
 * @param maxPositions rows of the position embedding
 * @param typeVocabSize rows of the token-type embedding
 * @param layerNormEpsilon added to the variance
 * @param hiddenDropoutProbability dropout after embeddings and dense layers while training
 * @param attentionDropoutProbability dropout on attention probabilities while training
 * @param classifierDropoutProbability dropout before the task head's dense layers while training
 * @param padTokenId id of the padding token
 * @param activation of the feed-forward layer
 * @param id2label names of a fine-tuned head's classes, in the order of its logits; empty where the
 *     configuration has none
 */
@RecordBuilder
public record EncoderConfig(
    EncoderKind kind,
    int vocabSize,
    int hiddenSize,
    int layers,
    int heads,
    int intermediateSize,
    int maxPositions,
    int typeVocabSize,
    double layerNormEpsilon,
    double hiddenDropoutProbability,
    double attentionDropoutProbability,
    double classifierDropoutProbability,
    int padTokenId,
    Activation activation,
    @RecordBuilder.Initializer(source = List.class, value = "of") List<String> id2label) {
  /** Activation of the feed-forward layer. */
  public enum Activation {
    /** x · Φ(x), by the error function. */
    GELU("gelu", "gelu_python"),
    /** The tanh approximation of GELU. */
    GELU_TANH("gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_python_tanh", "gelu_accurate"),
    /** GELU, cut off at -10 and 10. */
    GELU_10("gelu_10"),
    /** x · sigmoid(1.702 x). */
    QUICK_GELU("quick_gelu"),
    /** x · sigmoid(x). */
    SILU("silu", "swish"),
    /** max(x, 0). */
    RELU("relu"),
    /** The hyperbolic tangent. */
    TANH("tanh");

    private final List<String> names;

    Activation(String... names) {
      this.names = ImmutableList.copyOf(names);
    }

    /** What a {@code config.json} may call it, the usual name first. */
    public List<String> names() {
      return names;
    }
  }

  /**
   * Checks what a forward pass relies on.
   *
   * @throws IllegalArgumentException with the field in {@code config.json}, its value and what is
   *     allowed
   */
  // Not the compact form: a kind's check reads the fields, which that form sets after its body.
  public EncoderConfig(
      EncoderKind kind,
      int vocabSize,
      int hiddenSize,
      int layers,
      int heads,
      int intermediateSize,
      int maxPositions,
      int typeVocabSize,
      double layerNormEpsilon,
      double hiddenDropoutProbability,
      double attentionDropoutProbability,
      double classifierDropoutProbability,
      int padTokenId,
      Activation activation,
      List<String> id2label) {
    this.kind = kind;
    this.vocabSize = vocabSize;
    this.hiddenSize = hiddenSize;
    this.layers = layers;
    this.heads = heads;
    this.intermediateSize = intermediateSize;
    this.maxPositions = maxPositions;
    this.typeVocabSize = typeVocabSize;
    this.layerNormEpsilon = layerNormEpsilon;
    this.hiddenDropoutProbability = hiddenDropoutProbability;
    this.attentionDropoutProbability = attentionDropoutProbability;
    this.classifierDropoutProbability = classifierDropoutProbability;
    this.padTokenId = padTokenId;
    this.activation = activation;
    this.id2label = ImmutableList.copyOf(id2label);
    requirePositive("hidden_size", hiddenSize);
    if (heads < 1 || hiddenSize % heads != 0) {
      throw new IllegalArgumentException(
          "num_attention_heads is %d; it must divide hidden_size %d".formatted(heads, hiddenSize));
    }
    requirePositive("vocab_size", vocabSize);
    requirePositive("num_hidden_layers", layers);
    requirePositive("intermediate_size", intermediateSize);
    requirePositive("max_position_embeddings", maxPositions);
    if (padTokenId < 0 || padTokenId >= vocabSize) {
      throw new IllegalArgumentException(
          "pad_token_id is %d; it must be from 0 to below vocab_size %d"
              .formatted(padTokenId, vocabSize));
    }
    requireProbability("hidden_dropout_prob", hiddenDropoutProbability);
    requireProbability("attention_probs_dropout_prob", attentionDropoutProbability);
    requireProbability("classifier_dropout", classifierDropoutProbability);
    kind.check(this);
  }

  /** The same architecture with names of the head's classes, in the order of its logits. */
  public EncoderConfig withLabels(List<String> names) {
    return EncoderConfigBuilder.builder(this).id2label(names).build();
  }

  /**
   * The fields of a Hugging Face {@code config.json} of this architecture with a head: what
   * Transformers opens for sequence or token classification, and what reads back here as the same.
   *
   * @param architecture Transformers' class, {@link EncoderHead#architecture}
   * @param labels names of the classes in the order of the logits; none for a single score
   * @param problemType what Transformers calls the type of a task of texts; empty for tags of words
   */
  public Map<String, Object> configFile(
      String architecture, List<String> labels, Optional<String> problemType) {
    return EncoderConfigFile.write(this, architecture, labels, problemType);
  }

  /** Width of one attention head. */
  public int headSize() {
    return hiddenSize / heads;
  }

  /** Longest text in tokens, special tokens included. */
  public int maxTokens() {
    return kind.maxTokens(this);
  }

  static void requirePositive(String field, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s is %d; it must be 1 or more".formatted(field, value));
    }
  }

  static void requireProbability(String field, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(
          "%s is %s; it must be at least 0 and below 1".formatted(field, value));
    }
  }
}
