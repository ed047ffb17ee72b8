package org.bilora.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.bilora.bench.report.SyntheticResults;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HalvingTest {
  @TempDir Path folder;

  private Study search(int trials, int rungs) throws IOException {
    return StudyFile.read(
        Files.writeString(
            folder.resolve("study.yaml"),
            """
            tasks: [rte, cola]
            model: tiny
            seeds: [1, 2]
            select_on: training
            trials: %d
            rungs: %d
            budget: {steps: 100}
            methods:
              - name: lora
                ranges: {lr: {from: 1e-4, to: 1e-2}}
              - name: bilora
                ranges: {lr: {from: 1e-4, to: 1e-2}}
            """
                .formatted(trials, rungs)));
  }

  /** Trials score the better the larger their number is on rte, and the worse on cola. */
  private static Map<Cell, CellResult> results(List<Cell> cells) {
    Map<Cell, CellResult> results = new HashMap<>();
    for (Cell cell : cells) {
      int trial = Integer.parseInt(cell.method().substring(cell.method().lastIndexOf('-') + 1));
      int rank = cell.task().equals("rte") ? trial : 10 - trial;
      results.put(cell, CellResult.of(cell, SyntheticResults.run(cell, rank)));
    }
    return results;
  }

  private static Set<String> trials(List<Cell> cells, String task, String method) {
    return cells.stream()
        .filter(cell -> cell.task().equals(task) && cell.method().startsWith(method + " "))
        .map(cell -> cell.method().substring(method.length() + 1))
        .collect(Collectors.toSet());
  }

  @Test
  void theBetterHalfOfEachMethodsTrialsGoesOnWithTwiceTheSteps() throws IOException {
    Halving halving = new Halving(search(5, 3));
    List<Cell> first = halving.cells(0, Map.of());
    assertEquals(5 * 2 * 2 * 2, first.size());
    assertTrue(first.stream().allMatch(cell -> cell.settings().maxSteps() == 25));
    List<Cell> second = halving.cells(1, results(first));
    for (String method : List.of("lora", "bilora")) {
      assertEquals(Set.of("trial-3", "trial-4", "trial-5"), trials(second, "rte", method));
      assertEquals(Set.of("trial-1", "trial-2", "trial-3"), trials(second, "cola", method));
    }
    assertTrue(second.stream().allMatch(cell -> cell.settings().maxSteps() == 50));
    List<Cell> third = halving.cells(2, results(second));
    assertEquals(Set.of("trial-4", "trial-5"), trials(third, "rte", "bilora"));
    assertTrue(third.stream().allMatch(cell -> cell.settings().maxSteps() == 100));
    assertEquals(
        List.of(5, 3, 2), List.of(halving.trials(0), halving.trials(1), halving.trials(2)));
  }

  @Test
  void oneRungIsTheWholeSearch() throws IOException {
    Study search = search(4, 1);
    assertEquals(Cell.of(search), new Halving(search).cells(0, Map.of()));
  }

  @Test
  void rungsThatTrialsCannotBeHalvedForAreRefused() {
    IOException refused = assertThrows(IOException.class, () -> search(3, 3));
    assertTrue(
        refused.getMessage().contains("rungs is 3; 3 trials can be halved for 2"),
        refused::getMessage);
  }

  @Test
  void everyStandardMethodButFullOnesHasUsualRangesItsSettingsFit() {
    for (String name : StudyMethod.standardNames()) {
      Study study =
          Study.of(
              List.of("rte"),
              "tiny",
              List.of(1L),
              Overrides.NONE,
              List.of(StudyMethod.standard(name)));
      Study search = UsualRanges.search(study, 6, OptionalInt.of(2), Budget.ofSteps(40));
      assertTrue(search.methods().get(0).ranges().containsKey("learning_rate"), name);
      assertEquals(6, Set.copyOf(new Halving(search).cells(0, Map.of())).size(), name);
    }
  }
}
