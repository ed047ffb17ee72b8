package org.bilora.text;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A tokenizer for tests: words between blanks, each hashed to an id; id 2 opens a text and id 3
 * ends it. Ids 0 and 1 are left for padding.
 */
public final class WordTokenizer implements Tokenizer {
  private static final int OPEN = 2;
  private static final int END = 3;
  private static final int FIRST_WORD = 4;
  private final int vocabularySize;
  private final int secondSegment;

  /**
   * A tokenizer with ids below {@code vocabularySize}.
   *
   * @param segments token types: 2 as BERT has them, or 1 as RoBERTa
   */
  public WordTokenizer(int vocabularySize, int segments) {
    this.vocabularySize = vocabularySize;
    this.secondSegment = segments - 1;
  }

  @Override
  public Encoding encode(String text, Optional<String> pair, int maxLength) {
    List<Integer> first = words(text);
    List<Integer> second = pair.map(this::words).orElse(List.of());
    int special = pair.isPresent() ? 3 : 2;
    boolean truncated = false;
    while (first.size() + second.size() > maxLength - special) {
      List<Integer> longer = first.size() >= second.size() ? first : second;
      longer.remove(longer.size() - 1);
      truncated = true;
    }
    int[] ids = new int[first.size() + second.size() + special];
    int[] types = new int[ids.length];
    int at = 0;
    ids[at++] = OPEN;
    for (int word : first) {
      ids[at++] = word;
    }
    ids[at++] = END;
    if (pair.isPresent()) {
      for (int word : second) {
        types[at] = secondSegment;
        ids[at++] = word;
      }
      types[at] = secondSegment;
      ids[at] = END;
    }
    return new Encoding(ids, types, truncated);
  }

  @Override
  public TokenSpans encodeWithSpans(String text, int maxLength) {
    Encoding encoding = encode(text, Optional.empty(), maxLength);
    int[] starts = new int[encoding.length()];
    int[] ends = new int[encoding.length()];
    Arrays.fill(starts, TokenSpans.NOWHERE);
    Arrays.fill(ends, TokenSpans.NOWHERE);
    Matcher words = Pattern.compile("\\S+").matcher(text);
    for (int token = 1; token < encoding.length() - 1 && words.find(); token++) {
      starts[token] = words.start();
      ends[token] = words.end();
    }
    return new TokenSpans(encoding, starts, ends);
  }

  private List<Integer> words(String text) {
    List<Integer> ids = new ArrayList<>();
    for (String word : text.strip().split("\\s+")) {
      int hash = Hashing.murmur3_32_fixed().hashString(word, StandardCharsets.UTF_8).asInt();
      ids.add(FIRST_WORD + Math.floorMod(hash, vocabularySize - FIRST_WORD));
    }
    return ids;
  }

  /** Each id as a number: a hash leads to no word. */
  @Override
  public String decode(int[] ids) {
    return Arrays.stream(ids)
        .filter(id -> id >= FIRST_WORD)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(" "));
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public boolean hasSegments() {
    return true;
  }

  @Override
  public byte[] definition(int maxLength) {
    return """
        {"model":{"type":"words"},"padding":null,
        "truncation":{"max_length":%d,"strategy":"LongestFirst"}}"""
        .formatted(maxLength)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] definition() {
    return "{\"model\":{\"type\":\"words\"}}".getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {}
}
