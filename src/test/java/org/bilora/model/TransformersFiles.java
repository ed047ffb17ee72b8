package org.bilora.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bilora.text.Encoding;

/** Tiny random models, and files of what Hugging Face Transformers computed with them. */
final class TransformersFiles {
  static final Path FOLDER = Path.of("src", "test", "resources", "transformers");
  static final ObjectMapper JSON = new ObjectMapper();

  private TransformersFiles() {}

  static JsonNode read(String file) throws IOException {
    return JSON.readTree(FOLDER.resolve(file).toFile());
  }

  /** Texts, some with a second one, in a model's tokens. */
  static List<Encoding> encoded(PretrainedEncoder model, JsonNode texts, int longest) {
    List<Encoding> encoded = new ArrayList<>();
    for (JsonNode text : texts) {
      Optional<String> pair = Optional.ofNullable(text.get("pair")).map(JsonNode::asText);
      encoded.add(model.tokenizer().encode(text.get("text").asText(), pair, longest));
    }
    return encoded;
  }

  static int[] integers(JsonNode array) {
    return JSON.convertValue(array, int[].class);
  }

  static float[] floats(JsonNode array) {
    return JSON.convertValue(array, float[].class);
  }
}
