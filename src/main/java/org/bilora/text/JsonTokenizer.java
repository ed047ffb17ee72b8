package org.bilora.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The tokenizer that a Hugging Face {@code tokenizer.json} defines, run by Hugging Face's own
 * native library through DJL's binding. Nothing is downloaded.
 */
public final class JsonTokenizer implements Tokenizer {
  private static final ObjectMapper JSON = new ObjectMapper();

  static {
    // Without this DJL looks for a CUDA build of the library on the network, and calls home.
    System.setProperty("ai.djl.offline", "true");
  }

  /** What the token-type ids tell the model. */
  public enum Segments {
    /** 0 for the first text, 1 for the second: BERT. */
    FIRST_AND_SECOND,
    /** Always 0: RoBERTa. */
    NONE
  }

  private final byte[] definition;
  private final Segments segments;
  private final int vocabularySize;
  private final int specialTokens;
  private final int specialTokensOfPair;
  // The native tokenizer is safe to share, but holds its truncation: one for each maximum length.
  private final ConcurrentMap<Integer, HuggingFaceTokenizer> byMaxLength =
      new ConcurrentHashMap<>();

  private JsonTokenizer(byte[] definition, Segments segments, int vocabularySize, String where)
      throws IOException {
    this.definition = definition;
    this.segments = segments;
    this.vocabularySize = vocabularySize;
    try (HuggingFaceTokenizer untruncated =
        open(ImmutableMap.of("truncation", "do_not_truncate"))) {
      this.specialTokens = untruncated.encode("").getIds().length;
      this.specialTokensOfPair = untruncated.encode("", "").getIds().length;
    } catch (RuntimeException e) {
      throw unsound(where, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
  }

  /**
   * Makes the tokenizer.
   *
   * @param definition the bytes of a {@code tokenizer.json}
   * @param where it came from, for messages
   * @throws IOException when it is not a tokenizer definition
   */
  public static JsonTokenizer of(byte[] definition, Segments segments, String where)
      throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(definition);
    } catch (JsonProcessingException e) {
      throw unsound(where, e.getOriginalMessage());
    }
    int vocabularySize = vocabularySize(root);
    if (vocabularySize == 0) {
      throw unsound(where, "it has no model.vocab");
    }
    return new JsonTokenizer(definition.clone(), segments, vocabularySize, where);
  }

  /** One more than the highest id: a map from token to id, or a list in the order of the ids. */
  private static int vocabularySize(JsonNode root) {
    JsonNode vocabulary = root.path("model").path("vocab");
    int size = vocabulary.isArray() ? vocabulary.size() : 0;
    if (vocabulary.isObject()) {
      for (JsonNode id : vocabulary) {
        size = Math.max(size, id.asInt() + 1);
      }
    }
    for (JsonNode added : root.path("added_tokens")) {
      size = Math.max(size, added.path("id").asInt() + 1);
    }
    return size;
  }

  private static IOException unsound(String where, String what) {
    return new IOException("%s is not a sound tokenizer.json: %s".formatted(where, what));
  }

  @Override
  public Encoding encode(String text, Optional<String> pair, int maxLength) {
    int special = pair.isPresent() ? specialTokensOfPair : specialTokens;
    if (maxLength <= special) {
      throw new IllegalArgumentException(
          "maxLength is %d; it must be more than the %d special tokens"
              .formatted(maxLength, special));
    }
    HuggingFaceTokenizer tokenizer = byMaxLength.computeIfAbsent(maxLength, this::truncatingAt);
    var encoding = pair.isPresent() ? tokenizer.encode(text, pair.get()) : tokenizer.encode(text);
    int[] ids = toInts(encoding.getIds());
    int[] types = segments == Segments.NONE ? new int[ids.length] : toInts(encoding.getTypeIds());
    return new Encoding(ids, types, encoding.exceedMaxLength());
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
    HuggingFaceTokenizer any = byMaxLength.computeIfAbsent(Integer.MAX_VALUE, this::truncatingAt);
    return any.decode(Arrays.stream(ids).asLongStream().toArray(), true);
  }

  private HuggingFaceTokenizer truncatingAt(int maxLength) {
    return open(
        ImmutableMap.of(
            "truncation",
            "longest_first",
            "maxLength",
            Integer.toString(maxLength),
            "modelMaxLength",
            Integer.toString(maxLength),
            "stride",
            "0"));
  }

  private HuggingFaceTokenizer open(ImmutableMap<String, String> options) {
    ImmutableMap<String, String> all =
        ImmutableMap.<String, String>builder()
            .putAll(options)
            .put("padding", "do_not_pad")
            .put("addSpecialTokens", "true")
            .buildOrThrow();
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(definition), all);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // there is no file behind the bytes
    }
  }

  private static int[] toInts(long[] values) {
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public byte[] definition() {
    return definition.clone();
  }

  @Override
  public void close() {
    byMaxLength.values().forEach(HuggingFaceTokenizer::close);
    byMaxLength.clear();
  }
}
