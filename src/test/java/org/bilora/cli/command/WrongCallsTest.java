package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bad input: one line that says what and where, an exit code, no stack trace, nothing written. */
class WrongCallsTest {
  private static final Path MODEL = Path.of("src/test/resources/transformers/bert");

  @TempDir private Path folder;
  private Path data;
  private Path run;

  @BeforeEach
  void writeData() throws IOException {
    data = folder.resolve("data.tsv");
    Files.write(data, TinyRun.lines());
    run = folder.resolve("run");
  }

  private static void assertFails(int exitCode, String part, Call call) {
    assertEquals(exitCode, call.exitCode(), call.err());
    assertEquals(1, call.errorLines(), call.err());
    assertTrue(call.error().contains(part), call.err());
    assertFalse(call.hasStackTrace(), call.err());
    assertEquals("", call.out());
  }

  private Call train(String... more) {
    return Call.of(
        Stream.concat(
                List.of(
                    "train",
                    "--task",
                    "custom",
                    "--data",
                    data,
                    "--model",
                    MODEL,
                    "--out",
                    run,
                    "--max-length",
                    "32",
                    "--jit",
                    "off")
                    .stream(),
                Arrays.stream(more))
            .toArray());
  }

  @Test
  void anUnknownCommandIsMetWithTheNearestOne() {
    Call call = Call.of("trian");
    assertEquals(2, call.exitCode());
    assertTrue(call.err().contains("bilora train"), call.err());
  }

  @Test
  void anUnknownOptionIsMetWithTheNearestOne() {
    Call call = train("--ranks", "3");
    assertFails(2, "--ranks", call);
    assertTrue(call.err().contains("--rank"), call.err());
  }

  @Test
  void aCommandIsNeeded() {
    assertFails(2, "a command is missing", Call.of());
  }

  /** This build has no Spark. */
  @Test
  void sparkSaysHowItIsBuilt() {
    assertFails(1, "./bilora spark", Call.of("spark", "predict", "--run", run, "--master", "x"));
    assertFails(1, "./bilora spark", Call.of("spark"));
  }

  @Test
  void aMissingOptionIsNamed() {
    assertFails(2, "--out", Call.of("train", "--task", "grammar", "--model", "minilm-l6"));
    assertFails(2, "--model", Call.of("train", "--task", "grammar", "--out", run));
    assertFails(2, "--task", Call.of("train", "--model", "minilm-l6", "--out", run));
  }

  @Test
  void aWordWhereANumberBelongsIsNamed() {
    assertFails(2, "--rank", train("--rank", "eight"));
  }

  @Test
  void anUnknownTaskIsMetWithTheKnownOnes() {
    assertFails(1, "cola", Call.of("train", "--task", "colo", "--model", MODEL, "--out", run));
  }

  @Test
  void aMissingFolderIsNamed() {
    Path nowhere = folder.resolve("nowhere");
    assertFails(
        1,
        nowhere.toString(),
        Call.of("train", "--task", "cola", "--data", nowhere, "--model", MODEL, "--out", run));
  }

  @Test
  void anUnknownModelIsMetWithThePresets() {
    assertFails(
        1,
        "minilm-l6",
        Call.of("train", "--task", "custom", "--data", data, "--model", "no", "--out", run));
  }

  @Test
  void sizesBeyondAllBoundsAreToldInOneLine() {
    String most = "2147483647";
    assertFails(1, "a run has at most 2147483647", train("--epochs", most, "--batch", "1"));
    assertFails(1, "2147483647 examples of", train("--batch", most));
    assertFails(
        1,
        "lowerSteps is 2147483647; it must be",
        train("--method", "bilora", "--lower-steps", most));
    assertFails(
        1,
        "upperSteps is 2147483647; it must be",
        train("--method", "bilora", "--upper-steps", most));
  }

  @Test
  void rankZeroAndARankAboveTheMatrixAreRefused() {
    assertFails(1, "rank is 0; it must be 1 or more", train("--rank", "0"));
    assertFails(1, "rank is 17", train("--rank", "17"));
    assertFails(1, "rank is 2147483647; it must be", train("--rank", "2147483647"));
    assertFails(
        1, "rank is 2147483647; it must be", train("--method", "adalora", "--rank", "2147483647"));
    assertFalse(Files.exists(run));
  }

