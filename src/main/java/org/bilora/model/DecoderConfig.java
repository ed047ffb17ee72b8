package org.bilora.model;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.OptionalInt;

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
 * @param endOfText token that ends a text ({@code eos_token_id}); none where the configuration has
 *     none in the vocabulary
 * @param activation of the feed-forward layer ({@code activation_function})
 * @param attentionScale of attention scores
 * @param tiedHead whether the output layer is the token embedding ({@code tie_word_embeddings});
 *     otherwise it is {@code lm_head.weight}
 */
@RecordBuilder
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
    @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty") OptionalInt endOfText,
    EncoderConfig.Activation activation,
    AttentionScale attentionScale,
    boolean tiedHead) {

  /**
   * What attention scores are divided by.
   *
   * @param byHeadSize by √d ({@code scale_attn_weights})
   * @param byLayer by the layer's number, from 1 ({@code scale_attn_by_inverse_layer_idx})
   */
  public record AttentionScale(boolean byHeadSize, boolean byLayer) {
    /** By √d alone. */
    public static final AttentionScale USUAL = new AttentionScale(true, false);
  }

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
    if (endOfText.isPresent() && (endOfText.getAsInt() < 0 || endOfText.getAsInt() >= vocabSize)) {
      throw new IllegalArgumentException(
          "eos_token_id is %d; it must be from 0 to below vocab_size %d"
              .formatted(endOfText.getAsInt(), vocabSize));
    }
  }

  /**
   * The token that ends a text.
   *
   * @throws IllegalArgumentException when there is none
   */
  public int endOfTextId() {
    return endOfText.orElseThrow(
        () ->
            new IllegalArgumentException(
                "the model has no token that ends a text, which this needs: give config.json an"
                    + " eos_token_id from 0 to below vocab_size "
                    + vocabSize));
  }

  /** The same architecture with an output layer that is not the token embedding. */
  DecoderConfig withHeadOfItsOwn() {
    return DecoderConfigBuilder.builder(this).tiedHead(false).build();
  }

  /** The factor of a layer's attention scores. */
  double attentionFactor(int layer) {
    double factor = attentionScale.byHeadSize() ? 1 / Math.sqrt(headSize()) : 1;
    return attentionScale.byLayer() ? factor / (layer + 1) : factor;
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
