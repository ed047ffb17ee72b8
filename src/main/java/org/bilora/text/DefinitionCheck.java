package org.bilora.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the native library does not check of a {@code tokenizer.json} and what would end the
 * process: parts that it does not know, a template with a token that it does not explain, a map
 * that leads outside itself, patterns that do not end.
 */
final class DefinitionCheck {
  private static final Set<String> NORMALIZERS =
      ImmutableSet.of(
          "BertNormalizer",
          "Strip",
          "StripAccents",
          "NFC",
          "NFD",
          "NFKC",
          "NFKD",
          "Sequence",
          "Lowercase",
          "Nmt",
          "Precompiled",
          "Replace",
          "Prepend",
          "ByteLevel");
  private static final Set<String> PRE_TOKENIZERS =
      ImmutableSet.of(
          "BertPreTokenizer",
          "ByteLevel",
          "Metaspace",
          "Whitespace",
          "WhitespaceSplit",
          "Sequence",
          "Split",
          "Punctuation",
          "Digits",
          "UnicodeScripts",
          "CharDelimiterSplit");
  private static final Set<String> POST_PROCESSORS =
      ImmutableSet.of(
          "TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence");
  private static final Set<String> DECODERS =
      ImmutableSet.of(
          "ByteLevel",
          "WordPiece",
          "Metaspace",
          "BPEDecoder",
          "Sequence",
          "Replace",
          "Fuse",
          "ByteFallback");

  /** Alternatives of single characters or classes, each repeated once at most: these always end. */
  private static final Pattern PLAIN_PATTERN =
      Pattern.compile(
          "(?:(?:\\\\[\\\\.sSdDwWnrt]|\\[[^\\[\\]]+\\]|[^\\\\\\[\\](){}*+?|^$.])+(?:[+*]|\\{\\d{1,3},\\d{0,3}\\})?\\|?)+");

