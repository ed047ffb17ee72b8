package org.bilora.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The study files of this project. */
class BenchmarkFilesTest {
  @Test
  void everyStudyFileUnfoldsIntoDifferentCells() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(Path.of("benchmarks"), 2)) {
      files = all.filter(file -> file.endsWith("study.yaml")).toList();
    }
    assertTrue(files.size() > 2, files.toString());
    for (Path file : files) {
      Study study = StudyFile.read(file);
      List<Cell> cells = Cell.of(study);
      assertEquals(cells.size(), cells.stream().map(Cell::key).distinct().count(), file.toString());
      assertTrue(study.description().isPresent(), file.toString());
    }
  }

  @Test
  void storedResultsAreStillReadAndTheirCellsStillHaveTheirKeys() throws IOException {
    Study search = StudyFile.read(Path.of("benchmarks/search-minilm/study.yaml"));
    List<String> warnings = new ArrayList<>();
    ResultStore store = new ResultStore(Path.of("benchmarks/search-minilm/results"), warnings::add);
    Map<Cell, CellResult> results = store.read(Cell.of(search));
    assertEquals(List.of(), warnings);
    assertEquals(8, results.size());
    results.forEach((cell, result) -> assertEquals(result.key(), cell.key(), cell.title()));
  }
}
