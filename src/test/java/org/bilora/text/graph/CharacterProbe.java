package org.bilora.text.graph;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * Asks Hugging Face's tokenizer what it does to each code point, one step at a time: the step alone
 * in a tokenizer whose tokens are bytes, so that its output can be read. {@link #main} writes the
 * answers as the resource that {@link Characters} reads.
 */
final class CharacterProbe {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BLOCK = 1 << 14;
  private static final String BYTE_LEVEL =
      "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":false,\"use_regex\":%s}";

  private CharacterProbe() {}

  /** Writes the resource to the file that is named. */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(Path.of(arguments[0]), resource(0, Character.MAX_CODE_POINT));
  }

  /** The resource's lines about code points from {@code first} to {@code last}. */
  static String resource(int first, int last) throws IOException {
    StringBuilder text = new StringBuilder();
    Map<Integer, String> cleaned = changed("\"clean_text\":true", first, last);
    sets(text, "dropped", first, last, code -> "".equals(cleaned.get(code)));
    sets(text, "blank", first, last, code -> " ".equals(cleaned.get(code)) || code == ' ');
    Map<Integer, String> chinese = changed("\"handle_chinese_chars\":true", first, last);
    sets(text, "chinese", first, last, chinese::containsKey);
    BitSet whitespace = new BitSet();
    BitSet punctuation = new BitSet();
    bertWords(first, last, whitespace, punctuation);
    sets(text, "whitespace", first, last, whitespace::get);
    sets(text, "punctuation", first, last, punctuation::get);
    BitSet letters = together('a', first, last);
    BitSet numbers = together('1', first, last);
    BitSet others = together('!', first, last);
    sets(text, "letter", first, last, letters::get);
    sets(text, "number", first, last, numbers::get);
    sets(
        text,
        "gap",
        first,
        last,
        code -> !letters.get(code) && !numbers.get(code) && !others.get(code));
    Map<Integer, String> stripped = changed("\"strip_accents\":true", first, last);
    sets(text, "mark", first, last, code -> "".equals(stripped.get(code)));
    maps(text, "stripped", stripped);
    maps(text, "lower", changed("\"lowercase\":true", first, last));
    return text.toString();
  }

  private static boolean scalar(int code) {
    return code < Character.MIN_SURROGATE || code > Character.MAX_SURROGATE;
  }

  private static void sets(StringBuilder text, String name, int first, int last, IntPredicate in) {
    for (int code = first; code <= last; code++) {
      if (scalar(code) && in.test(code)) {
        int end = code;
        while (end + 1 <= last && scalar(end + 1) && in.test(end + 1)) {
          end++;
        }
        text.append("%s %X %X\n".formatted(name, code, end));
        code = end;
      }
    }
  }

  private static void maps(StringBuilder text, String name, Map<Integer, String> changed) {
    changed.forEach(
        (code, to) -> {
          // Hangul syllables decompose by a formula (Unicode, section 3.12).
          if (!to.isEmpty() && (!name.equals("stripped") || !to.equals(Characters.hangul(code)))) {
            text.append("%s %X".formatted(name, code));
            to.codePoints().forEach(c -> text.append(" %X".formatted(c)));
            text.append('\n');
          }
        });
  }

  /** What a BertNormalizer with one of its options makes of the code points that it changes. */
  private static Map<Integer, String> changed(String option, int first, int last)
      throws IOException {
    Map<String, Boolean> options = new HashMap<>();
    for (String name :
        new String[] {"clean_text", "handle_chinese_chars", "strip_accents", "lowercase"}) {
      options.put(name, option.contains(name));
    }
    ObjectNode normalizer = JSON.valueToTree(options);
    normalizer.put("type", "BertNormalizer");
    Map<Integer, String> changed = new TreeMap<>();
    try (HuggingFaceTokenizer bytes =
        tokenizer(normalizer.toString(), BYTE_LEVEL.formatted(false))) {
      for (int block = first; block <= last; block += BLOCK) {
        StringBuilder text = new StringBuilder();
        int end = Math.min(last, block + BLOCK - 1);
        for (int code = block; code <= end; code++) {
          if (scalar(code) && code != '|') {
            text.appendCodePoint(code).append('|');
          }
        }
        String[] parts = text(bytes.encode(text.toString())).split("\\|", -1);
        int at = 0;
        for (int code = block; code <= end; code++) {
          if (scalar(code) && code != '|') {
            String part = parts[at++];
            if (!part.equals(Character.toString(code))) {
              changed.put(code, part);
            }
          }
        }
        if (at != parts.length - 1) {
          throw new IllegalStateException("the separator did not survive " + option);
        }
      }
    }
    return changed;
  }

  private static void bertWords(int first, int last, BitSet whitespace, BitSet punctuation)
      throws IOException {
    String steps =
        "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"BertPreTokenizer\"},%s]}"
            .formatted(BYTE_LEVEL.formatted(false));
    try (HuggingFaceTokenizer words = tokenizer("null", steps)) {
      walk(
          words,
          'a',
          first,
          last,
          (code, there, together) -> {
            whitespace.set(code, !there);
            punctuation.set(code, there && !together);
          });
    }
  }

  /** Code points that GPT-2's pattern leaves in one word with the neighbour. */
  private static BitSet together(char neighbour, int first, int last) throws IOException {
    BitSet set = new BitSet();
    try (HuggingFaceTokenizer words = tokenizer("null", BYTE_LEVEL.formatted(true))) {
      walk(words, neighbour, first, last, (code, there, together) -> set.set(code, together));
    }
    return set;
  }

  private interface Seen {
    void accept(int code, boolean there, boolean together);
  }

  /** Reads which code points are in the word of the neighbour before them. */
  private static void walk(
      HuggingFaceTokenizer words, char neighbour, int first, int last, Seen seen) {
    for (int block = first; block <= last; block += BLOCK) {
      StringBuilder text = new StringBuilder();
      int end = Math.min(last, block + BLOCK - 1);
      for (int code = block; code <= end; code++) {
        if (scalar(code)) {
          text.append(neighbour).appendCodePoint(code);
        }
      }
      Encoding encoding = words.encode(text.append(neighbour).toString());
      long[] ids = encoding.getIds();
      long[] wordIds = encoding.getWordIds();
      int at = 0;
      for (int code = block; code <= end; code++) {
        if (scalar(code)) {
          byte[] bytes = Character.toString(code).getBytes(StandardCharsets.UTF_8);
          boolean there = true;
          for (int i = 0; i < bytes.length; i++) {
            there &= at + 1 + i < ids.length && ids[at + 1 + i] == (bytes[i] & 0xff);
          }
          boolean ambiguous = code == neighbour;
          there |= ambiguous;
          seen.accept(code, there, there && wordIds[at + 1] == wordIds[at]);
          at += 1 + (there ? bytes.length : 0);
        }
      }
    }
  }

  private static String text(Encoding encoding) {
    long[] ids = encoding.getIds();
    byte[] bytes = new byte[ids.length];
    for (int i = 0; i < ids.length; i++) {
      bytes[i] = (byte) ids[i];
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** A tokenizer of two steps whose token ids are bytes. */
  private static HuggingFaceTokenizer tokenizer(String normalizer, String preTokenizer)
      throws IOException {
    System.setProperty("ai.djl.offline", "true");
    ObjectNode root = JSON.createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    root.putArray("added_tokens");
    root.set("normalizer", JSON.readTree(normalizer));
    root.set("pre_tokenizer", JSON.readTree(preTokenizer));
    root.putNull("post_processor").putNull("decoder");
    ObjectNode model = root.putObject("model").put("type", "BPE");
    ObjectNode ids = model.putObject("vocab");
    int[] characters = ByteSymbols.characters();
    for (int value = 0; value < 256; value++) {
      ids.put(Character.toString(characters[value]), value);
    }
    model.putArray("merges");
    return HuggingFaceTokenizer.newInstance(
        new ByteArrayInputStream(JSON.writeValueAsBytes(root)),
        Map.of("truncation", "do_not_truncate", "padding", "do_not_pad"));
  }
}
