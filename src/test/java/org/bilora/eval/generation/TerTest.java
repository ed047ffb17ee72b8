package org.bilora.eval.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TerTest {
  @Test
  void editsAreThoseOfSacreBleu() throws IOException {
    try (InputStream in = TerTest.class.getResourceAsStream("ter.json")) {
      JsonNode cases = new ObjectMapper().readTree(in);
      assertEquals(186, cases.size());
      for (JsonNode each : cases) {
        List<String> output = TercomWords.of(each.get(0).asText());
        List<String> reference = TercomWords.of(each.get(1).asText());
        assertEquals(each.get(2).asInt(), Ter.edits(output, reference), each.toString());
      }
    }
  }

  @Test
  void theEditDistanceIsLevenshteins() {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      List<String> a = words(random, random.nextInt(12));
      List<String> b = words(random, random.nextInt(12));
      assertEquals(slow(a, b), EditAlignment.of(a, b).distance(), a + " " + b);
    }
  }

  @Test
  void aRunMovesBeforeAfterAndWithinItself() {
    List<String> words = List.of("a", "b", "c", "d", "e");
    assertEquals(List.of("c", "d", "a", "b", "e"), Ter.shift(words, 2, 2, 0));
    assertEquals(List.of("c", "d", "a", "b", "e"), Ter.shift(words, 0, 2, 4));
    assertEquals(List.of("a", "d", "b", "c", "e"), Ter.shift(words, 1, 2, 2));
    assertEquals(List.of("a", "b", "c", "d", "e"), Ter.shift(words, 3, 2, 5));
  }

  private static List<String> words(Random random, int length) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      words.add(String.valueOf((char) ('a' + random.nextInt(4))));
    }
    return words;
  }

  /** By the recursive definition. */
  private static int slow(List<String> a, List<String> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.size() + b.size();
    }
    int[][] known = new int[a.size() + 1][b.size() + 1];
    for (int i = 0; i <= a.size(); i++) {
      for (int j = 0; j <= b.size(); j++) {
        if (i == 0 || j == 0) {
          known[i][j] = i + j;
        } else {
          int kept = known[i - 1][j - 1] + (a.get(i - 1).equals(b.get(j - 1)) ? 0 : 1);
          known[i][j] = Math.min(kept, 1 + Math.min(known[i - 1][j], known[i][j - 1]));
        }
      }
    }
    return known[a.size()][b.size()];
  }
}
