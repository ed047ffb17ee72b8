package org.bilora.model;

/**
 * Architecture of a BERT-like encoder, in the words of Hugging Face's {@code config.json}.
 *
 * @param modelType {@code bert} or {@code roberta}
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
 * @param activation {@code gelu} (erf), {@code gelu_new} (tanh) or {@code relu}
 */
public record EncoderConfig(
    ModelType modelType,
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
    Activation activation) {

  /** Encoders this project runs. */
  public enum ModelType {
    /** Positions count from 0; the pooler feeds the classifier. */
    BERT,
    /** Positions count from {@code padTokenId + 1}; the classifier has its own dense layer. */
    ROBERTA
  }

  /** Activation of the feed-forward layer. */
  public enum Activation {
    /** x · Φ(x), by the error function. */
    GELU,
    /** The tanh approximation of GELU. */
    GELU_TANH,
    /** max(x, 0). */
    RELU
  }

  /** Checks what a forward pass relies on. */
  public EncoderConfig {
    requirePositive("hidden_size", hiddenSize);
    if (heads < 1 || hiddenSize % heads != 0) {
      throw new IllegalArgumentException(
          "num_attention_heads is %d; it must divide hidden_size %d".formatted(heads, hiddenSize));
    }
    requirePositive("vocab_size", vocabSize);
    requirePositive("num_hidden_layers", layers);
    requirePositive("intermediate_size", intermediateSize);
    requirePositive("max_position_embeddings", maxPositions);
    requirePositive("type_vocab_size", typeVocabSize);
    if (padTokenId < 0 || padTokenId >= vocabSize) {
      throw new IllegalArgumentException(
          "pad_token_id is %d; it must be from 0 to below vocab_size %d"
              .formatted(padTokenId, vocabSize));
    }
    if (modelType == ModelType.ROBERTA && maxPositions <= padTokenId + 1) {
      throw new IllegalArgumentException(
          "max_position_embeddings is %d; it must be more than pad_token_id + 1, which is %d"
              .formatted(maxPositions, padTokenId + 1));
    }
    requireProbability("hidden_dropout_prob", hiddenDropoutProbability);
    requireProbability("attention_probs_dropout_prob", attentionDropoutProbability);
    requireProbability("classifier_dropout", classifierDropoutProbability);
  }

  /** Width of one attention head. */
  public int headSize() {
    return hiddenSize / heads;
  }

  /** Longest text in tokens: RoBERTa spends {@code padTokenId + 1} position rows on padding. */
  public int maxTokens() {
    return modelType == ModelType.ROBERTA ? maxPositions - padTokenId - 1 : maxPositions;
  }

  private static void requirePositive(String field, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s is %d; it must be 1 or more".formatted(field, value));
    }
  }

  private static void requireProbability(String field, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(
          "%s is %s; it must be at least 0 and below 1".formatted(field, value));
    }
  }
}
