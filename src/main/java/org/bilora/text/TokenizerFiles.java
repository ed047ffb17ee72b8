package org.bilora.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The tokenizer of a Hugging Face directory, as Transformers 5 opens it: by the tokenizer's class,
 * which builds it from {@code tokenizer_config.json} and the vocabulary in {@code tokenizer.json},
 * {@code vocab.txt}, or {@code vocab.json} and {@code merges.txt}; and with the tokens of {@code
 * added_tokens.json} and {@code special_tokens_map.json} where {@code tokenizer_config.json} lists
 * none.
 */
public final class TokenizerFiles {
  private static final ObjectMapper JSON = StrictJson.MAPPER;
  private static final String TOKENIZER = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String SPECIAL_MAP = "special_tokens_map.json";
  private static final String ADDED = "added_tokens.json";

  /** Roles of special tokens, in the order in which they are added. */
  private static final List<String> ROLES =
      ImmutableList.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private final Path directory;
  private final List<String> read = new ArrayList<>();
  private final ObjectNode stored;
  private final ObjectNode options;
  private final TokenizerClass kind;

  /**
   * A tokenizer and the files that it came from.
   *
   * @param files names, in the order they were read
   */
  public record Opened(JsonTokenizer tokenizer, List<String> files) {
    /** Keeps copies of the collections. */
    public Opened {
      files = ImmutableList.copyOf(files);
    }
  }

  /**
   * Opens the tokenizer.
   *
   * @param modelType of the model's {@code config.json}
   * @param modelsClass {@code tokenizer_class} of that file, which that of {@code
   *     tokenizer_config.json} goes before
   * @throws IOException when a file is missing or unsound, contradicts another, or asks for what is
   *     not done here: file and reason in one line
   */
  public static Opened open(Path directory, String modelType, Optional<String> modelsClass)
      throws IOException {
    TokenizerFiles files = new TokenizerFiles(directory, modelType, modelsClass);
    ObjectNode definition;
    try {
      definition = files.definition();
      DefinitionCheck.check(definition);
    } catch (DefinitionException e) {
      throw files.unsound(e);
    }
    return new Opened(
        JsonTokenizer.of(
            JSON.writeValueAsBytes(definition),
            files.segments(),
            files.truncationSide(),
            directory.resolve(files.main()).toString()),
        ImmutableList.copyOf(files.read));
  }

  private TokenizerFiles(Path directory, String modelType, Optional<String> modelsClass)
      throws IOException {
    this.directory = directory;
    this.stored = object(TOKENIZER);
    this.options = object(CONFIG);
    Optional<String> named =
        options.hasNonNull("tokenizer_class")
            ? Optional.of(options.get("tokenizer_class").asText())
            : modelsClass;
    try {
      if (options.hasNonNull("auto_map")) {
        throw new DefinitionException("auto_map asks for code of the model's own");
      }
      this.kind = TokenizerClass.of(modelType, named);
    } catch (DefinitionException e) {
      throw unsound(e);
    }
  }

  /** The file that a message about the whole names. */
  private String main() {
    return read.isEmpty() ? TOKENIZER : read.get(0);
  }

  private IOException unsound(DefinitionException e) {
    return new IOException(
        "%s (with %s): %s"
            .formatted(
                directory.resolve(main()),
                read.size() < 2 ? "no other file" : String.join(", ", read.subList(1, read.size())),
                e.getMessage()));
  }

