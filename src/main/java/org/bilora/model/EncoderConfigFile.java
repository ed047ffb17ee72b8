package org.bilora.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bilora.model.EncoderConfig.Activation;
import org.bilora.model.EncoderConfig.ModelType;

/** Reads the architecture from a Hugging Face {@code config.json}. */
final class EncoderConfigFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final JsonNode root;

  private EncoderConfigFile(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * Reads the file. Where Hugging Face's own reader has a default for a field, so has this one; the
   * fields that set a tensor's shape must be there.
   *
   * @throws IOException when the file is missing or not JSON, a field is missing or has a value
   *     that the forward pass cannot have: file, field, value and what is allowed
   */
  static EncoderConfig read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + " is missing: a model's directory needs its config.json");
    }
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IOException("%s is not valid JSON: %s".formatted(file, e.getOriginalMessage()));
    }
    if (!root.isObject()) {
      throw new IOException(file + " is not a JSON object");
    }
    return new EncoderConfigFile(file, root).config();
  }

  private EncoderConfig config() throws IOException {
    ModelType type =
        switch (text("model_type", "(none)")) {
          case "bert" -> ModelType.BERT;
          case "roberta" -> ModelType.ROBERTA;
          default -> throw unsupported("model_type", "bert and roberta");
        };
    if (!text("position_embedding_type", "absolute").equals("absolute")) {
      throw unsupported("position_embedding_type", "absolute");
    }
    if (root.path("is_decoder").asBoolean()) {
      throw unsupported("is_decoder", "false");
    }
    Activation activation =
        switch (text("hidden_act", "gelu")) {
          case "gelu" -> Activation.GELU;
          case "gelu_new", "gelu_pytorch_tanh" -> Activation.GELU_TANH;
          case "relu" -> Activation.RELU;
          default -> throw unsupported("hidden_act", "gelu, gelu_new, gelu_pytorch_tanh and relu");
        };
    try {
      return new EncoderConfig(
          type,
          size("vocab_size"),
          size("hidden_size"),
          size("num_hidden_layers"),
          size("num_attention_heads"),
          size("intermediate_size"),
          size("max_position_embeddings"),
          size("type_vocab_size"),
          number("layer_norm_eps", 1e-12),
          number("hidden_dropout_prob", 0.1),
          number("attention_probs_dropout_prob", 0.1),
          root.hasNonNull("pad_token_id")
              ? size("pad_token_id")
              : type == ModelType.ROBERTA ? 1 : 0,
          activation);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage());
    }
  }

  private String text(String field, String otherwise) {
    return root.hasNonNull(field) ? root.get(field).asText() : otherwise;
  }

  private int size(String field) throws IOException {
    if (!root.hasNonNull(field)) {
      throw new IOException("%s has no %s".formatted(file, field));
    }
    JsonNode value = root.get(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0) {
      throw new IOException(
          "%s: %s is %s; it must be a whole number from 0".formatted(file, field, value));
    }
    return value.intValue();
  }

  private double number(String field, double otherwise) throws IOException {
    if (!root.hasNonNull(field)) {
      return otherwise;
    }
    JsonNode value = root.get(field);
    if (!value.isNumber() || value.doubleValue() < 0) {
      throw new IOException("%s: %s is %s; it must be 0 or more".formatted(file, field, value));
    }
    return value.doubleValue();
  }

  private IOException unsupported(String field, String supported) {
    return new IOException(
        "%s: %s is %s; supported: %s".formatted(file, field, text(field, "missing"), supported));
  }
}
