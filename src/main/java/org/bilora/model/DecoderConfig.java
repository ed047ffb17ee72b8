package org.bilora.model;

/**
 * Architecture of a GPT-2 decoder; the fields' names in Hugging Face's {@code config.json} stand in
 * parentheses.
 *
 * @param vocabSize rows of the token embedding ({@code vocab_size})
 * @param hiddenSize width of the residual stream ({@code n_embd})
 * @param layers number of Transformer layers ({@code n_layer})
 * @param heads attention heads per layer; divides {@code hiddenSize} ({@code n_head})
 * @param intermediateSize width of the feed-forward layer ({@code n_inner}, or 4 {@code n_embd})
 * @param maxPositions longest text in tokens ({@code n_positions})
 * @param layerNormEpsilon added to the variance ({@code layer_norm_epsilon})
 * @param embeddingDropoutProbability after the embeddings while training ({@code embd_pdrop})
 * @param residualDropoutProbability after attention and feed-forward layer ({@code resid_pdrop})
 * @param attentionDropoutProbability on attention probabilities ({@code attn_pdrop})
 * @param endOfTextId token that ends a text ({@code eos_token_id})
 * @param activation of the feed-forward layer ({@code activation_function})
 */
public record DecoderConfig(
    int vocabSize,
    int hiddenSize,
    int layers,
    int heads,
    int intermediateSize,
    int maxPositions,
    double layerNormEpsilon,
    double embeddingDropoutProbability,
    double residualDropoutProbability,
    double attentionDropoutProbability,
    int endOfTextId,
    EncoderConfig.Activation activation) {

  /** Checks what a forward pass relies on. */
  public DecoderConfig {
    requirePositive("n_embd", hiddenSize);
    if (heads < 1 || hiddenSize % heads != 0) {
      throw new IllegalArgumentException(
          "n_head is %d; it must divide n_embd %d".formatted(heads, hiddenSize));
    }
    requirePositive("vocab_size", vocabSize);
    requirePositive("n_layer", layers);
    requirePositive("n_inner", intermediateSize);
    requirePositive("n_positions", maxPositions);
    requireProbability("embd_pdrop", embeddingDropoutProbability);
    requireProbability("resid_pdrop", residualDropoutProbability);
    requireProbability("attn_pdrop", attentionDropoutProbability);
    if (endOfTextId < 0 || endOfTextId >= vocabSize) {
      throw new IllegalArgumentException(
          "eos_token_id is %d; it must be from 0 to below vocab_size %d"
              .formatted(endOfTextId, vocabSize));
    }
  }

  /** Width of one attention head. */
  public int headSize() {
    return hiddenSize / heads;
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
