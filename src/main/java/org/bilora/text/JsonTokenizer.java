package org.bilora.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * The tokenizer that a Hugging Face {@code tokenizer.json} defines, run by Hugging Face's own
 * native library through DJL's binding. Nothing is downloaded.
 */
public final class JsonTokenizer implements Tokenizer {
  private static final ObjectMapper JSON = StrictJson.MAPPER;

  /** What the token-type ids tell the model. */
  public enum Segments {
    /** As the definition's template has them: for BERT 0 for the first text, 1 for the second. */
    FIRST_AND_SECOND,
    /** Always 0: RoBERTa. */
    NONE
  }

  /** Where a text that is too long loses tokens. */
  public enum Side {
    /** At its end. */
    RIGHT("Right"),
    /** At its beginning. */
    LEFT("Left");

    private final String direction;

    Side(String direction) {
      this.direction = direction;
    }
  }

  private final ObjectNode root;
  private final Segments segments;
  private final Side side;
  private final String where;
  private final int vocabularySize;
  private final int specialTokens;
  private final int specialTokensOfPair;
  // The native tokenizer is safe to share, but holds its truncation: one for each maximum length.
  private final ConcurrentMap<Integer, NativeTokenizer> byMaxLength = new ConcurrentHashMap<>();

  private JsonTokenizer(
      ObjectNode root, Segments segments, Side side, int vocabularySize, String where)
      throws IOException {
    this.root = root;
    this.segments = segments;
    this.side = side;
    this.vocabularySize = vocabularySize;
    this.where = where;
    try (NativeTokenizer untruncated = new NativeTokenizer(definition())) {
      this.specialTokens = untruncated.encode("", Optional.empty()).ids().length;
      this.specialTokensOfPair = untruncated.encode("", Optional.of("")).ids().length;
    } catch (RuntimeException e) {
      throw unsound(where, firstLine(e));
    }
  }

  /**
   * Makes the tokenizer, which cuts long texts on the side that the definition says, at their end
   * where it says none.
   *
   * @param definition the bytes of a {@code tokenizer.json}
   * @param where it came from, for messages
   * @throws IOException when it is not a tokenizer definition
   */
  public static JsonTokenizer of(byte[] definition, Segments segments, String where)
      throws IOException {
    JsonNode root = parsed(definition, where);
    boolean left = root.path("truncation").path("direction").asText().equals(Side.LEFT.direction);
    return of(root, segments, left ? Side.LEFT : Side.RIGHT, where);
  }

  /**
   * Makes the tokenizer.
   *
   * @param definition the bytes of a {@code tokenizer.json}; how it pads and truncates is not used
   * @param where it came from, for messages
   * @throws IOException when it is not a tokenizer definition, or one that the native library might
   *     not survive
   */
  public static JsonTokenizer of(byte[] definition, Segments segments, Side side, String where)
      throws IOException {
    return of(parsed(definition, where), segments, side, where);
  }

  private static JsonNode parsed(byte[] definition, String where) throws IOException {
    try {
      return JSON.readTree(definition);
    } catch (JsonProcessingException e) {
      throw unsound(where, Shown.of(e.getOriginalMessage()));
    }
  }

  private static JsonTokenizer of(JsonNode root, Segments segments, Side side, String where)
      throws IOException {
    int vocabularySize = vocabularySize(root);
    if (vocabularySize == 0 || !(root instanceof ObjectNode object)) {
      throw unsound(where, "it has no model.vocab");
    }
    try {
      DefinitionCheck.check(root);
    } catch (DefinitionException e) {
      throw unsound(where, e.getMessage());
    }
    return new JsonTokenizer(object, segments, side, vocabularySize, where);
  }

  /** One more than the highest id: a map from token to id, or a list in the order of the ids. */
  private static int vocabularySize(JsonNode root) {
    JsonNode vocabulary = root.path("model").path("vocab");
    long size = vocabulary.isArray() ? vocabulary.size() : 0;
    if (vocabulary.isObject()) {
      for (JsonNode id : vocabulary) {
        size = Math.max(size, id.asLong() + 1);
      }
    }
    for (JsonNode added : root.path("added_tokens")) {
      size = Math.max(size, added.path("id").asLong() + 1);
    }
    return (int) Math.min(size, Integer.MAX_VALUE);
  }

