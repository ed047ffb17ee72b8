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
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateCommandTest {
  private static final Path MODEL = Path.of("src/test/resources/transformers/gpt2");

  @TempDir private Path folder;
  private Path data;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    data = Files.createDirectory(folder.resolve("e2e"));
    for (String file : List.of("trainset", "devset", "testset_w_refs")) {
      Files.write(
          data.resolve(file + ".csv"),
          List.of(
              "mr,ref",
              "name[Mill],The mill.",
              "name[Mill],A mill.",
              "\"name[River], area[old]\",The river."));
    }
    out = folder.resolve("out.txt");
  }

  private static Call generate(Object... more) {
    List<Object> words = new ArrayList<>(List.of("generate", "--model", MODEL));
    words.addAll(Arrays.asList(more));
    return Call.of(words.toArray());
  }

  private static void assertFails(int exitCode, String message, Call call) {
    assertEquals(exitCode, call.exitCode(), call.err());
    assertEquals(1, call.errorLines(), call.err());
    assertTrue(call.error().contains(message), call.err());
    assertFalse(call.hasStackTrace(), call.err());
    assertEquals("", call.out());
  }

  @Test
  void aTestSetBecomesALinePerMeaningRepresentation() throws IOException {
    Call call =
        generate("--task", "e2e", "--data", data, "--out", out, "--max-new-tokens", 9, "--json");
    assertEquals(0, call.exitCode(), call.err());
    JsonNode result = new ObjectMapper().readTree(call.out());
    assertEquals(2, result.get("outputs").asInt());
    List<String> lines = Files.readAllLines(out);
    assertEquals(2, lines.size());
    for (String option : List.of("--cache=off", "--batch=1")) {
      Path other = folder.resolve("other.txt");
      assertEquals(
          0,
          generate("--task", "e2e", "--data", data, "--out", other, "--max-new-tokens", 9, option)
              .exitCode());
      assertEquals(lines, Files.readAllLines(other));
    }
  }

  @Test
  void linesAreTheSameInputsInEitherNotation() throws IOException {
    Path in =
        Files.write(
            folder.resolve("in.txt"),
            List.of("name[River], area[old]", "name : River | area : old"));
    Call call =
        generate("--task", "e2e", "--in", in, "--out", out, "--beam", 3, "--max-new-tokens", 9);
    assertEquals(0, call.exitCode(), call.err());
    List<String> lines = Files.readAllLines(out);
    assertEquals(lines.get(0), lines.get(1));
    Files.write(in, List.of("name[River]", ""));
    assertFails(
        1,
        in + ", line 2: the meaning representation is empty",
        generate("--task", "e2e", "--in", in, "--out", folder.resolve("no.txt")));
    assertFalse(Files.exists(folder.resolve("no.txt")));
  }

  @Test
  void aTextIsContinuedAndASeedRepeatsIt() throws IOException {
    Object[] call = {
      "--text",
      "The river",
      "--sample",
      "--top-k",
      50,
      "--seed",
      3,
      "--max-new-tokens",
      12,
      "--json"
    };
    JsonNode first = new ObjectMapper().readTree(generate(call).out());
    JsonNode second = new ObjectMapper().readTree(generate(call).out());
    assertEquals(first.get("text"), second.get("text"));
    call[6] = 4;
    assertFalse(
        first.get("text").equals(new ObjectMapper().readTree(generate(call).out()).get("text")));
    assertEquals(0, generate("--text", "", "--beam", 1, "--max-new-tokens", 3).exitCode());
  }

  @Test
  void tooLongInputsAreCutAndCounted() {
    Call call = generate("--text", "the old mill ".repeat(20), "--max-new-tokens", 4);
    assertEquals(0, call.exitCode(), call.err());
    assertTrue(
        call.err().contains("1 of 1 inputs are too long for a model of 30 positions"), call.err());
  }

  @Test
  void wrongCallsAreNamed() throws IOException {
    assertFails(2, "Give one of --data, --in and --text", generate("--task", "e2e", "--out", out));
    assertFails(2, "--data goes with --task", generate("--data", data, "--out", out));
    assertFails(2, "--out goes with --data or --in", generate("--task", "e2e", "--data", data));
    assertFails(2, "--top-p and --seed go with --sample", generate("--text", "a", "--top-p", 0.5));
    assertFails(1, "beams is 0", generate("--text", "a", "--beam", 0));
    assertFails(1, "must be one of e2e", generate("--task", "e3", "--data", data, "--out", out));
    assertFails(
        1,
        "no split 'all'",
        generate("--task", "e2e", "--data", data, "--split", "all", "--out", out));
    Path bert = MODEL.resolveSibling("bert");
    assertFails(
        1,
        "model_type is bert; supported: gpt2",
        Call.of("generate", "--model", bert, "--text", "a"));
    assertFails(
        1,
        "neither a preset",
        Call.of("generate", "--model", folder.resolve("none"), "--text", "a"));
    assertFails(2, "Give either --run or --model", Call.of("generate", "--text", "a"));
    assertFails(
        1,
        "is not a directory",
        Call.of("generate", "--run", folder.resolve("none"), "--text", "a"));
    assertFalse(Files.exists(out));
  }
}
