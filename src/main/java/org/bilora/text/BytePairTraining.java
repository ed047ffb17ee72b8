package org.bilora.text;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns GPT-2's byte-level byte-pair encoding from texts (Sennrich et al. 2016, Radford et al.
 * 2019). Texts are cut into words by GPT-2's pattern, a word being its UTF-8 bytes, one token each.
 * Then, again and again, the pair of neighbouring tokens that occurs most often, counted over all
 * words, becomes a token; of equally frequent pairs the one with the lower ids. Pairs never span
 * two words. The same texts give the same tokens, whatever their order.
 */
public final class BytePairTraining {
  /** Tokens that every vocabulary has: the end of a text and the 256 bytes. */
  public static final int SMALLEST_VOCABULARY = 257;

  /** A pair that occurs once says nothing about other texts. */
  private static final int LEAST_COUNT = 2;

  private static final Pattern WORD =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private final Map<String, Integer> words = new LinkedHashMap<>();

  /**
   * What was learnt.
   *
   * @param ids token to id: the end of a text is 0, then bytes, then pairs in the order they merge
   * @param merges two tokens with a space between, in the order they merge
   */
  public record Vocabulary(Map<String, Integer> ids, List<String> merges) {
    /** Keeps copies of the collections. */
    public Vocabulary {
      ids = ImmutableMap.copyOf(ids);
      merges = ImmutableList.copyOf(merges);
    }

    /** The {@code tokenizer.json}, UTF-8. */
    public byte[] definition() {
      return BytePairDefinition.of(this);
    }
  }

