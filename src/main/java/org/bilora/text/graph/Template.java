package org.bilora.text.graph;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * Special tokens around a text, or around and between two.
 *
 * @param single for one text
 * @param pair for two
 */
record Template(List<Piece> single, List<Piece> pair) {
  /** Keeps copies of the collections. */
  Template {
    single = ImmutableList.copyOf(single);
    pair = ImmutableList.copyOf(pair);
  }

  /** A part: a special token, or a whole text. */
  sealed interface Piece permits Special, Sequence {
    /** Token type. */
    int segment();
  }

  /** A special token. */
  record Special(int id, int segment) implements Piece {}

  /** A text, the first or the second. */
  record Sequence(boolean second, int segment) implements Piece {}

  /** How many special tokens there are. */
  static int specials(List<Piece> pieces) {
    return (int) pieces.stream().filter(Special.class::isInstance).count();
  }

  /** Reads {@code post_processor}. */
  static Template of(JsonNode root) throws UnsupportedTokenizerException {
    return of(root.path("post_processor"), root);
  }

  private static Template of(JsonNode node, JsonNode root) throws UnsupportedTokenizerException {
    String type = node.path("type").asText("none");
    switch (type) {
      case "none":
      case "ByteLevel": // Changes offsets only.
        return new Template(
            ImmutableList.of(new Sequence(false, 0)),
            ImmutableList.of(new Sequence(false, 0), new Sequence(true, 1)));
      case "TemplateProcessing":
        return new Template(pieces(node, "single"), pieces(node, "pair"));
      case "BertProcessing":
        {
          Special start = new Special(node.path("cls").path(1).intValue(), 0);
          int end = node.path("sep").path(1).intValue();
          List<Piece> single = ImmutableList.of(start, new Sequence(false, 0), new Special(end, 0));
          return new Template(
              single,
              ImmutableList.<Piece>builder()
                  .addAll(single)
                  .add(new Sequence(true, 1), new Special(end, 1))
                  .build());
        }
      case "RobertaProcessing":
        {
          Special start = new Special(node.path("cls").path(1).intValue(), 0);
          Special end = new Special(node.path("sep").path(1).intValue(), 0);
          List<Piece> single = ImmutableList.of(start, new Sequence(false, 0), end);
          return new Template(
              single,
              ImmutableList.<Piece>builder()
                  .addAll(single)
                  .add(end, new Sequence(true, 0), end)
                  .build());
        }
      default:
        throw new UnsupportedTokenizerException("post-processor " + type);
    }
  }

  private static List<Piece> pieces(JsonNode template, String name)
      throws UnsupportedTokenizerException {
    ImmutableList.Builder<Piece> pieces = ImmutableList.builder();
    for (JsonNode piece : template.path(name)) {
      JsonNode special = piece.path("SpecialToken");
      JsonNode sequence = piece.path("Sequence");
      if (special.isObject()) {
        JsonNode ids =
            template.path("special_tokens").path(special.path("id").asText()).path("ids");
        if (!ids.isArray() || ids.isEmpty()) {
          throw new UnsupportedTokenizerException(
              "the template's special token \"%s\" has no id"
                  .formatted(special.path("id").asText()));
        }
        for (JsonNode id : ids) {
          pieces.add(new Special(id.intValue(), special.path("type_id").intValue()));
        }
      } else {
        pieces.add(
            new Sequence(
                sequence.path("id").asText().equals("B"), sequence.path("type_id").intValue()));
      }
    }
    return pieces.build();
  }
}
