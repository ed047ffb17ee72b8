package org.bilora.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.DoubleNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.bilora.bench.study.TinyStudies.Heard;
import org.bilora.data.MetricName;
import org.bilora.model.PretrainedEncoder;
import org.bilora.step.LanePlan;
import org.bilora.train.RunRecord;
import org.bilora.train.RunSize;
import org.bilora.train.TrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cells side by side. */
class LanedCellsTest {
  @TempDir static Path folder;

  /** Of four lengths, so that steps of one shape have to find each other. */
  private static final Overrides SETTINGS =
      TinyStudies.SETTINGS
          .with(Overrides.of("epochs", "3"))
          .with(Overrides.of("epsilon", "1e-4").with(Overrides.of("max_length", "32")));

  private static StudyRunner.Summary run(
      Study study, Path directory, int lanes, StudyListener heard) throws IOException {
    AtomicReference<Runnable> stop = new AtomicReference<>();
    return run(study, directory, lanes, heard, stop);
  }

  private static StudyRunner.Summary run(
      Study study, Path directory, int lanes, StudyListener heard, AtomicReference<Runnable> stop)
      throws IOException {
    try (PretrainedEncoder model = TinyStudies.model()) {
      TestBed bed = TestBed.of(model, TinyStudies::task);
      return new LanedCells(new SideBySide(OptionalInt.of(lanes), false))
          .run(
              new CellExecution.Work(Cell.of(study), bed, null, directory),
              TinyStudies.SITTING,
              heard,
              stop::set);
    }
  }

  private static Map<Cell, CellResult> results(Study study, Path directory) throws IOException {
    return new ResultStore(directory, warning -> {}).read(Cell.of(study));
  }

  @Test
  void cellsSideBySideScoreAsTheyDoOneByOne() throws IOException {
    Study study =
        TinyStudies.study(List.of("lengths", "scores"), 2, SETTINGS, List.of("lora", "bilora"));
    Path alone = folder.resolve("alone");
    Path lanes = folder.resolve("lanes");
    TinyStudies.run(study, alone, new Heard());
    Heard heard = new Heard();
    assertEquals(new StudyRunner.Summary(8, 0, 0, false), run(study, lanes, 2, heard));
    assertEquals(List.of(), heard.warnings);
    Map<Cell, CellResult> expected = results(study, alone);
    Map<Cell, CellResult> found = results(study, lanes);
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach((cell, result) -> assertAlike(cell, 2, result.run(), found.get(cell).run()));
  }

  private static void assertAlike(Cell cell, int lanes, RunRecord expected, RunRecord found) {
    assertEquals(Optional.of(lanes), found.provenance().device().lanes(), cell.title());
    assertEquals(expected.frozenSha256Before(), found.frozenSha256Before());
    assertEquals(found.frozenSha256After(), Optional.of(found.frozenSha256Before()));
    assertEquals(expected.steps(), found.steps());
    assertEquals(expected.epochs().size(), found.epochs().size());
    for (int i = 0; i < expected.epochs().size(); i++) {
      assertEquals(
          expected.epochs().get(i).devLoss(), found.epochs().get(i).devLoss(), 1e-4, cell.title());
      for (Map.Entry<MetricName, Double> score : expected.epochs().get(i).metrics().entrySet()) {
        assertEquals(score.getValue(), found.epochs().get(i).metrics().get(score.getKey()), 1e-3);
      }
    }
    assertTrue(found.seconds() > 0);
  }

  /** Another lane's numbers that are no longer finite change nothing. */
  @Test
  void aCellThatDivergesLeavesTheOthersAsTheyAre() throws IOException {
    Study study = wild(SETTINGS);
    Path alone = folder.resolve("wild-alone");
    Path lanes = folder.resolve("wild-lanes");
    TinyStudies.run(study, alone, new Heard());
    Heard heard = new Heard();
    assertEquals(new StudyRunner.Summary(3, 0, 0, false), run(study, lanes, 3, heard));
    Map<Cell, CellResult> expected = results(study, alone);
    int diverged = 0;
    for (Map.Entry<Cell, CellResult> entry : results(study, lanes).entrySet()) {
      CellResult before = expected.get(entry.getKey());
      assertEquals(before.finished(), entry.getValue().finished(), entry.getKey().title());
      if (before.finished()) {
        assertAlike(entry.getKey(), 3, before.run(), entry.getValue().run());
      } else {
        diverged++;
        assertEquals(before.run().steps(), entry.getValue().run().steps());
      }
    }
    assertEquals(1, diverged);
  }

  /** Three trainings, of which one has a rate that nothing survives. */
  private static Study wild(Overrides settings) {
    StudyMethod lora = StudyMethod.standard("lora");
    StudyMethod swept =
        new StudyMethod(
            lora.name(),
            lora.base(),
            lora.settings(),
            lora.perTask(),
            Map.of(
                "lr",
                List.of(
                    DoubleNode.valueOf(0.01), DoubleNode.valueOf(1e30), DoubleNode.valueOf(0.02))),
            Map.of());
    return Study.of(
        List.of("lengths"),
        "tiny",
        List.of(1L),
        settings.with(Overrides.of("clip", "0")),
        List.of(swept));
  }

