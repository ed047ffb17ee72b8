package org.bilora.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Reads GPT-2's architecture from a Hugging Face {@code config.json}. */
final class DecoderConfigFile {
  static final String MODEL_TYPE = "gpt2";
  private static final int END_OF_TEXT = 50256;

  /** Variants of the architecture that are not built here, each with the value that is. */
  private static final Map<String, Boolean> FIXED =
      Map.of(
          "scale_attn_weights", true,
          "scale_attn_by_inverse_layer_idx", false,
          "add_cross_attention", false,
          "tie_word_embeddings", true);

  private DecoderConfigFile() {}

  /**
   * Reads the file. Where Hugging Face's own reader has a default for a field, so has this one; the
   * fields that set a tensor's shape must be there.
   *
   * @throws IOException when the file is missing or not JSON, a field is missing or has a value
   *     that the forward pass cannot have: file, field, value and what is allowed
   */
  static DecoderConfig read(Path path) throws IOException {
    ConfigFile file = ConfigFile.read(path);
    if (!file.text("model_type", "(none)").equals(MODEL_TYPE)) {
      throw file.unsupported("model_type", MODEL_TYPE);
    }
    for (Map.Entry<String, Boolean> field : FIXED.entrySet()) {
      if (file.flag(field.getKey(), field.getValue()) != field.getValue()) {
        throw file.unsupported(field.getKey(), field.getValue().toString());
      }
    }
    EncoderConfig.Activation activation = file.activation("activation_function", "gelu_new");
    int hidden = file.size("n_embd");
    try {
      return new DecoderConfig(
          file.size("vocab_size"),
          hidden,
          file.size("n_layer"),
          file.size("n_head"),
          file.has("n_inner") ? file.size("n_inner") : Math.multiplyExact(4, hidden),
          file.size("n_positions"),
          file.number("layer_norm_epsilon", 1e-5),
          file.number("embd_pdrop", 0.1),
          file.number("resid_pdrop", 0.1),
          file.number("attn_pdrop", 0.1),
          file.has("eos_token_id") ? file.size("eos_token_id") : END_OF_TEXT,
          activation);
    } catch (IllegalArgumentException e) {
      throw new IOException(path + ": " + e.getMessage());
    }
  }
}