  /** A file's object; an empty one where there is no such file. */
  private ObjectNode object(String name) throws IOException {
    Path file = directory.resolve(name);
    if (!Files.isRegularFile(file)) {
      return JSON.createObjectNode();
    }
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s is not a sound %s: %s".formatted(file, name, Shown.of(e.getOriginalMessage())));
    }
    if (!(root instanceof ObjectNode object) || object.isEmpty() && name.equals(TOKENIZER)) {
      throw new IOException("%s is not a sound %s: it is no JSON object".formatted(file, name));
    }
    read.add(name);
    return object;
  }

  private JsonTokenizer.Segments segments() {
    JsonNode inputs = options.path("model_input_names");
    boolean wanted = kind.segments;
    if (inputs.isArray()) {
      wanted = false;
      for (JsonNode input : inputs) {
        wanted |= input.asText().equals("token_type_ids");
      }
    }
    return wanted ? JsonTokenizer.Segments.FIRST_AND_SECOND : JsonTokenizer.Segments.NONE;
  }

  private JsonTokenizer.Side truncationSide() throws IOException {
    String side =
        options
            .path("truncation_side")
            .asText(stored.path("truncation").path("direction").asText("right"));
    return switch (side) {
      case "right", "Right" -> JsonTokenizer.Side.RIGHT;
      case "left", "Left" -> JsonTokenizer.Side.LEFT;
      default ->
          throw unsound(
              new DefinitionException(
                  "truncation_side is %s; it must be left or right".formatted(Shown.of(side))));
    };
  }

  private ObjectNode definition() throws IOException {
    if (options.path("split_special_tokens").asBoolean(false)) {
      throw new DefinitionException("split_special_tokens is true, which is not done here");
    }
    ObjectNode specialMap =
        options.has("added_tokens_decoder") ? JSON.createObjectNode() : object(SPECIAL_MAP);
    Map<String, JsonNode> roles = new LinkedHashMap<>();
    kind.specialTokens.forEach(
        (role, token) -> roles.put(role, JSON.getNodeFactory().textNode(token)));
    List<JsonNode> extra = new ArrayList<>();
    for (ObjectNode from : List.of(options, specialMap)) {
      from.properties()
          .forEach(
              field -> {
                if (field.getKey().endsWith("_token") && !field.getValue().isBoolean()) {
                  roles.put(field.getKey(), field.getValue());
                }
              });
      JsonNode more =
          from.path("extra_special_tokens").isEmpty()
              ? from.path("additional_special_tokens")
              : from.path("extra_special_tokens");
      if (more.isObject()) {
        more.properties().forEach(field -> roles.put(field.getKey(), field.getValue()));
      } else {
        more.forEach(extra::add);
      }
    }
    Map<Long, AddedToken> listed = listed(roles, extra);
    Map<String, AddedToken> special = special(roles, listed);
    return assembled(special, extra, listed);
  }

  /** The tokens that files list with ids. */
  private Map<Long, AddedToken> listed(Map<String, JsonNode> roles, List<JsonNode> extra)
      throws IOException {
    Map<Long, AddedToken> listed = new TreeMap<>();
    JsonNode decoder = options.path("added_tokens_decoder");
    if (!decoder.isMissingNode()) {
      for (Map.Entry<String, JsonNode> entry : decoder.properties()) {
        listed.put(id(entry.getKey()), AddedToken.of(entry.getValue()));
      }
      return listed;
    }
    List<String> named = new ArrayList<>();
    roles.forEach((role, token) -> named.add(content(token)));
    extra.forEach(token -> named.add(content(token)));
    for (Map.Entry<String, JsonNode> entry : object(ADDED).properties()) {
      boolean special = named.contains(entry.getKey());
      listed.put(
          id(entry.getValue().asText()),
          new AddedToken(entry.getKey(), false, false, false, !special, special));
    }
    for (JsonNode token : stored.path("added_tokens")) {
      listed.put(id(token.path("id").asText()), AddedToken.of(token));
    }
    return listed;
  }

  private static long id(String text) throws DefinitionException {
    if (!text.matches("\\d{1,10}")) {
      throw new DefinitionException(
          "an added token has the id %s; it must be a whole number from 0"
              .formatted(Shown.of(text)));
    }
    return Long.parseLong(text);
  }

  private static String content(JsonNode token) {
    return token.isTextual() ? token.textValue() : token.path("content").asText();
  }

  /** Special tokens by role: as they are listed, or as the configuration has them. */
  private Map<String, AddedToken> special(Map<String, JsonNode> roles, Map<Long, AddedToken> listed)
      throws DefinitionException {
    ImmutableMap.Builder<String, AddedToken> special = ImmutableMap.builder();
    List<String> order = new ArrayList<>(ROLES);
    roles.keySet().stream().filter(role -> !ROLES.contains(role)).forEach(order::add);
    for (String role : order) {
      JsonNode token = roles.get(role);
      if (token == null || token.isNull()) {
        if (kind.specialTokens.containsKey(role)) {
          throw new DefinitionException("%s is null, which the tokenizer needs".formatted(role));
        }
        continue;
      }
      if (!token.isTextual() && !token.isObject()) {
        throw new DefinitionException("%s is %s, no token".formatted(role, Shown.of(token)));
      }
      AddedToken own =
          token.isTextual()
              ? AddedToken.special(token.textValue())
              : AddedToken.of(((ObjectNode) token.deepCopy()).put("special", true));
      boolean takesSpace =
          token.isTextual()
              && role.equals("mask_token")
              && (kind == TokenizerClass.MPNET || kind == TokenizerClass.CAMEMBERT);
      AddedToken otherwise = takesSpace ? own.takingSpaceBefore() : own;
      special.put(
          role,
          listed.values().stream()
              .filter(each -> each.content().equals(own.content()))
              .reduce((first, second) -> second)
              .orElse(otherwise));
    }
    return special.buildOrThrow();
  }

  private ObjectNode assembled(
      Map<String, AddedToken> special, List<JsonNode> extra, Map<Long, AddedToken> listed)
      throws IOException {
    ClassDefinition parts = new ClassDefinition(kind, options, special, stored);
    ObjectNode root;
    if (kind == TokenizerClass.BACKEND) {
      if (stored.isEmpty()) {
        throw missing();
      }
      root = stored.deepCopy();
      root.putNull("truncation").putNull("padding");
    } else {
      root = parts.build(vocabularyNode(), merges());
    }
    JsonNode vocabulary = root.path("model").path("vocab");
    AddedTokens added = new AddedTokens(VocabularyFiles.ids(vocabulary));
    if (kind == TokenizerClass.BACKEND) {
      for (JsonNode token : stored.path("added_tokens")) {
        added.add(id(token.path("id").asText()), AddedToken.of(token));
      }
    }
    for (Map.Entry<Long, AddedToken> token : listed.entrySet()) {
      boolean named =
          special.values().stream()
              .anyMatch(each -> each.content().equals(token.getValue().content()));
      added.add(token.getKey(), named ? token.getValue().asSpecial() : token.getValue());
    }
    special.values().stream().filter(token -> !added.has(token.content())).forEach(added::add);
    if (kind == TokenizerClass.CAMEMBERT && extra.isEmpty()) {
      for (String unused : List.of("<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED")) {
        if (!added.has(unused)) {
          added.add(AddedToken.special(unused));
        }
      }
    }
    for (JsonNode token : extra) {
      if (!added.has(content(token))) {
        added.add(
            token.isTextual()
                ? AddedToken.special(token.textValue())
                : AddedToken.of(((ObjectNode) token.deepCopy()).put("special", true)));
      }
    }
    ArrayNode tokens = JSON.createArrayNode();
    added.writeTo(tokens);
    root.set("added_tokens", tokens);
    root.set("post_processor", parts.postProcessor(added));
    return root;
  }

  private IOException missing() {
    return new IOException(
        "%s is missing, and what it would be made of (%s): save the model's tokenizer there"
                .formatted(
                    directory.resolve(TOKENIZER),
                    switch (kind.model) {
                      case "WordPiece" -> "vocab.txt";
                      case "BPE" -> "vocab.json and merges.txt";
                      default -> "nothing that is read here";
                    })
            + " (save_pretrained writes it)");
  }

  /** Tokens with their ids, or pieces with their scores. */
  private JsonNode vocabularyNode() throws IOException {
    if (stored.isEmpty()) {
      String name =
          switch (kind.model) {
            case "WordPiece" -> "vocab.txt";
            case "BPE" -> "vocab.json";
            default -> "";
          };
      Path file = directory.resolve(name);
      if (name.isEmpty() || !Files.isRegularFile(file)) {
        throw missing();
      }
      read.add(name);
      return name.equals("vocab.txt") ? VocabularyFiles.lines(file) : VocabularyFiles.tokens(file);
    }
    JsonNode model = stored.path("model");
    String type = model.path("type").asText(inferred(model));
    if (!type.equals(kind.model)) {
      throw new DefinitionException(
          "model.type is %s, but the tokenizer's class (%s) has %s: give tokenizer_config.json the tokenizer_class that wrote it"
              .formatted(Shown.of(type), kind, kind.model));
    }
    return model.path("vocab");
  }

  private static String inferred(JsonNode model) {
    return model.has("merges") ? "BPE" : model.path("vocab").isArray() ? "Unigram" : "WordPiece";
  }

  private JsonNode merges() throws IOException {
    if (!kind.model.equals("BPE")) {
      return JSON.nullNode();
    }
    if (!stored.isEmpty()) {
      return stored.path("model").path("merges");
    }
    Path file = directory.resolve("merges.txt");
    if (!Files.isRegularFile(file)) {
      throw missing();
    }
    read.add("merges.txt");
    return VocabularyFiles.merges(file);
  }
}
