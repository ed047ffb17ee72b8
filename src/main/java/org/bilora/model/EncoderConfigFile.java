package org.bilora.model;

import java.io.IOException;
import java.nio.file.Path;
import org.bilora.model.EncoderConfig.ModelType;

/** Reads an encoder's architecture from a Hugging Face {@code config.json}. */
final class EncoderConfigFile {
  private EncoderConfigFile() {}

  /**
   * Reads the file. Where Hugging Face's own reader has a default for a field, so has this one; the
   * fields that set a tensor's shape must be there.
   *
   * @throws IOException when the file is missing or not JSON, a field is missing or has a value
   *     that the forward pass cannot have: file, field, value and what is allowed
   */
  static EncoderConfig read(Path path) throws IOException {
    ConfigFile file = ConfigFile.read(path);
    ModelType type =
        switch (file.text("model_type", "(none)")) {
          case "bert" -> ModelType.BERT;
          case "roberta" -> ModelType.ROBERTA;
          default -> throw file.unsupported("model_type", "bert and roberta");
        };
    if (!file.text("position_embedding_type", "absolute").equals("absolute")) {
      throw file.unsupported("position_embedding_type", "absolute");
    }
    if (file.flag("is_decoder", false)) {
      throw file.unsupported("is_decoder", "false");
    }
    EncoderConfig.Activation activation = file.activation("hidden_act", "gelu");
    try {
      return new EncoderConfig(
          type,
          file.size("vocab_size"),
          file.size("hidden_size"),
          file.size("num_hidden_layers"),
          file.size("num_attention_heads"),
          file.size("intermediate_size"),
          file.size("max_position_embeddings"),
          file.size("type_vocab_size"),
          file.number("layer_norm_eps", 1e-12),
          file.number("hidden_dropout_prob", 0.1),
          file.number("attention_probs_dropout_prob", 0.1),
          file.number("classifier_dropout", file.number("hidden_dropout_prob", 0.1)),
          file.has("pad_token_id") ? file.size("pad_token_id") : type == ModelType.ROBERTA ? 1 : 0,
          activation);
    } catch (IllegalArgumentException e) {
      throw new IOException(path + ": " + e.getMessage());
    }
  }
}
