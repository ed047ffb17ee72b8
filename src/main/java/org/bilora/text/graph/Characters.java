package org.bilora.text.graph;

import com.google.common.base.Splitter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What Hugging Face's tokenizer knows about each code point. Its tables belong to several versions
 * of Unicode, none of them Java's, so they come from a resource that was made by asking the
 * tokenizer itself.
 */
final class Characters {
  private static final Characters ALL = read();
  private static final int HANGUL_FIRST = 0xAC00;
  private static final int HANGUL_LAST = 0xD7A3;
  private static final int VOWELS = 21;
  private static final int ENDS = 28;

  private final BitSet dropped = new BitSet();
  private final BitSet blank = new BitSet();
  private final BitSet chinese = new BitSet();
  private final BitSet whitespace = new BitSet();
  private final BitSet punctuation = new BitSet();
  private final BitSet mark = new BitSet();
  private final BitSet letter = new BitSet();
  private final BitSet number = new BitSet();
  private final BitSet gap = new BitSet();
  private final Map<Integer, int[]> stripped = new HashMap<>();
  private final Map<Integer, int[]> lower = new HashMap<>();

  private Characters() {}

  static Characters all() {
    return ALL;
  }

  /** Whether BertNormalizer's {@code clean_text} drops it: controls, unassigned, U+FFFD. */
  boolean dropped(int code) {
    return dropped.get(code);
  }

  /** Whether BertNormalizer's {@code clean_text} makes a space of it. */
  boolean blank(int code) {
    return blank.get(code);
  }

  /** Whether BertNormalizer's {@code handle_chinese_chars} puts spaces around it. */
  boolean chinese(int code) {
    return chinese.get(code);
  }

  /** Whether BertPreTokenizer splits there. */
  boolean whitespace(int code) {
    return whitespace.get(code);
  }

  /** Whether BertPreTokenizer makes it a word of its own. */
  boolean punctuation(int code) {
    return punctuation.get(code);
  }

  /** Whether it is {@code \p{L}} to byte-level pre-tokenization. */
  boolean letter(int code) {
    return letter.get(code);
  }

  /** Whether it is {@code \p{N}} to byte-level pre-tokenization. */
  boolean number(int code) {
    return number.get(code);
  }

  /** Whether it is {@code \s} to byte-level pre-tokenization. */
  boolean gap(int code) {
    return gap.get(code);
  }

  /** Whether BertNormalizer's {@code strip_accents} drops it. */
  boolean mark(int code) {
    return mark.get(code);
  }

  /** Canonical decomposition without non-spacing marks. */
  int[] stripped(int code) {
    if (mark(code)) {
      return new int[0];
    }
    if (code >= HANGUL_FIRST && code <= HANGUL_LAST) {
      return hangul(code).codePoints().toArray();
    }
    int[] to = stripped.get(code);
    return to == null ? new int[] {code} : to;
  }

  /** Lower case, without regard to the neighbours. */
  int[] lower(int code) {
    int[] to = lower.get(code);
    return to == null ? new int[] {code} : to;
  }

  /** Canonical decomposition of a Hangul syllable (Unicode, section 3.12); null for others. */
  static String hangul(int code) {
    if (code < HANGUL_FIRST || code > HANGUL_LAST) {
      return null;
    }
    int index = code - HANGUL_FIRST;
    StringBuilder parts = new StringBuilder();
    parts.append((char) (0x1100 + index / (VOWELS * ENDS)));
    parts.append((char) (0x1161 + index % (VOWELS * ENDS) / ENDS));
    if (index % ENDS > 0) {
      parts.append((char) (0x11A7 + index % ENDS));
    }
    return parts.toString();
  }

  private static Characters read() {
    Characters read = new Characters();
    try (InputStream in = Characters.class.getResourceAsStream("characters.txt");
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("#")) {
          read.add(Splitter.on(' ').split(line).iterator());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return read;
  }

  private void add(Iterator<String> fields) {
    String name = fields.next();
    int code = hexadecimal(fields.next());
    switch (name) {
      case "stripped" -> stripped.put(code, hexadecimals(fields));
      case "lower" -> lower.put(code, hexadecimals(fields));
      default -> set(name).set(code, hexadecimal(fields.next()) + 1);
    }
  }

  private BitSet set(String name) {
    return switch (name) {
      case "dropped" -> dropped;
      case "blank" -> blank;
      case "chinese" -> chinese;
      case "whitespace" -> whitespace;
      case "punctuation" -> punctuation;
      case "mark" -> mark;
      case "letter" -> letter;
      case "number" -> number;
      case "gap" -> gap;
      default ->
          throw new IllegalStateException("characters.txt has a line \"%s\"".formatted(name));
    };
  }

  private static int[] hexadecimals(Iterator<String> fields) {
    IntStream.Builder to = IntStream.builder();
    fields.forEachRemaining(field -> to.add(hexadecimal(field)));
    return to.build().toArray();
  }

  private static int hexadecimal(String digits) {
    return Integer.parseInt(digits, 16);
  }
}
