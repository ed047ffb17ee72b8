package org.bilora.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.data.Dataset;
import org.bilora.data.TinyTasks;
import org.bilora.model.PretrainedEncoder;
import org.bilora.train.RunRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyRunnerTest {
  @TempDir static Path folder;
  private static final Study STUDY = TinyStudies.study(1);
  private static Path whole;

  @BeforeAll
  static void runWhole() throws IOException {
    whole = folder.resolve("whole");
    TinyStudies.run(STUDY, whole, new TinyStudies.Heard());
  }

  private static Map<Cell, CellResult> results(Path directory) throws IOException {
    return new ResultStore(directory, warning -> {}).read(Cell.of(STUDY));
  }

  private static Study loraAlone(String task, Overrides settings) {
    return TinyStudies.study(List.of(task), 1, settings, List.of("lora"));
  }

  private static Path copy(String name) throws IOException {
    Path copy = folder.resolve(name);
    Files.createDirectories(copy.resolve("cells"));
    for (Path file : files(whole)) {
      Files.copy(file, copy.resolve("cells").resolve(file.getFileName()));
    }
    return copy;
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("cells"))) {
      return files.sorted().toList();
    }
  }

  @Test
  void everyCellHasOneResultAndNoRunDirectory() throws IOException {
    assertEquals(4, results(whole).size());
    assertEquals(4, files(whole).size());
    for (CellResult result : results(whole).values()) {
      assertTrue(result.finished());
      assertEquals(2, result.run().epochs().size());
      assertEquals(32, result.run().examples().lower() + result.run().examples().upper());
    }
    try (Stream<Path> runs = Files.list(whole.resolve("runs"))) {
      assertEquals(0, runs.count());
    }
  }

  @Test
  void finishedCellsAreNotRunAgain() throws IOException {
    TinyStudies.Heard heard = new TinyStudies.Heard();
    StudyRunner.Summary outcome = TinyStudies.run(STUDY, whole, heard);
    assertEquals(new StudyRunner.Summary(4, 0, 0, false), outcome);
    assertEquals(List.of(), heard.ran);
  }

  @Test
  void aDamagedResultIsSetAsideAndItsCellAloneRunAgain() throws IOException {
    Path copy = copy("damaged");
    Path damaged = files(copy).get(1);
    String text = Files.readString(damaged);
    Files.writeString(damaged, text.substring(0, text.length() / 2));
    Path changed = files(copy).get(2);
    Files.writeString(changed, Files.readString(changed).replaceFirst("0\\.", "0.1"));
    TinyStudies.Heard heard = new TinyStudies.Heard();
    TinyStudies.run(STUDY, copy, heard);
    assertEquals(2, heard.ran.size());
    assertEquals(2, heard.warnings.size(), heard.warnings.toString());
    assertTrue(heard.warnings.get(0).contains("is set aside as"), heard.warnings.get(0));
    assertEquals(6, files(copy).size());
    assertSameNumbers(results(whole), results(copy));
  }

  @Test
  void aResultWithoutUtf8IsDamagedToo() throws IOException {
    Path copy = copy("binary");
    Files.write(files(copy).get(0), new byte[] {(byte) 0xff, 0, 1, 2});
    TinyStudies.Heard heard = new TinyStudies.Heard();
    assertEquals(3, new ResultStore(copy, heard::warned).read(Cell.of(STUDY)).size());
    assertEquals(1, heard.warnings.size());
  }

  @Test
  void otherSettingsDoNotMixWithStoredResults() throws IOException {
    Study longer = loraAlone("classes", STUDY.settings().with(Overrides.of("epochs", "1")));
    Path copy = copy("other");
    TinyStudies.Heard heard = new TinyStudies.Heard();
    TinyStudies.run(longer, copy, heard);
    assertEquals(1, heard.ran.size());
    assertEquals(5, files(copy).size());
    ResultStore store = new ResultStore(copy, warning -> {});
    assertEquals(1, store.read(Cell.of(longer)).size());
    assertEquals(4, store.others());
  }

  @Test
  void resultsOfOtherDataAreRefused() throws IOException {
    Path copy = copy("other-data");
    try (PretrainedEncoder model = TinyStudies.model()) {
      StudyRunner runner =
          new StudyRunner(Cell.of(STUDY), copy, TinyStudies.SITTING, new TinyStudies.Heard());
      IOException refused =
          assertThrows(IOException.class, () -> runner.run(model, StudyRunnerTest::otherTask));
      assertTrue(refused.getMessage().contains("other data"), refused.getMessage());
    }
  }

  private static Dataset otherTask(String name) {
    return name.equals("classes") ? TinyTasks.classes(40, 24, 8) : TinyTasks.scores(40, 24, 8);
  }

  @Test
  void twoProcessesCannotRunOneStudy() throws IOException {
    try (StudyLock lock = StudyLock.take(copy("locked"))) {
      IOException refused =
          assertThrows(
              IOException.class,
              () -> TinyStudies.run(STUDY, lock.directory(), new TinyStudies.Heard()));
      assertTrue(refused.getMessage().contains("another process"), refused.getMessage());
    }
  }

  @Test
  void noCellIsStartedOnceTheTimeIsOver() throws IOException {
    Path directory = folder.resolve("no-time");
    StudyRunner.Conduct none =
        new StudyRunner.Conduct(
            Optional.of(Duration.ZERO), false, TinyStudies.SITTING.checkpointing());
    try (PretrainedEncoder model = TinyStudies.model()) {
      StudyRunner.Summary outcome =
          new StudyRunner(Cell.of(STUDY), directory, none, new TinyStudies.Heard())
              .run(model, TinyStudies::task);
      assertEquals(new StudyRunner.Summary(0, 4, 0, false), outcome);
    }
  }

  @Test
  void aCellThatDivergesHasThatAsItsResult() throws IOException {
    Study wild =
        loraAlone(
            "scores",
            STUDY.settings().with(Overrides.of("lr", "1e30")).with(Overrides.of("clip", "0")));
    Path directory = folder.resolve("wild");
    TinyStudies.Heard heard = new TinyStudies.Heard();
    StudyRunner.Summary outcome = TinyStudies.run(wild, directory, heard);
    assertEquals(new StudyRunner.Summary(1, 0, 0, false), outcome);
    CellResult result =
        new ResultStore(directory, warning -> {}).read(Cell.of(wild)).values().iterator().next();
    assertFalse(result.finished());
    assertTrue(result.run().failure().isPresent());
  }

  /** Equal but for dates, seconds and memory. */
  static void assertSameNumbers(Map<Cell, CellResult> expected, Map<Cell, CellResult> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (cell, result) -> {
          RunRecord before = result.run();
          RunRecord now = actual.get(cell).run();
          String title = cell.title();
          assertEquals(before.trainedSha256(), now.trainedSha256(), title);
          assertEquals(before.best(), now.best(), title);
          assertEquals(before.steps(), now.steps(), title);
          assertEquals(before.epochs().size(), now.epochs().size(), title);
          for (int i = 0; i < before.epochs().size(); i++) {
            assertEquals(before.epochs().get(i).lowerLoss(), now.epochs().get(i).lowerLoss());
            assertEquals(before.epochs().get(i).upperLoss(), now.epochs().get(i).upperLoss());
            assertEquals(before.epochs().get(i).devLoss(), now.epochs().get(i).devLoss());
            assertEquals(before.epochs().get(i).metrics(), now.epochs().get(i).metrics());
          }
        });
  }
}
