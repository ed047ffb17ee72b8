package org.bilora.model;

import java.io.IOException;
import java.util.OptionalInt;

/** Reads GPT-2's architecture from a Hugging Face {@code config.json}. */
final class DecoderConfigFile {
  static final String MODEL_TYPE = "gpt2";
  private static final int END_OF_TEXT = 50256;

  private DecoderConfigFile() {}

  /**
   * Reads the file. Where Hugging Face's own reader has a default for a field, so has this one; the
   * fields that set a tensor's shape must be there.
   *
   * @throws IOException when the file is missing or not JSON, a field is missing or has a value
   *     that the forward pass cannot have: file, field, value and what is allowed
   */
  static DecoderConfig read(ConfigFile file) throws IOException {
    if (!file.text("model_type", "(none)").equals(MODEL_TYPE)) {
      throw file.unsupported("model_type", MODEL_TYPE);
    }
    if (file.flag("add_cross_attention", false)) {
      throw file.unsupported("add_cross_attention", "false");
    }
    EncoderConfig.Activation activation = file.activation("activation_function", "gelu_new");
    int hidden = file.size("n_embd");
    int vocabSize = file.size("vocab_size");
    try {
      return DecoderConfigBuilder.builder()
          .vocabSize(vocabSize)
          .hiddenSize(hidden)
          .layers(file.size("n_layer"))
          .heads(file.size("n_head"))
          .intermediateSize(file.has("n_inner") ? file.size("n_inner") : fourTimes(file, hidden))
          .maxPositions(file.size("n_positions"))
          .layerNormEpsilon(file.number("layer_norm_epsilon", 1e-5))
          .embeddingDropoutProbability(file.number("embd_pdrop", 0.1))
          .residualDropoutProbability(file.number("resid_pdrop", 0.1))
          .attentionDropoutProbability(file.number("attn_pdrop", 0.1))
          .activation(activation)
          .attentionScale(
              new DecoderConfig.AttentionScale(
                  file.flag("scale_attn_weights", true),
                  file.flag("scale_attn_by_inverse_layer_idx", false)))
          .tiedHead(file.flag("tie_word_embeddings", true))
          .endOfText(endOfText(file, vocabSize))
          .build();
    } catch (IllegalArgumentException e) {
      throw new IOException(file.file() + ": " + e.getMessage());
    }
  }

  private static int fourTimes(ConfigFile file, int hidden) throws IOException {
    if (hidden > Integer.MAX_VALUE / 4) {
      throw new IOException("%s: n_embd is %d, which is too large".formatted(file.file(), hidden));
    }
    return 4 * hidden;
  }

  /** The first of the tokens that end a text; Hugging Face's reader has GPT-2's as its default. */
  private static OptionalInt endOfText(ConfigFile file, int vocabSize) throws IOException {
    if (file.root().has("eos_token_id")) {
      return GenerationConfig.ends(file, vocabSize).stream()
          .mapToInt(Integer::intValue)
          .findFirst();
    }
    return END_OF_TEXT < vocabSize ? OptionalInt.of(END_OF_TEXT) : OptionalInt.empty();
  }
}
