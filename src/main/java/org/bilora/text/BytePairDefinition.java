package org.bilora.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A {@code tokenizer.json} for GPT-2's byte-level byte-pair encoding (Radford et al. 2019), made
 * from its {@code vocab.json} (token to id) and {@code merges.txt} (a pair per line, the earlier
 * the line the sooner it merges). No special token is added to a text.
 */
public final class BytePairDefinition {
  /** Ends a text. */
  public static final String END_OF_TEXT = "<|endoftext|>";

  private static final ObjectMapper JSON = StrictJson.MAPPER;
  private static final Splitter SPACE = Splitter.on(' ');

  private BytePairDefinition() {}

  /**
   * The definition as UTF-8 bytes.
   *
   * @throws IOException when a file is missing or not in its format, the vocabulary lacks {@link
   *     #END_OF_TEXT}, or a merge's parts or product are not in the vocabulary: which file and line
   */
  public static byte[] of(Path vocabulary, Path merges) throws IOException {
    ObjectNode ids = vocabulary(vocabulary);
    return JSON.writeValueAsBytes(root(ids, merges(merges, ids)));
  }

  /** The definition of what was learnt, as UTF-8 bytes. */
  static byte[] of(BytePairTraining.Vocabulary learnt) {
    ObjectNode ids = JSON.createObjectNode();
    learnt.ids().forEach(ids::put);
    ArrayNode merges = JSON.createArrayNode();
    learnt.merges().forEach(merges::add);
    try {
      return JSON.writeValueAsBytes(root(ids, merges));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static ObjectNode root(ObjectNode ids, ArrayNode merges) {
    ObjectNode root = JSON.createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    root.putArray("added_tokens")
        .addObject()
        .put("id", ids.get(END_OF_TEXT).intValue())
        .put("content", END_OF_TEXT)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
    root.putNull("normalizer");
    byteLevel(root.putObject("pre_tokenizer"), false);
    byteLevel(root.putObject("post_processor"), true);
    byteLevel(root.putObject("decoder"), true);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token");
    model.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
    model.put("fuse_unk", false).put("byte_fallback", false);
    model.set("vocab", ids);
    model.set("merges", merges);
    return root;
  }

  private static void byteLevel(ObjectNode node, boolean prefixSpace) {
    node.put("type", "ByteLevel")
        .put("add_prefix_space", prefixSpace)
        .put("trim_offsets", true)
        .put("use_regex", true);
  }

  private static ObjectNode vocabulary(Path file) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s, line %d: not JSON: %s"
              .formatted(file, e.getLocation().getLineNr(), e.getOriginalMessage()));
    }
    if (!(root instanceof ObjectNode ids)) {
      throw new IOException(file + " is not an object that maps tokens to ids");
    }
    Set<Integer> seen = new HashSet<>();
    for (Map.Entry<String, JsonNode> entry : ids.properties()) {
      JsonNode id = entry.getValue();
      if (!id.isInt() || id.intValue() < 0 || !seen.add(id.intValue())) {
        throw new IOException(
            "%s: token \"%s\" has id %s; ids are different whole numbers from 0"
                .formatted(file, entry.getKey(), id));
      }
    }
    if (!ids.has(END_OF_TEXT)) {
      throw new IOException(
          "%s has no token %s, which ends a text; it is no vocabulary of GPT-2"
              .formatted(file, END_OF_TEXT));
    }
    return ids;
  }

  private static ArrayNode merges(Path file, ObjectNode ids) throws IOException {
    ArrayNode merges = JSON.createArrayNode();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isEmpty() || i == 0 && line.startsWith("#version")) {
        continue;
      }
      List<String> parts = SPACE.splitToList(line);
      if (parts.size() != 2) {
        throw new IOException(
            "%s, line %d: '%s' is no pair of tokens with a space between"
                .formatted(file, i + 1, line));
      }
      for (String token : List.of(parts.get(0), parts.get(1), parts.get(0) + parts.get(1))) {
        if (!ids.has(token)) {
          throw new IOException(
              "%s, line %d: token '%s' is not in the vocabulary; the two files do not belong"
                      .formatted(file, i + 1, token)
                  + " together");
        }
      }
      merges.add(line);
    }
    return merges;
  }
}
