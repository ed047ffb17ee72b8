package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bilora.eval.generation.PtbTokenizer;
import org.bilora.model.MavenArtifact;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Studies of generation from the command line, on a tiny GPT-2 and a dozen sentences. */
class BenchE2eCommandTest {
  private static final Path MODEL = Path.of("src/test/resources/transformers/gpt2");

  @TempDir private Path folder;
  private Path data;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    data = MillFiles.write(folder);
    out = folder.resolve("out");
  }

  private Call study(Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("bench", "e2e", "--tasks", "e2e", "--seeds", "1", "--model", MODEL));
    words.addAll(List.of("--out", out, "--set", "jit=off", "--set", "max-steps=2"));
    words.addAll(List.of("--set", "batch_tokens=64", "--set", "max_length=28"));
    words.addAll(List.of("--beam", 2, "--max-new-tokens", 5, "--test-inputs", 6));
    words.addAll(List.of(more));
    return Call.of(words.toArray());
  }

  @Test
  void aStudyIsRunAndReportedAgainFromItsResults() throws IOException {
    assumeTrue(Files.exists(PtbTokenizer.ARTIFACT.jar(MavenArtifact.defaultRepository())));
    // The folder itself and the one above it are both taken.
    Call call = study("--methods", "lora,first-order", "--data", folder, "--json");
    assertEquals(0, call.exitCode(), call.err());
    JsonNode result = new ObjectMapper().readTree(call.out());
    assertEquals(2, result.path("finished").asInt());
    assertTrue(call.err().contains("e2e, lora, seed 1: BLEU 0."), call.err());
    byte[] report = Files.readAllBytes(out.resolve("report.md"));
    String text = new String(report);
    assertTrue(text.contains("for 6 inputs, in equal steps, of the test split"), text);
    assertTrue(text.contains("| e2e | 1 | (input) | name : A0 |"), text);
    assertTrue(text.contains("| e2e | 1 | (reference) | A0 is a mill. |"), text);
    assertTrue(text.contains("| e2e | 1 | first-order | "), text);
    Files.delete(out.resolve("report.md"));
    Call again = study("--methods", "lora,first-order", "--report-only");
    assertEquals(0, again.exitCode(), again.err());
    assertArrayEquals(report, Files.readAllBytes(out.resolve("report.md")));
    assertTrue(again.err().contains("| e2e | lora |"), again.err());
  }

  @Test
  void ratesOfAGenerationTaskAreTunedOnItsDevSplit() throws IOException {
    List<Object> words =
        new ArrayList<>(List.of("bench", "tune", "--tasks", "e2e", "--methods", "lora"));
    words.addAll(List.of("--seeds", "1", "--model", MODEL, "--data", data, "--out", out));
    words.addAll(List.of("--trials", 2, "--rungs", 1, "--steps", 2, "--dev-examples", 3));
    words.addAll(List.of("--set", "jit=off", "--set", "max_length=28", "--json"));
    Call call = Call.of(words.toArray());
    assertEquals(0, call.exitCode(), call.err());
    String report = Files.readString(out.resolve("search.md"));
    assertTrue(report.contains("the test split was not looked at"), report);
    assertTrue(report.contains("3 of "), report);
    assertTrue(report.contains("      e2e: {learning_rate: "), report);
  }

  @Test
  void wrongCallsAreOneLine() throws IOException {
    assertEquals(2, Call.of("bench", "e2e").exitCode());
    assertFails("bench e2e", Call.of(glue("e2e")));
    Object[] cola = glue("cola");
    cola[1] = "e2e";
    assertFails("bench glue", Call.of(cola));
    Call head = study("--methods", "head", "--data", data);
    assertEquals(2, head.exitCode());
    assertTrue(head.err().contains("trains a head alone"), head.err());
    assertFails(
        "there is no such file",
        study("--methods", "lora", "--meteor-jar", folder.resolve("no.jar")));
    assertEquals(2, study("--methods", "lora", "--beam", "0").exitCode());
    assertFails("there is no result in", study("--methods", "lora", "--report-only"));
    Path file =
        Files.writeString(
            folder.resolve("study.yaml"),
            "tasks: [e2e]\nmodel: x\nseeds: [1]\nmethods: [{name: lora}]\n");
    Call both = Call.of("bench", "e2e", "--study", file, "--test-inputs", 3);
    assertEquals(2, both.exitCode());
    assertTrue(both.error().contains("--test-inputs does not go with --study"), both.error());
    assertFails("bench e2e", Call.of("bench", "glue", "--study", file, "--report-only"));
  }

  private Object[] glue(String task) {
    return new Object[] {
      "bench", "glue", "--tasks", task, "--methods", "lora", "--model", MODEL, "--out", out
    };
  }

  private static void assertFails(String message, Call call) {
    assertEquals(1, call.exitCode(), call.err());
    assertEquals(1, call.errorLines(), call.err());
    assertTrue(call.error().contains(message), call.err());
  }
}
