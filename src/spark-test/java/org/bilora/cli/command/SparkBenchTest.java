package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.ResultStore;
import org.bilora.bench.study.StudyFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A study on two executors, one of which is killed on the way. */
class SparkBenchTest {
  private static final String METHODS = "methods: [{name: lora}, {name: lora-decay}";

  /** More tokens than the model has positions: no executor can run it. */
  private static final String FAILING =
      ", {name: too-long, base: lora, settings: {max_length: 4000}}";

  @TempDir private Path folder;

  private Path study(String name, String methods) throws IOException {
    TinyCola.write(folder.resolve("glue"));
    return Files.writeString(
        folder.resolve(name),
        """
        tasks: [cola]
        model: %s
        data: %s
        seeds: [1, 2]
        settings: {jit: off, epochs: 20, batch: 8, max_length: 16, rank: 2}
        %s
        """
            .formatted(TinyRun.MODEL, folder.resolve("glue"), methods));
  }

  @Test
  void aStudyWhoseExecutorIsKilledHasTheResultsOfOneProcess() throws Exception {
    Path two = study("two.yaml", METHODS + "]");
    Path three = study("three.yaml", METHODS + FAILING + "]");
    Path here = folder.resolve("here");
    assertEquals(0, Call.of("bench", "glue", "--study", two, "--out", here).exitCode());
    Path spread = folder.resolve("spread");
    Path kept = copyOne(here, spread);
    byte[] before = Files.readAllBytes(kept);
    CompletableFuture<Call> call =
        CompletableFuture.supplyAsync(
            () ->
                Call.of(
                    "spark",
                    "bench",
                    "glue",
                    "--study",
                    three,
                    "--out",
                    spread,
                    "--keep-runs",
                    "--master",
                    "local-cluster[2,1,1024]"));
    killOneOfTwo(spread, call);
    Call ended = call.get();
    // Cells that fail by themselves are no result.
    assertEquals(1, ended.exitCode(), ended.err());
    assertTrue(ended.out().contains("4 cells finished, 2 left (2 of them failed)"), ended.out());
    assertTrue(ended.err().contains("was lost"), ended.err());
    for (int seed = 1; seed <= 2; seed++) {
      String failure = "warning: cola, too-long, seed %d failed: ".formatted(seed);
      assertEquals(1, ended.err().split(failure, -1).length - 1, ended.err());
    }
    assertTrue(ended.err().contains("4000"), ended.err());
    assertFalse(ended.hasStackTrace(), ended.err());
    assertEquals(trained(two, here), trained(two, spread));
    assertEquals(new String(before), Files.readString(kept));
    assertTrue(Files.readString(spread.resolve("report.md")).contains("4 of 6 cells"));
    try (Stream<Path> left = Files.list(spread)) {
      List<String> names = left.map(path -> path.getFileName().toString()).toList();
      assertTrue(names.stream().noneMatch(name -> name.startsWith(".spark")), names::toString);
    }
  }

  /** A finished cell, as if the study had been begun by {@code bench}. */
  private static Path copyOne(Path from, Path to) throws IOException {
    Files.createDirectories(to.resolve("cells"));
    try (Stream<Path> cells = Files.list(from.resolve("cells"))) {
      Path first = cells.sorted().findFirst().orElseThrow();
      return Files.copy(first, to.resolve("cells").resolve(first.getFileName()));
    }
  }

  /** Kills, without a chance to clean up, an executor while both have a run under way. */
  private static void killOneOfTwo(Path study, CompletableFuture<Call> call) throws Exception {
    Path runs = study.resolve("runs");
    while (count(runs) < 2) {
      assertFalse(call.isDone(), () -> call.join().err());
      Thread.sleep(10);
    }
    ProcessHandle executor =
        ProcessHandle.current()
            .children()
            .filter(SparkBenchTest::isExecutor)
            .findFirst()
            .orElseThrow();
    assertTrue(executor.destroyForcibly());
  }

  /** Nothing else that these tests start is a Java process. */
  private static boolean isExecutor(ProcessHandle process) {
    return process.info().command().orElse("").endsWith("/java");
  }

  private static long count(Path runs) throws IOException {
    if (!Files.isDirectory(runs)) {
      return 0;
    }
    try (Stream<Path> directories = Files.list(runs)) {
      return directories.filter(run -> Files.exists(run.resolve("run.json"))).count();
    }
  }

  /** What each cell learnt and scored, by its title. */
  private static Map<String, String> trained(Path study, Path directory) throws IOException {
    Map<Cell, CellResult> results =
        new ResultStore(directory, warning -> {}).read(Cell.of(StudyFile.read(study)));
    assertEquals(4, results.size());
    return results.values().stream()
        .collect(
            Collectors.toMap(
                result -> result.cell().title(),
                result ->
                    "%s %s"
                        .formatted(
                            result.run().trainedSha256().orElseThrow(),
                            result.run().bestEpoch().orElseThrow().metrics()),
                (a, b) -> a,
                LinkedHashMap::new));
  }
}