  /** Which steps share one does not depend on the time that anything takes. */
  @Test
  void theSameStudyEndsWithTheSameBits() throws IOException {
    Study study = TinyStudies.study(List.of("lengths"), 5, SETTINGS, List.of("lora"));
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    run(study, first, 3, new Heard());
    run(study, second, 3, new Heard());
    StudyRunnerTest.assertSameNumbers(results(study, first), results(study, second));
  }

  /** Hears of every step of every cell. */
  private static StudyListener onStep(Consumer<TrainingListener.Progress> heard) {
    return new StudyListener() {
      @Override
      public List<TrainingListener> followers(Cell cell, Duration leftAfterwards) {
        return List.of(
            new TrainingListener() {
              @Override
              public void stepFinished(Progress progress) {
                heard.accept(progress);
              }
            });
      }
    };
  }

  @Test
  void aStudyThatIsStoppedGoesOnWhereItsCellsWere() throws IOException {
    Study study = TinyStudies.study(List.of("lengths"), 4, SETTINGS, List.of("lora"));
    Path whole = folder.resolve("whole");
    run(study, whole, 2, new Heard());
    Path stopped = folder.resolve("stopped");
    AtomicReference<Runnable> stop = new AtomicReference<>();
    StudyListener stopping =
        onStep(
            progress -> {
              if (progress.step() == 10) {
                stop.get().run();
              }
            });
    StudyRunner.Summary first = run(study, stopped, 2, stopping, stop);
    assertTrue(first.stopped());
    assertEquals(0, first.failed());
    assertTrue(first.left() > 0, first.toString());
    assertEquals(new StudyRunner.Summary(4, 0, 0, false), run(study, stopped, 2, new Heard()));
    Map<Cell, CellResult> expected = results(study, whole);
    results(study, stopped)
        .forEach((cell, result) -> assertAlike(cell, 2, expected.get(cell).run(), result.run()));
  }

  @Test
  void cellsThatHaveNoLanesRunBesideOthersInSessionsOfTheirOwn() throws IOException {
    Study study =
        TinyStudies.study(
            List.of("classes"), 2, SETTINGS, List.of("adalora", "lora", "meta-weight"));
    Path alone = folder.resolve("mixed-alone");
    Path lanes = folder.resolve("mixed");
    TinyStudies.run(study, alone, new Heard());
    Heard heard = new Heard();
    assertEquals(new StudyRunner.Summary(6, 0, 0, false), run(study, lanes, 8, heard));
    assertEquals(List.of(), heard.warnings);
    Map<Cell, CellResult> expected = results(study, alone);
    results(study, lanes)
        .forEach(
            (cell, result) ->
                assertAlike(
                    cell,
                    cell.method().equals("lora") ? 6 : 1,
                    expected.get(cell).run(),
                    result.run()));
  }

  @Test
  void whatFailsInOneLaneEndsTheStudyAtOnce() throws IOException {
    Study study = TinyStudies.study(List.of("classes"), 8, SETTINGS, List.of("lora"));
    AtomicInteger steps = new AtomicInteger();
    StudyListener failing =
        onStep(
            progress -> {
              if (steps.incrementAndGet() == 5) {
                throw new AssertionError("no more");
              }
            });
    Path directory = folder.resolve("failing");
    AssertionError failure =
        assertThrows(AssertionError.class, () -> run(study, directory, 1, failing));
    assertEquals("no more", failure.getMessage());
    assertTrue(steps.get() <= 6 + Runtime.getRuntime().availableProcessors());
    assertEquals(Map.of(), results(study, directory));
  }

  /** Each thread has a full step at any time, unless there are too few cells. */
  @Test
  void thereArePlacesForFullSteps() {
    RunSize size = new RunSize(100, 64, 3, 1, 100);
    int cores = Runtime.getRuntime().availableProcessors();
    assertEquals(new LanePlan(1, cores, cores, cores > 1), plan(OptionalInt.empty(), 100, size));
    LanePlan four = plan(OptionalInt.of(4), 100, size);
    assertEquals(Math.min(3 * 3 + 1 + 4 * (cores - 1), Math.max(cores, 16)), four.places());
    assertEquals(2, plan(OptionalInt.of(4), 2, size).places());
    RunSize large = new RunSize(100, 1e9, 3, 1, 100);
    assertEquals(1, plan(OptionalInt.empty(), 100, large).threads());
    assertThrows(IllegalArgumentException.class, () -> new SideBySide(OptionalInt.of(0), false));
  }

  private static LanePlan plan(OptionalInt width, int trainings, RunSize size) {
    try (PretrainedEncoder model = TinyStudies.model()) {
      return new SideBySide(width, true).plan(trainings, size, model);
    }
  }
}
