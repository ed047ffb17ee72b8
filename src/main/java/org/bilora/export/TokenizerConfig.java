package org.bilora.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.bilora.text.Tokenizer;
import org.bilora.weights.AtomicFile;

/**
 * The tokenizer's files of a directory that Transformers opens: {@code tokenizer.json} as it is,
 * and {@code tokenizer_config.json} with the class that takes it so. The classes of BERT, RoBERTa
 * and GPT-2 would build their own parts over it.
 */
final class TokenizerConfig {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Tokenizer tokenizer;
  private final JsonNode root;
  private final Map<String, Object> fields = new LinkedHashMap<>();

  /**
   * A tokenizer that cuts texts at a length.
   *
   * @param maxTokens special tokens included
   */
  TokenizerConfig(Tokenizer tokenizer, int maxTokens) throws IOException {
    this.tokenizer = tokenizer;
    this.root = JSON.readTree(tokenizer.definition(maxTokens));
    fields.put("tokenizer_class", "PreTrainedTokenizerFast");
    fields.put("model_max_length", maxTokens);
    fields.put("clean_up_tokenization_spaces", false);
    boolean left = root.path("truncation").path("direction").asText().equals("Left");
    fields.put("truncation_side", left ? "left" : "right");
    JsonNode unknown = root.path("model").path("unk_token");
    if (unknown.isTextual()) {
      fields.put("unk_token", unknown.asText());
    }
  }

  /** Gives a token a part, such as {@code pad_token}; an id without a token is left out. */
  TokenizerConfig token(String part, OptionalInt id) {
    String token = id.isPresent() ? token(id.getAsInt()) : null;
    if (token != null) {
      fields.put(part, token);
    }
    return this;
  }

  /** What the model takes. */
  TokenizerConfig inputs(List<String> names) {
    fields.put("model_input_names", names);
    return this;
  }

  private String token(int id) {
    for (JsonNode added : root.path("added_tokens")) {
      if (added.path("id").asInt(-1) == id) {
        return added.path("content").asText();
      }
    }
    JsonNode vocabulary = root.path("model").path("vocab");
    if (vocabulary.isArray()) {
      return id < vocabulary.size() ? vocabulary.path(id).path(0).asText() : null;
    }
    for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
      if (entry.getValue().asInt(-1) == id) {
        return entry.getKey();
      }
    }
    return null;
  }

  void write(Path directory) throws IOException {
    AtomicFile.write(directory.resolve("tokenizer.json"), tokenizer.definition());
    AtomicFile.write(directory.resolve("tokenizer_config.json"), JSON.writeValueAsBytes(fields));
  }
}
