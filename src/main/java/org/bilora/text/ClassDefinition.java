package org.bilora.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The parts of a {@code tokenizer.json} that a {@link TokenizerClass} builds, as Hugging Face
 * Transformers 5 builds them.
 *
 * @param options the tokenizer's configuration, {@code tokenizer_config.json}
 * @param special its special tokens by role, such as {@code cls_token}
 * @param stored the {@code tokenizer.json} that the vocabulary comes from; empty where it comes
 *     from other files
 */
record ClassDefinition(
    TokenizerClass kind, JsonNode options, Map<String, AddedToken> special, ObjectNode stored) {
  /** Keeps copies of the collections. */
  ClassDefinition {
    special = ImmutableMap.copyOf(special);
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SPACE = "▁";

  /** Normaliser, cutter into words, decoder and model; the vocabulary is put in as it is. */
  ObjectNode build(JsonNode vocabulary, JsonNode merges) throws DefinitionException {
    ObjectNode root = JSON.createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    root.putArray("added_tokens");
    switch (kind) {
      case BERT, DISTILBERT, MPNET -> wordPiece(root, vocabulary);
      case ROBERTA, GPT2 -> bytePairs(root, vocabulary, merges);
      case DEBERTA_V2 -> deberta(root, vocabulary);
      case ALBERT -> albert(root, vocabulary);
      case XLM_ROBERTA, CAMEMBERT -> pieces(root, vocabulary);
      case BACKEND -> throw new IllegalArgumentException("it builds nothing");
    }
    return root;
  }

  private void wordPiece(ObjectNode root, JsonNode vocabulary) throws DefinitionException {
    root.putObject("normalizer")
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", flag("tokenize_chinese_chars", true))
        .put("strip_accents", optionalFlag("strip_accents"))
        .put("lowercase", flag("do_lower_case", true));
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    root.putNull("post_processor");
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    root.putObject("model")
        .put("type", "WordPiece")
        .put("unk_token", special.get("unk_token").content())
        .put("continuing_subword_prefix", "##")
        .put("max_input_chars_per_word", 100)
        .set("vocab", vocabulary);
  }

  private void bytePairs(ObjectNode root, JsonNode vocabulary, JsonNode merges)
      throws DefinitionException {
    root.putNull("normalizer");
    byteLevel(root.putObject("pre_tokenizer"), flag("add_prefix_space", false));
    root.putNull("post_processor");
    byteLevel(root.putObject("decoder"), true);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token");
    model.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    model.set("vocab", vocabulary);
    model.set("merges", merges);
  }

  private static void byteLevel(ObjectNode node, boolean prefixSpace) {
    node.put("type", "ByteLevel")
        .put("add_prefix_space", prefixSpace)
        .put("trim_offsets", true)
        .put("use_regex", true);
  }

  private void deberta(ObjectNode root, JsonNode vocabulary) throws DefinitionException {
    ArrayNode normalizers = sequence(root, "normalizer", "normalizers");
    if (flag("do_lower_case", false)) {
      normalizers.addObject().put("type", "Lowercase");
    }
    ObjectNode spaces = normalizers.addObject().put("type", "Replace");
    spaces.putObject("pattern").put("Regex", "\\s{2,}|[\\n\\r\\t]");
    spaces.put("content", " ");
    normalizers.addObject().put("type", "NFC");
    normalizers.addObject().put("type", "Strip").put("strip_left", false).put("strip_right", true);
    ArrayNode words = sequence(root, "pre_tokenizer", "pretokenizers");
    if (flag("split_by_punct", false)) {
      words.addObject().put("type", "Punctuation").put("behavior", "Isolated");
    }
    String scheme = flag("add_prefix_space", true) ? "always" : "first";
    metaspace(words.addObject(), scheme);
    root.putNull("post_processor");
    metaspace(root.putObject("decoder"), scheme);
    int unknown = options.path("unk_id").asInt(1);
    for (int id = 0; id < vocabulary.size(); id++) {
      JsonNode piece = vocabulary.get(id);
      if (piece.path(0).asText().equals(special.get("unk_token").content())
          && piece.path(1).asDouble() == 0) {
        unknown = id;
        break;
      }
    }
    unigram(root, vocabulary, unknown);
  }

  private void albert(ObjectNode root, JsonNode vocabulary) throws DefinitionException {
    ArrayNode normalizers = sequence(root, "normalizer", "normalizers");
    for (String quotes : List.of("``", "''")) {
      ObjectNode replace = normalizers.addObject().put("type", "Replace");
      replace.putObject("pattern").put("String", quotes);
      replace.put("content", "\"");
    }
    if (!flag("keep_accents", false)) {
      normalizers.addObject().put("type", "NFKD");
      normalizers.addObject().put("type", "StripAccents");
    }
    if (flag("do_lower_case", true)) {
      normalizers.addObject().put("type", "Lowercase");
    }
    precompiled().ifPresent(normalizers::add);
    spaced(root);
    unigram(root, vocabulary, 1);
  }

  private void pieces(ObjectNode root, JsonNode vocabulary) throws DefinitionException {
    root.set("normalizer", precompiled().orElse(JSON.nullNode()));
    spaced(root);
    int unknown = 3;
    if (kind == TokenizerClass.CAMEMBERT) {
      unknown = 0;
      for (int id = vocabulary.size() - 1; id >= 0; id--) {
        if (vocabulary.get(id).path(0).asText().equals(special.get("unk_token").content())) {
          unknown = id;
        }
      }
    }
    unigram(root, vocabulary, unknown);
  }

  private void spaced(ObjectNode root) throws DefinitionException {
    String scheme = flag("add_prefix_space", true) ? "always" : "never";
    ArrayNode words = sequence(root, "pre_tokenizer", "pretokenizers");
    words.addObject().put("type", "WhitespaceSplit");
    metaspace(words.addObject(), scheme);
    root.putNull("post_processor");
    metaspace(root.putObject("decoder"), scheme);
  }

  private static void unigram(ObjectNode root, JsonNode vocabulary, int unknown) {
    root.putObject("model")
        .put("type", "Unigram")
        .put("unk_id", unknown)
        .put("byte_fallback", false)
        .set("vocab", vocabulary);
  }

  private static ArrayNode sequence(ObjectNode root, String part, String members) {
    return root.putObject(part).put("type", "Sequence").putArray(members);
  }

  private static void metaspace(ObjectNode node, String scheme) {
    node.put("type", "Metaspace")
        .put("replacement", SPACE)
        .put("prepend_scheme", scheme)
        .put("split", true);
  }

  /** The first precompiled map of the stored normaliser. */
  private Optional<JsonNode> precompiled() {
    JsonNode normalizer = stored.path("normalizer");
    Iterable<JsonNode> members =
        normalizer.path("type").asText().equals("Sequence")
            ? normalizer.path("normalizers")
            : List.of(normalizer);
    for (JsonNode member : members) {
      if (member.path("type").asText().equals("Precompiled")) {
        return Optional.of(member);
      }
    }
    return Optional.empty();
  }

  /** What surrounds a text, once the ids of the special tokens are known. */
  JsonNode postProcessor(AddedTokens ids) throws DefinitionException {
    return switch (kind) {
      case BERT, DISTILBERT, DEBERTA_V2 -> template(ids, role("cls"), role("sep"), false, 1);
      case ALBERT -> {
        JsonNode own = stored.path("post_processor");
        yield own.isObject() ? own : template(ids, "[CLS]", "[SEP]", false, 1);
      }
      case XLM_ROBERTA, CAMEMBERT -> template(ids, role("bos"), role("eos"), true, 0);
      case ROBERTA -> {
        flag("trim_offsets", true);
        yield roberta(ids, flag("add_prefix_space", false));
      }
      case MPNET -> roberta(ids, false);
      case GPT2, BACKEND -> {
        JsonNode own = stored.path("post_processor");
        yield own.isObject() ? own : bare(ids);
      }
    };
  }

  private String role(String role) {
    return special.get(role + "_token").content();
  }

  private JsonNode roberta(AddedTokens ids, boolean prefixSpace) throws DefinitionException {
    ObjectNode node = JSON.createObjectNode().put("type", "RobertaProcessing");
    node.putArray("sep").add(role("sep")).add(ids.id(role("sep")));
    node.putArray("cls").add(role("cls")).add(ids.id(role("cls")));
    return node.put("trim_offsets", true).put("add_prefix_space", prefixSpace);
  }

  /** start A end, and start A end (end) B end. */
  private static JsonNode template(
      AddedTokens ids, String start, String end, boolean twoEnds, int second)
      throws DefinitionException {
    ObjectNode node = JSON.createObjectNode().put("type", "TemplateProcessing");
    ArrayNode single = node.putArray("single");
    ArrayNode pair = node.putArray("pair");
    for (ArrayNode pieces : List.of(single, pair)) {
      piece(pieces, "SpecialToken", start, 0);
      piece(pieces, "Sequence", "A", 0);
      piece(pieces, "SpecialToken", end, 0);
    }
    if (twoEnds) {
      piece(pair, "SpecialToken", end, 0);
    }
    piece(pair, "Sequence", "B", second);
    piece(pair, "SpecialToken", end, second);
    tokens(node, ids, List.of(start, end));
    return node;
  }

  /** A text as it is, with the beginning and the end that the options ask for. */
  private JsonNode bare(AddedTokens ids) throws DefinitionException {
    boolean begins =
        stored.isEmpty() && flag("add_bos_token", false) && special.containsKey("bos_token");
    boolean ends =
        stored.isEmpty() && flag("add_eos_token", false) && special.containsKey("eos_token");
    ObjectNode node = JSON.createObjectNode().put("type", "TemplateProcessing");
    ArrayNode single = node.putArray("single");
    ArrayNode pair = node.putArray("pair");
    for (ArrayNode pieces : List.of(single, pair)) {
      text(pieces, "A", 0, begins, ends);
    }
    text(pair, "B", 1, begins, ends);
    node.putObject("special_tokens");
    if (begins) {
      tokens(node, ids, List.of(role("bos")));
    }
    if (ends) {
      tokens(node, ids, List.of(role("eos")));
    }
    return node;
  }

  private void text(ArrayNode pieces, String text, int segment, boolean begins, boolean ends) {
    if (begins) {
      piece(pieces, "SpecialToken", role("bos"), segment);
    }
    piece(pieces, "Sequence", text, segment);
    if (ends) {
      piece(pieces, "SpecialToken", role("eos"), segment);
    }
  }

  private static void tokens(ObjectNode template, AddedTokens ids, List<String> tokens)
      throws DefinitionException {
    ObjectNode map =
        template.has("special_tokens")
            ? (ObjectNode) template.get("special_tokens")
            : template.putObject("special_tokens");
    for (String token : tokens) {
      ObjectNode entry = map.putObject(token).put("id", token);
      entry.putArray("ids").add(ids.id(token));
      entry.putArray("tokens").add(token);
    }
  }

  private static void piece(ArrayNode pieces, String kind, String id, int segment) {
    pieces.addObject().putObject(kind).put("id", id).put("type_id", segment);
  }

  private boolean flag(String name, boolean otherwise) throws DefinitionException {
    JsonNode value = options.path(name);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw new DefinitionException(
          "%s is %s; it must be true or false".formatted(name, Shown.of(value)));
    }
    return value.booleanValue();
  }

  private Boolean optionalFlag(String name) throws DefinitionException {
    return options.hasNonNull(name) ? (Boolean) flag(name, false) : null;
  }
}
