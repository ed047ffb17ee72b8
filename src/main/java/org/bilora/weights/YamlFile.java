package org.bilora.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A small YAML file of the user's, of which JSON is a part. */
public final class YamlFile {
  private YamlFile() {}

  /**
   * Reads the one document of a file. A field that is there twice is an error; {@code on} and
   * {@code off} are words.
   *
   * @param use what the file is, such as {@code a file of options}
   * @throws IOException when the YAML library is not there, or the file cannot be read or is no
   *     such YAML; the message says in which line
   */
  public static JsonNode read(Path file, String use) throws IOException {
    OptionalLibrary.YAML.require(use);
    try {
      return Yaml.MAPPER.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s, line %d: %s"
              .formatted(
                  file,
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                  e.getOriginalMessage().lines().findFirst().orElse("it is no YAML")),
          e);
    }
  }

  /** Apart, so that the library is asked for before it is loaded. */
  private static final class Yaml {
    static final ObjectMapper MAPPER =
        YAMLMapper.builder()
            .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS) // a second document
            .build();
  }
}
