package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Studies from the command line, on a tiny model and a task of a few sentences. */
class BenchGlueCommandTest {
  private static final Path MODEL = Path.of("src/test/resources/transformers/bert");

  @TempDir private static Path folder;
  private static Path data;
  private static Path out;
  private static Call study;

  @BeforeAll
  static void run() throws IOException {
    data = folder.resolve("glue");
    TinyCola.write(data);
    out = folder.resolve("out");
    study = study("--methods", "lora,lora-decay", "--out", out.toString(), "--json");
  }

  private static Call study(String... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("bench", "glue", "--tasks", "cola", "--seeds", "2", "--model", MODEL));
    words.addAll(List.of("--data", data, "--set", "jit=off", "--set", "max-steps=2"));
    words.addAll(List.of("--set", "batch=8", "--set", "max_length=16", "--set", "rank=2"));
    words.addAll(List.of(more));
    return Call.of(words.toArray());
  }

  @Test
  void aStudyEndsWithAReportAndSaysHowLongItWouldTake() throws IOException {
    assertEquals(0, study.exitCode(), study.err());
    JsonNode result = new ObjectMapper().readTree(study.out());
    assertEquals(4, result.path("finished").asInt());
    assertEquals(out.resolve("report.md").toString(), result.path("report").asText());
    assertTrue(study.err().contains("4 cells to run: about "), study.err());
    assertTrue(study.err().contains("cell 4 of 4: cola, lora-decay, seed 2"), study.err());
    String report = Files.readString(out.resolve("report.md"));
    assertTrue(report.contains("4 of 4 cells"), report);
    assertTrue(report.contains("| cola | lora |"), report);
    assertTrue(Files.size(out.resolve("plots/loss-cola.png")) > 1000);
  }

  @Test
  void theReportIsMadeAgainWithoutRunningAnything() throws IOException {
    byte[] before = Files.readAllBytes(out.resolve("report.md"));
    Files.delete(out.resolve("report.md"));
    Call again =
        study("--methods", "lora,lora-decay", "--out", out.toString(), "--report-only", "--svg");
    assertEquals(0, again.exitCode(), again.err());
    assertEquals(new String(before), Files.readString(out.resolve("report.md")));
    assertFalse(again.err().contains("timing"), again.err());
    assertTrue(Files.exists(out.resolve("plots/loss-cola.svg")));
  }

  @Test
  void cellsSideBySideMakeTheSameReport() throws IOException {
    Path lanes = folder.resolve("lanes");
    Call beside =
        study("--methods", "lora,lora-decay", "--out", lanes.toString(), "--lanes", "auto");
    assertEquals(0, beside.exitCode(), beside.err());
    assertEquals(scores(out), scores(lanes));
    for (String wrong : List.of("0", "many", "+2", "")) {
      Call refused = study("--methods", "lora", "--out", "z", "--lanes", wrong);
      assertEquals(2, refused.exitCode());
      assertTrue(
          refused.err().contains("--lanes is '" + wrong + "'; it must be auto, or 1 or more"));
    }
  }

  /** The table of scores. */
  private static List<String> scores(Path directory) throws IOException {
    return Files.readAllLines(directory.resolve("report.md")).stream()
        .filter(line -> line.startsWith("| lora"))
        .toList();
  }

  @Test
  void aMissingTaskNamesFilesAndDownload() {
    Call rte =
        Call.of(
            "bench",
            "glue",
            "--tasks",
            "rte",
            "--methods",
            "lora",
            "--model",
            MODEL,
            "--data",
            data,
            "--out",
            folder.resolve("y"));
    assertEquals(1, rte.exitCode());
    assertEquals(1, rte.errorLines());
    assertTrue(rte.error().contains("RTE/train.tsv"), rte.error());
    assertTrue(rte.error().contains("https://gluebenchmark.com/tasks"), rte.error());
    assertFalse(rte.err().contains("timing"), rte.err());
  }

  @Test
  void wrongCallsAreOneLine() throws IOException {
    assertEquals(2, Call.of("bench", "glue").exitCode());
    Call method = study("--methods", "lara", "--out", folder.resolve("z").toString());
    assertEquals(2, method.exitCode());
    assertTrue(method.err().contains("bilora: --methods: method 'lara'"), method.err());
    assertTrue(method.err().contains("nearest known name is 'lora'"), method.err());
    Call setting = study("--methods", "lora", "--out", "z", "--set", "epoch=3");
    assertEquals(2, setting.exitCode());
    assertTrue(setting.err().contains("bilora: --set: unknown setting 'epoch'"), setting.err());
    assertTrue(setting.err().contains("nearest known name is 'epochs'"), setting.err());
    Path file =
        Files.writeString(
            folder.resolve("study.yaml"),
            "tasks: [cola]\nmodel: x\nseeds: [1]\nmethods: [{name: lora}]\n");
    Call both = Call.of("bench", "glue", "--study", file, "--tasks", "rte");
    assertEquals(2, both.exitCode());
    assertTrue(both.error().contains("--tasks does not go with --study"), both.error());
    Call none = Call.of("bench", "glue", "--study", file, "--report-only");
    assertTrue(none.error().contains("there is no result in"), none.error());
    Call search = Call.of("bench", "search", "--study", file);
    assertTrue(search.error().contains("has no trials"), search.error());
    Call minutes = study("--methods", "lora", "--out", "z", "--max-minutes", "0");
    assertEquals(2, minutes.exitCode());
  }
}
