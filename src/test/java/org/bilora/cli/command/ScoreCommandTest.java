package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bilora.eval.generation.PtbTokenizer;
import org.bilora.model.MavenArtifact;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreCommandTest {
  @TempDir private Path folder;
  private Path references;
  private Path outputs;

  @BeforeEach
  void write() throws IOException {
    references = folder.resolve("refs.csv");
    Files.write(
        references,
        List.of(
            "mr,ref",
            "name[A],A is a pub near the river.",
            "name[A],The pub A is near the river.",
            "name[B],B has cheap food."));
    outputs = Files.writeString(folder.resolve("out.txt"), "A is a pub.\nB has cheap food.\n");
  }

  private Call score(Object... more) {
    Object[] words = {"score", "e2e", "--refs", references, "--hyps", outputs};
    Object[] all = Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return Call.of(all);
  }

  private static void assertFails(String message, Call call) {
    assertEquals(1, call.exitCode(), call.err());
    assertEquals(1, call.errorLines(), call.err());
    assertTrue(call.error().contains(message), call.err());
    assertFalse(call.hasStackTrace(), call.err());
    assertEquals("", call.out());
  }

  @Test
  void everyMetricIsPrintedAndMeteorSaidNotToBeComputed() throws IOException {
    assumeTrue(Files.exists(PtbTokenizer.ARTIFACT.jar(MavenArtifact.defaultRepository())));
    Call call = score("--json");
    assertEquals(0, call.exitCode(), call.err());
    JsonNode scores = new ObjectMapper().readTree(call.out());
    for (String key : List.of("BLEU", "NIST", "ROUGE_L", "CIDEr", "TER")) {
      assertTrue(scores.path(key).isDouble(), call.out());
    }
    assertTrue(scores.has("METEOR") && scores.get("METEOR").isNull(), call.out());
    assertTrue(call.err().contains("METEOR is not computed"), call.err());
    assertTrue(score().out().startsWith("BLEU: 0."), score().out());
  }

  @Test
  void badFilesAreNamedByLine() throws IOException {
    Files.writeString(outputs, "one\n");
    assertFails(outputs + ", line 2: no output for 'name : B'", score());
    Files.writeString(outputs, "one\ntwo\nthree\n");
    assertFails(outputs + ", line 3: no reference", score());
    Files.write(outputs, "one\nCafé\n".getBytes(StandardCharsets.ISO_8859_1));
    assertFails(outputs + ", line 2: invalid UTF-8", score());
    Files.writeString(outputs, "");
    assertFails(outputs + ": the file is empty", score());
    Files.writeString(references, "mr,ref\n,text\n");
    assertFails(references + ", line 2: the meaning representation is empty", score());
  }

  @Test
  void aWrongTaskOrMeteorJarIsNamed() {
    assertFails("must be one of e2e", Call.of("score", "e3", "--refs", outputs, "--hyps", outputs));
    assertFails("there is no such file", score("--meteor-jar", folder.resolve("no.jar")));
    assertEquals(2, Call.of("score", "e2e").exitCode());
  }
}
