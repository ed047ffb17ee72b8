package org.bilora.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.bilora.text.BytePairTraining.Vocabulary;
import org.junit.jupiter.api.Test;

class BytePairTrainingTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path REFERENCE =
      Path.of("src/test/resources/org/bilora/text/byte-pairs.json");

  private static Vocabulary train(int size, List<String> texts) {
    BytePairTraining training = new BytePairTraining();
    texts.forEach(training::add);
    return training.train(size);
  }

  private static List<String> strings(JsonNode array) {
    return Arrays.asList(JSON.convertValue(array, String[].class));
  }

  @Test
  void tokensAndMergesAreThoseOfHuggingFacesTrainer() throws IOException {
    JsonNode reference = JSON.readTree(REFERENCE.toFile());
    List<String> texts = strings(reference.get("texts"));
    Vocabulary learnt = train(1000, texts);
    assertEquals(strings(reference.get("merges")), learnt.merges());
    assertEquals(strings(reference.get("tokens")), List.copyOf(learnt.ids().keySet()));
    List<String> shuffled = new ArrayList<>(texts);
    Collections.reverse(shuffled);
    assertEquals(learnt, train(1000, shuffled));
    Vocabulary smaller = train(300, texts);
    assertEquals(300, smaller.ids().size());
    assertEquals(learnt.merges().subList(0, smaller.merges().size()), smaller.merges());
  }

  @Test
  void theDefinitionEncodesAsTheReferenceDoesAndDecodesToTheSameText() throws IOException {
    JsonNode reference = JSON.readTree(REFERENCE.toFile());
    List<String> texts = new ArrayList<>(strings(reference.get("texts")));
    byte[] definition = train(1000, texts).definition();
    try (Tokenizer tokenizer =
        JsonTokenizer.of(definition, JsonTokenizer.Segments.NONE, "learnt")) {
      String unseen = reference.get("unseen").asText();
      assertArrayEquals(
          JSON.convertValue(reference.get("ids"), int[].class),
          tokenizer.encode(unseen, Optional.empty(), 1000).inputIds());
      texts.add(unseen);
      for (String text : texts) {
        int[] ids = tokenizer.encode(text, Optional.empty(), 1000).inputIds();
        assertEquals(text, tokenizer.decode(ids));
      }
      assertArrayEquals(
          new int[] {0}, tokenizer.encode("<|endoftext|>", Optional.empty(), 9).inputIds());
    }
  }

  /** Counts all pairs anew before each merge. */
  private static List<String> slow(List<String> words, int merges) {
    List<List<String>> all = new ArrayList<>();
    for (String word : words) {
      all.add(new ArrayList<>(Arrays.asList(word.split(""))));
    }
    List<String> ids = new ArrayList<>(); // letters have their ids in their order, then merges
    for (char letter = 'a'; letter <= 'z'; letter++) {
      ids.add(String.valueOf(letter));
    }
    List<String> learnt = new ArrayList<>();
    while (learnt.size() < merges) {
      Map<String, Integer> counts = new TreeMap<>();
      for (List<String> word : all) {
        for (int i = 0; i + 1 < word.size(); i++) {
          counts.merge(word.get(i) + " " + word.get(i + 1), 1, Integer::sum);
        }
      }
      String best = null;
      for (String pair : counts.keySet()) {
        if (best == null
            || counts.get(pair) > counts.get(best)
            || counts.get(pair).equals(counts.get(best)) && before(pair, best, ids)) {
          best = pair;
        }
      }
      if (best == null || counts.get(best) < 2) {
        return learnt;
      }
      String[] parts = best.split(" ");
      learnt.add(best);
      if (!ids.contains(parts[0] + parts[1])) {
        ids.add(parts[0] + parts[1]);
      }
      for (List<String> word : all) {
        for (int i = 0; i + 1 < word.size(); i++) {
          if (word.get(i).equals(parts[0]) && word.get(i + 1).equals(parts[1])) {
            word.set(i, parts[0] + parts[1]);
            word.remove(i + 1);
          }
        }
      }
    }
    return learnt;
  }

  private static boolean before(String pair, String other, List<String> ids) {
    String[] a = pair.split(" ");
    String[] b = other.split(" ");
    int left = Integer.compare(ids.indexOf(a[0]), ids.indexOf(b[0]));
    return left < 0 || left == 0 && ids.indexOf(a[1]) < ids.indexOf(b[1]);
  }

  @Test
  void countsKeptUpToDateGiveTheMergesOfCountingAnew() {
    for (int seed = 0; seed < 10; seed++) {
      Random random = new Random(seed);
      List<String> words = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        StringBuilder word = new StringBuilder();
        for (int length = 1 + random.nextInt(9); length > 0; length--) {
          word.append((char) ('a' + random.nextInt(3)));
        }
        words.add(word.toString());
      }
      // A line end is a word of its own, and stays with no letter.
      List<String> merges = train(330, List.of(String.join("\n", words))).merges();
      assertTrue(merges.size() > 20);
      assertEquals(slow(words, merges.size()), merges, "seed " + seed);
    }
  }

  @Test
  void aVocabularyWithoutRoomForTheBytesIsRefused() {
    String refused =
        assertThrows(IllegalArgumentException.class, () -> train(256, List.of("a"))).getMessage();
    assertTrue(refused.startsWith("the vocabulary has 256 tokens; it must have 257"), refused);
    assertEquals(257, train(257, List.of("abab abab")).ids().size());
  }
}