  /** Word patterns of well-known tokenizers. */
  private static final Set<String> KNOWN_PATTERNS =
      ImmutableSet.of(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
              + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
              + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

  private DefinitionCheck() {}

  /**
   * Makes sure that a definition can be handed to the native library.
   *
   * @throws DefinitionException with the part that is unsound or unknown
   */
  static void check(JsonNode root) throws DefinitionException {
    part("normalizer", root.path("normalizer"), NORMALIZERS, "normalizers");
    part("pre_tokenizer", root.path("pre_tokenizer"), PRE_TOKENIZERS, "pretokenizers");
    part("post_processor", root.path("post_processor"), POST_PROCESSORS, "processors");
    part("decoder", root.path("decoder"), DECODERS, "decoders");
    model(root.path("model"));
  }

  private static void part(String name, JsonNode part, Set<String> known, String members)
      throws DefinitionException {
    if (part.isMissingNode() || part.isNull()) {
      return;
    }
    String type = part.path("type").asText();
    if (!known.contains(type)) {
      throw new DefinitionException(
          "%s has the type %s; supported: %s"
              .formatted(name, Shown.of(part.path("type")), String.join(", ", known)));
    }
    switch (type) {
      case "Sequence" -> {
        if (!part.path(members).isArray()) {
          throw new DefinitionException("%s is a Sequence without %s".formatted(name, members));
        }
        for (JsonNode member : part.path(members)) {
          if (member.path("type").asText().equals("Sequence")) {
            throw new DefinitionException(name + " is a Sequence within a Sequence");
          }
          part(name, member, known, members);
        }
      }
      case "Precompiled" -> {
        if (!part.path("precompiled_charsmap").isTextual()) {
          throw new DefinitionException(name + " has no precompiled_charsmap");
        }
        PrecompiledMap.check(part.path("precompiled_charsmap").textValue());
      }
      case "Replace", "Split" -> pattern(name, part.path("pattern"));
      case "TemplateProcessing" -> template(part);
      case "BertProcessing", "RobertaProcessing" -> {
        for (String end : List.of("sep", "cls")) {
          JsonNode token = part.path(end);
          if (token.size() != 2 || !token.path(0).isTextual() || !isId(token.path(1))) {
            throw new DefinitionException(
                "%s has the %s %s; it must be a token and its id"
                    .formatted(name, end, Shown.of(token)));
          }
        }
      }
      default -> {}
    }
  }

  private static boolean isId(JsonNode id) {
    return id.isIntegralNumber()
        && id.canConvertToLong()
        && id.longValue() >= 0
        && id.longValue() < 1L << 32;
  }

  private static void pattern(String name, JsonNode pattern) throws DefinitionException {
    if (pattern.path("String").isTextual() && !pattern.path("String").textValue().isEmpty()) {
      return;
    }
    String regex = pattern.path("Regex").asText();
    if (!KNOWN_PATTERNS.contains(regex)
        && (regex.isEmpty() || regex.length() > 100 || !PLAIN_PATTERN.matcher(regex).matches())) {
      throw new DefinitionException(
          "%s looks for the pattern %s, which is not known here"
              .formatted(name, Shown.of(pattern)));
    }
  }

  private static void template(JsonNode part) throws DefinitionException {
    JsonNode tokens = part.path("special_tokens");
    for (Map.Entry<String, JsonNode> token : tokens.properties()) {
      JsonNode ids = token.getValue().path("ids");
      boolean sound =
          ids.isArray() && !ids.isEmpty() && ids.size() == token.getValue().path("tokens").size();
      for (JsonNode id : ids) {
        sound &= isId(id);
      }
      if (!sound) {
        throw new DefinitionException(
            "post_processor: special token %s has the ids %s"
                .formatted(Shown.of(token.getKey()), Shown.of(ids)));
      }
    }
    pieces(part.path("single"), tokens, ImmutableList.of("A"));
    pieces(part.path("pair"), tokens, ImmutableList.of("A", "B"));
  }

  private static void pieces(JsonNode pieces, JsonNode tokens, List<String> texts)
      throws DefinitionException {
    ImmutableList.Builder<String> found = ImmutableList.builder();
    for (JsonNode piece : pieces) {
      JsonNode token = piece.path("SpecialToken");
      JsonNode text = piece.path("Sequence");
      if (token.isObject() == text.isObject()
          || !isId((token.isObject() ? token : text).path("type_id"))) {
        throw new DefinitionException(
            "post_processor: %s is neither a text nor a token".formatted(Shown.of(piece)));
      }
      if (text.isObject()) {
        found.add(text.path("id").asText());
      } else if (!tokens.path(token.path("id").asText()).isObject()) {
        throw new DefinitionException(
            "post_processor: the template's token %s is not among its special_tokens"
                .formatted(Shown.of(token.path("id"))));
      }
    }
    if (!pieces.isArray() || !found.build().equals(texts)) {
      throw new DefinitionException(
          "post_processor: a template has the texts %s instead of %s"
              .formatted(Shown.of(found.build()), texts));
    }
  }

  private static void model(JsonNode model) throws DefinitionException {
    if (model.hasNonNull("dropout") && model.path("dropout").asDouble(1) != 0) {
      throw new DefinitionException(
          "model.dropout is %s: tokens would be drawn at random"
              .formatted(Shown.of(model.path("dropout"))));
    }
    String prefix = model.path("continuing_subword_prefix").asText("");
    boolean bytePairs = model.has("merges");
    if (bytePairs && model.hasNonNull("continuing_subword_prefix") && !prefix.isEmpty()) {
      throw new DefinitionException("model.continuing_subword_prefix of byte pairs is not empty");
    }
    for (JsonNode merge : model.path("merges")) {
      boolean sound =
          merge.isTextual()
              ? merge.textValue().split(" ", -1).length == 2
              : merge.isArray()
                  && merge.size() == 2
                  && merge.path(0).isTextual()
                  && merge.path(1).isTextual();
      if (!sound) {
        throw new DefinitionException(
            "model.merges has %s, which is no pair of tokens".formatted(Shown.of(merge)));
      }
    }
    JsonNode vocabulary = model.path("vocab");
    if (vocabulary.isArray()) {
      for (JsonNode piece : vocabulary) {
        if (!piece.path(0).isTextual()
            || piece.path(0).textValue().isEmpty()
            || !piece.path(1).isNumber()) {
          throw new DefinitionException(
              "model.vocab has %s, which is no piece with its score".formatted(Shown.of(piece)));
        }
      }
      JsonNode unknown = model.path("unk_id");
      if (!unknown.isIntegralNumber()
          || unknown.asLong() < 0
          || unknown.asLong() >= vocabulary.size()) {
        throw new DefinitionException(
            "model.unk_id is %s; it must be from 0 to below the %d pieces"
                .formatted(Shown.of(unknown), vocabulary.size()));
      }
    }
  }
}
