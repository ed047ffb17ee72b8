package org.bilora.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A token that is looked for in a text before the model sees it.
 *
 * @param singleWord whether it must stand alone
 * @param lstrip whether it takes the white space before it
 * @param rstrip whether it takes the white space behind it
 * @param normalized whether it is looked for in the normalised text
 * @param special whether decoding leaves it out
 */
record AddedToken(
    String content,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip,
    boolean normalized,
    boolean special) {

  /** A special token that is found as it is written. */
  static AddedToken special(String content) {
    return new AddedToken(content, false, false, false, false, true);
  }

  /** The fields of a token; one that is missing is false, {@code normalized} as for no special. */
  static AddedToken of(JsonNode fields) throws DefinitionException {
    JsonNode content = fields.path("content");
    if (!content.isTextual()) {
      throw new DefinitionException("an added token has the content " + Shown.of(content));
    }
    boolean special = flag(fields, "special", false);
    return new AddedToken(
        content.textValue(),
        flag(fields, "single_word", false),
        flag(fields, "lstrip", false),
        flag(fields, "rstrip", false),
        flag(fields, "normalized", !special),
        special);
  }

  private static boolean flag(JsonNode fields, String name, boolean otherwise)
      throws DefinitionException {
    JsonNode value = fields.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw new DefinitionException(
          "%s of an added token is %s; it must be true or false".formatted(name, Shown.of(value)));
    }
    return value.booleanValue();
  }

  AddedToken asSpecial() {
    return new AddedToken(content, singleWord, lstrip, rstrip, normalized, true);
  }

  AddedToken takingSpaceBefore() {
    return new AddedToken(content, singleWord, true, rstrip, normalized, special);
  }

  void writeTo(ObjectNode node, long id) {
    node.put("id", id)
        .put("content", content)
        .put("single_word", singleWord)
        .put("lstrip", lstrip)
        .put("rstrip", rstrip)
        .put("normalized", normalized)
        .put("special", special);
  }
}
