package org.bilora.eval.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bilora.data.GeneratedTexts;
import org.bilora.data.GenerationExample;
import org.bilora.data.GenerationTask;
import org.junit.jupiter.api.Test;

/** Against the numbers that the E2E challenge's scripts print, and their tokenizer. */
class E2eScriptsTest {
  private static final Path FIXTURES = Path.of("../shared/fixtures/e2e-metrics");
  private static final Path REFERENCES = Path.of("../shared/data/e2e/testset_w_refs.csv");

  private static PtbTokenizer ptb() {
    try {
      return PtbTokenizer.fromMaven();
    } catch (IOException e) {
      return abort("needs the network once: " + e.getMessage());
    }
  }

  @Test
  void scoresAgreeToTheLastPrintedDigit() throws IOException {
    assumeTrue(Files.isDirectory(FIXTURES));
    PtbTokenizer ptb = ptb();
    List<GenerationExample> examples = GenerationTask.E2E.readFile(REFERENCES);
    JsonNode expected = new ObjectMapper().readTree(FIXTURES.resolve("expected.json").toFile());
    assertEquals(2, expected.size());
    for (Map.Entry<String, JsonNode> system : expected.properties()) {
      GenerationScores scores =
          GenerationScores.of(
              GeneratedTexts.read(FIXTURES.resolve(system.getKey()), examples),
              examples.stream().map(GenerationExample::references).toList(),
              ptb,
              Optional.empty());
      for (Map.Entry<String, JsonNode> score : system.getValue().properties()) {
        GenerationMetric metric = GenerationMetric.valueOf(score.getKey().toUpperCase(Locale.ROOT));
        assertEquals(
            "%.4f".formatted(score.getValue().asDouble()),
            "%.4f".formatted(scores.values().get(metric)),
            system.getKey() + " " + score.getKey());
      }
    }
  }

  @Test
  void treebankTokensAreLowerAndWithoutPunctuation() throws IOException {
    List<List<String>> tokens =
        ptb()
            .tokenize(
                List.of(
                    "The Café's £20 menu (cheap), isn't it?", "", "Two\nlines\u2028here.", "…"));
    assertEquals(
        List.of(
            List.of("the", "café", "'s", "#", "20", "menu", "cheap", "is", "n't", "it"),
            List.of(),
            List.of("two", "lines", "here"),
            List.of()),
        tokens);
  }

  @Test
  void aMissingJarIsToldInOneLine() {
    PtbTokenizer none = new PtbTokenizer(Path.of("no-such.jar"));
    IOException refused = assertThrows(IOException.class, () -> none.tokenize(List.of("a")));
    assertTrue(
        refused.getMessage().startsWith("PTBTokenizer ended with exit code 1: "),
        refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count());
  }
}