  @Test
  void aTargetThatIsNoLayerIsRefused() {
    assertFails(1, "qurey", train("--targets", "qurey"));
  }

  @Test
  void aDirectoryThatHoldsARunIsLeftAlone() throws IOException {
    Files.createDirectories(run);
    Path record = Files.writeString(run.resolve("run.json"), "{}");
    assertFails(1, run.toString(), train());
    assertEquals("{}", Files.readString(record));
    try (var files = Files.list(run)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void aDamagedRunIsNamedByFile() throws IOException {
    Files.createDirectories(run);
    Files.writeString(run.resolve("run.json"), "{\"format_version\": 1,");
    for (Call call :
        List.of(
            Call.of("predict", "--run", run, "--text", "the river"),
            Call.of("eval", "--run", run),
            Call.of("export", "--run", run, "--out", folder.resolve("export")),
            Call.of("train", "--resume", "--out", run))) {
      assertFails(1, "run.json", call);
    }
    assertFalse(Files.exists(folder.resolve("export")));
  }

  @Test
  void aMissingRunIsNamed() {
    assertFails(1, run.toString(), Call.of("predict", "--run", run, "--text", "the river"));
    assertFails(1, run.toString(), Call.of("train", "--resume", "--out", run));
  }

  @Test
  void verboseAddsTheStackTrace() {
    Call call = Call.of("predict", "--run", run, "--text", "the river", "--verbose");
    assertEquals(1, call.exitCode());
    assertTrue(call.hasStackTrace(), call.err());
  }

  @Test
  void predictWantsEitherATextOrFiles() {
    assertFails(2, "--text or --in", Call.of("predict", "--run", run));
    assertFails(2, "--text or --in", Call.of("predict", "--run", run, "--text", "a", "--in", data));
    assertFails(2, "--out", Call.of("predict", "--run", run, "--text", "a", "--out", data));
    assertFails(2, "--json", Call.of("predict", "--run", run, "--in", data, "--json"));
  }

  @Test
  void aLineWithTwoTabsIsNamedByNumber() throws IOException {
    Path in = Files.writeString(folder.resolve("in.tsv"), "one\none\ttwo\na\tb\tc\n");
    Path out = folder.resolve("out.json");
    assertFails(
        1,
        in + ", line 3: 2 tabs; a line is a text",
        Call.of("features", "--model", MODEL, "--in", in, "--out", out));
    assertFalse(Files.exists(out));
  }

  @Test
  void textsThatAreNotUtf8OrNotThereAreNamed() throws IOException {
    Path latin1 = folder.resolve("latin1.txt");
    Files.write(latin1, new byte[] {'c', 'a', 'f', (byte) 0xe9, '\n'});
    Path out = folder.resolve("out.json");
    assertFails(
        1,
        latin1 + ", line 1: invalid UTF-8",
        Call.of("features", "--model", MODEL, "--in", latin1, "--out", out));
    Path empty = Files.createFile(folder.resolve("empty.txt"));
    assertFails(
        1,
        empty + ": it is empty",
        Call.of("features", "--model", MODEL, "--in", empty, "--out", out));
    Path missing = folder.resolve("missing.txt");
    assertFails(
        1,
        missing + ": there is no such file",
        Call.of("features", "--model", MODEL, "--in", missing, "--out", out));
  }

  @Test
  void anOutputThatCannotBeWrittenIsRefusedBeforeTheWork() {
    assertFails(
        1,
        "there is no folder",
        Call.of(
            "features", "--model", MODEL, "--in", data, "--out", folder.resolve("no/out.json")));
    assertFails(
        1, "is the input too", Call.of("features", "--model", MODEL, "--in", data, "--out", data));
  }

  @Test
  void aQuickstartOverwritesNothing() throws IOException {
    Path note = Files.writeString(folder.resolve("note"), "mine");
    assertFails(1, "is not empty", Call.of("quickstart", "--out", folder));
    assertEquals("mine", Files.readString(note));
  }
}
