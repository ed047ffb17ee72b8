package org.bilora.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Vocabularies and merges in files of their own. */
final class VocabularyFiles {
  private static final ObjectMapper JSON = StrictJson.MAPPER;

  private VocabularyFiles() {}

  /**
   * {@code vocab.txt}: a token per line, its id is the line's number from 0; the last one counts.
   */
  static ObjectNode lines(Path file) throws IOException {
    ObjectNode ids = JSON.createObjectNode();
    String text = text(file);
    int id = 0;
    for (int from = 0; from < text.length(); id++) {
      int end = text.indexOf('\n', from);
      int to = end < 0 ? text.length() : end;
      ids.put(text.substring(from, to).replaceFirst("\\p{IsWhite_Space}+$", ""), id);
      from = to + 1;
    }
    return ids;
  }

  /** {@code vocab.json}: an object from tokens to ids. */
  static ObjectNode tokens(Path file) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IOException("%s is not JSON: %s".formatted(file, Shown.of(e.getOriginalMessage())));
    }
    if (!(root instanceof ObjectNode ids)) {
      throw new IOException(file + " is not an object that maps tokens to ids");
    }
    return ids;
  }

  /** {@code merges.txt}: a pair per line, the earlier the line the sooner it merges. */
  static ArrayNode merges(Path file) throws IOException {
    ArrayNode merges = JSON.createArrayNode();
    int number = 0;
    for (String line : text(file).split("\n", -1)) {
      number++;
      String merge = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
      if (merge.isEmpty() || merge.startsWith("#version")) {
        continue;
      }
      if (merge.split(" ", -1).length != 2) {
        throw new IOException(
            "%s, line %d: '%s' is no pair of tokens with a space between"
                .formatted(file, number, Shown.of(merge)));
      }
      merges.add(merge);
    }
    return merges;
  }

  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (MalformedInputException e) {
      throw new IOException(file + " is not UTF-8");
    }
  }

  /**
   * Ids by token of a definition's vocabulary: an object, or an array of pairs in the order of ids.
   *
   * @throws DefinitionException when an id is none
   */
  static Map<String, Long> ids(JsonNode vocabulary) throws DefinitionException {
    Map<String, Long> ids = new LinkedHashMap<>();
    if (vocabulary.isArray()) {
      for (int id = 0; id < vocabulary.size(); id++) {
        ids.put(vocabulary.get(id).path(0).asText(), (long) id);
      }
    }
    if (vocabulary.isObject()) {
      for (Map.Entry<String, JsonNode> token : vocabulary.properties()) {
        JsonNode id = token.getValue();
        if (!id.isIntegralNumber()
            || !id.canConvertToLong()
            || id.longValue() < 0
            || id.longValue() >= 1L << 32) {
          throw new DefinitionException(
              "token \"%s\" has id %s; it must be a whole number from 0"
                  .formatted(Shown.of(token.getKey()), Shown.of(id)));
        }
        ids.put(token.getKey(), id.longValue());
      }
    }
    if (ids.isEmpty()) {
      throw new DefinitionException("it has no model.vocab");
    }
    return ImmutableMap.copyOf(ids);
  }
}