  private static IOException unsound(String where, String what) {
    return new IOException("%s is not a sound tokenizer.json: %s".formatted(where, what));
  }

  private static String firstLine(RuntimeException e) {
    return Shown.of(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
  }

  @Override
  public Encoding encode(String text, Optional<String> pair, int maxLength) {
    int special = pair.isPresent() ? specialTokensOfPair : specialTokens;
    return encoding(encoded(text, maxLength, special, tokenizer -> tokenizer.encode(text, pair)));
  }

  @Override
  public TokenSpans encodeWithSpans(String text, int maxLength) {
    NativeTokenizer.Placed placed =
        encoded(text, maxLength, specialTokens, tokenizer -> tokenizer.encodeWithSpans(text));
    int[] starts = new int[placed.spans().length];
    int[] ends = new int[starts.length];
    // The library counts code points.
    int[] codePoints = new int[text.codePointCount(0, text.length()) + 1];
    for (int i = 1; i < codePoints.length; i++) {
      codePoints[i] = text.offsetByCodePoints(codePoints[i - 1], 1);
    }
    for (int i = 0; i < starts.length; i++) {
      boolean there = placed.spans()[i] != null;
      starts[i] = there ? codePoints[placed.spans()[i].getStart()] : TokenSpans.NOWHERE;
      ends[i] = there ? codePoints[placed.spans()[i].getEnd()] : TokenSpans.NOWHERE;
    }
    return new TokenSpans(encoding(placed.tokens()), starts, ends);
  }

  private <R> R encoded(
      String text, int maxLength, int special, Function<NativeTokenizer, R> encode) {
    if (maxLength <= special) {
      throw new IllegalArgumentException(
          "maxLength is %d; it must be more than the %d special tokens"
              .formatted(maxLength, special));
    }
    NativeTokenizer tokenizer = byMaxLength.computeIfAbsent(maxLength, this::truncatingAt);
    try {
      return encode.apply(tokenizer);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "%s cannot encode the text \"%s\": %s".formatted(where, Shown.of(text), firstLine(e)));
    }
  }

  private Encoding encoding(NativeTokenizer.Tokens tokens) {
    int[] ids = toInts(tokens.ids());
    int[] types = segments == Segments.NONE ? new int[ids.length] : toInts(tokens.types());
    return new Encoding(ids, types, tokens.truncated());
  }

  @Override
  public String decode(int[] ids) {
    if (ids.length == 0) {
      return "";
    }
    for (int id : ids) {
      if (id < 0 || id >= vocabularySize) {
        throw new IllegalArgumentException(
            "token id %d has no token; ids are from 0 to %d".formatted(id, vocabularySize - 1));
      }
    }
    return byMaxLength
        .computeIfAbsent(Integer.MAX_VALUE, this::truncatingAt)
        .decode(Arrays.stream(ids).asLongStream().toArray());
  }

  private NativeTokenizer truncatingAt(int maxLength) {
    return new NativeTokenizer(definition(maxLength));
  }

  private static int[] toInts(long[] values) {
    return Arrays.stream(values)
        .mapToInt(value -> (int) Math.min(value, Integer.MAX_VALUE))
        .toArray();
  }

  private static byte[] bytes(ObjectNode root) {
    try {
      return JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public byte[] definition(int maxLength) {
    ObjectNode truncating = JSON.createObjectNode();
    truncating.setAll(root);
    truncating.putNull("padding");
    truncating
        .putObject("truncation")
        .put("direction", side.direction)
        .put("max_length", maxLength)
        .put("strategy", "LongestFirst")
        .put("stride", 0);
    return bytes(truncating);
  }

  /** Where a text that is too long loses tokens. */
  public Side side() {
    return side;
  }

  @Override
  public boolean hasSegments() {
    return segments == Segments.FIRST_AND_SECOND;
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public byte[] definition() {
    ObjectNode whole = JSON.createObjectNode();
    whole.setAll(root);
    return bytes(whole.putNull("truncation").putNull("padding"));
  }

  @Override
  public void close() {
    byMaxLength.values().forEach(NativeTokenizer::close);
    byMaxLength.clear();
  }
}
