package org.bilora.model;

import java.io.IOException;
import java.nio.file.Path;

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
    EncoderKinds.Reader reader = EncoderKinds.reader(file);
    file.requireValue("is_decoder", "false");
    file.requireValue("add_cross_attention", "false");
    file.requireValue("position_embedding_type", "absolute");
    try {
      return reader.read(file).withLabels(file.labels());
    } catch (IllegalArgumentException e) {
      throw new IOException(path + ": " + e.getMessage());
    }
  }

  /**
   * An architecture whose fields are named as BERT's are.
   *
   * @param padTokenId where the file has none
   */
  static EncoderConfig bertLike(ConfigFile file, EncoderKind kind, int padTokenId)
      throws IOException {
    double hiddenDropout = file.number("hidden_dropout_prob", 0.1);
    return new EncoderConfig(
        kind,
        file.size("vocab_size"),
        file.size("hidden_size"),
        file.size("num_hidden_layers"),
        file.size("num_attention_heads"),
        file.size("intermediate_size"),
        file.size("max_position_embeddings"),
        file.size("type_vocab_size"),
        file.number("layer_norm_eps", 1e-12),
        hiddenDropout,
        file.number("attention_probs_dropout_prob", 0.1),
        file.number("classifier_dropout", hiddenDropout),
        file.size("pad_token_id", padTokenId),
        file.activation("hidden_act", "gelu"));
  }
}