  /** Counts the words of a text, which may be given in pieces that end between words. */
  public void add(String text) {
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      words.merge(matcher.group(), 1, Math::addExact);
    }
  }

  /**
   * Learns from the texts so far.
   *
   * @param size tokens wanted, {@link #SMALLEST_VOCABULARY} or more; there are fewer where no pair
   *     occurs twice any more
   */
  public Vocabulary train(int size) {
    if (size < SMALLEST_VOCABULARY) {
      throw new IllegalArgumentException(
          "the vocabulary has %d tokens; it must have %d or more: 256 bytes and the end of a text"
              .formatted(size, SMALLEST_VOCABULARY));
    }
    Tokens tokens = new Tokens();
    List<Word> all = new ArrayList<>();
    words.forEach((word, count) -> all.add(new Word(tokens.ofBytes(word), count)));
    Pairs pairs = new Pairs();
    all.forEach(word -> pairs.add(word, new HashSet<>()));
    pairs.queueAll();
    ImmutableList.Builder<String> merges = ImmutableList.builder();
    while (tokens.size() < size) {
      Pair best = pairs.mostFrequent();
      if (best == null) {
        break;
      }
      merges.add(tokens.name(best.left()) + " " + tokens.name(best.right()));
      int merged = tokens.merge(best);
      Set<Pair> changed = new HashSet<>();
      for (Word word : pairs.wordsWith(best)) {
        pairs.remove(word, changed);
        word.merge(best, merged);
        pairs.add(word, changed);
      }
      pairs.queue(changed);
    }
    return new Vocabulary(tokens.ids(), merges.build());
  }

  /** The character that stands for each byte: itself where it can be seen, else one above 255. */
  static char[] byteCharacters() {
    char[] characters = new char[256];
    int others = 0;
    for (int value = 0; value < 256; value++) {
      boolean seen = value >= '!' && value <= '~' || value >= '¡' && value <= '¬' || value >= '®';
      characters[value] = (char) (seen ? value : 256 + others++);
    }
    return characters;
  }

  /** Tokens by id. */
  private static final class Tokens {
    private final char[] characters = byteCharacters();
    private final List<String> names = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();

    Tokens() {
      add(BytePairDefinition.END_OF_TEXT);
      new String(characters).chars().sorted().forEach(c -> add(String.valueOf((char) c)));
    }

    private int add(String name) {
      ids.put(name, names.size());
      names.add(name);
      return names.size() - 1;
    }

    int[] ofBytes(String word) {
      byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
      int[] tokens = new int[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        tokens[i] = ids.get(String.valueOf(characters[bytes[i] & 0xff]));
      }
      return tokens;
    }

    /** The token of a pair; two pairs may make the same one. */
    int merge(Pair pair) {
      String name = name(pair.left()) + name(pair.right());
      Integer known = ids.get(name);
      return known == null ? add(name) : known;
    }

    String name(int id) {
      return names.get(id);
    }

    int size() {
      return names.size();
    }

    Map<String, Integer> ids() {
      ImmutableMap.Builder<String, Integer> inOrder = ImmutableMap.builder();
      names.forEach(name -> inOrder.put(name, ids.get(name)));
      return inOrder.buildOrThrow();
    }
  }

  /** Two neighbouring tokens. */
  private record Pair(int left, int right) {}

  /** A pair as often as it occurred when it was queued. */
  private record Counted(Pair pair, long count) {
    static final Comparator<Counted> MOST_FREQUENT_FIRST =
        Comparator.comparingLong(Counted::count)
            .reversed()
            .thenComparingInt(counted -> counted.pair.left)
            .thenComparingInt(counted -> counted.pair.right);
  }

  /** A word as tokens, and how often it occurs. */
  private static final class Word {
    private int[] tokens;
    private final int count;

    Word(int[] tokens, int count) {
      this.tokens = tokens;
      this.count = count;
    }

    /** Replaces a pair by its token, from left to right. */
    void merge(Pair pair, int token) {
      int[] shorter = new int[tokens.length];
      int length = 0;
      for (int at = 0; at < tokens.length; at++) {
        boolean here =
            at + 1 < tokens.length && tokens[at] == pair.left && tokens[at + 1] == pair.right;
        shorter[length++] = here ? token : tokens[at];
        at += here ? 1 : 0;
      }
      tokens = Arrays.copyOf(shorter, length);
    }
  }

  /** How often pairs occur, and in which words. */
  private static final class Pairs {
    private final Map<Pair, Long> counts = new HashMap<>();
    private final Map<Pair, Set<Word>> words = new HashMap<>();
    private final PriorityQueue<Counted> queue = new PriorityQueue<>(Counted.MOST_FREQUENT_FIRST);

    void add(Word word, Set<Pair> changed) {
      for (int at = 0; at + 1 < word.tokens.length; at++) {
        Pair pair = new Pair(word.tokens[at], word.tokens[at + 1]);
        counts.merge(pair, (long) word.count, Long::sum);
        words.computeIfAbsent(pair, any -> new HashSet<>()).add(word);
        changed.add(pair);
      }
    }

    void remove(Word word, Set<Pair> changed) {
      for (int at = 0; at + 1 < word.tokens.length; at++) {
        Pair pair = new Pair(word.tokens[at], word.tokens[at + 1]);
        counts.merge(pair, (long) -word.count, Long::sum);
        words.get(pair).remove(word);
        changed.add(pair);
      }
    }

    List<Word> wordsWith(Pair pair) {
      return List.copyOf(words.get(pair));
    }

    void queueAll() {
      queue(counts.keySet());
    }

    void queue(Collection<Pair> changed) {
      for (Pair pair : changed) {
        long count = counts.get(pair);
        if (count >= LEAST_COUNT) {
          queue.add(new Counted(pair, count));
        } else if (count == 0) {
          counts.remove(pair);
          words.remove(pair);
        }
      }
    }

    /** Null when no pair occurs often enough. */
    Pair mostFrequent() {
      while (!queue.isEmpty()) {
        Counted first = queue.poll();
        if (first.count == counts.getOrDefault(first.pair, 0L)) {
          return first.pair;
        }
      }
      return null;
    }
  }
}
