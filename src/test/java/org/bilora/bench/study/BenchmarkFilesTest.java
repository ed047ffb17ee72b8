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
    List<Path> folders;
    try (Stream<Path> all = Files.walk(Path.of("benchmarks"), 3)) {
      folders = all.filter(folder -> folder.endsWith("results/cells")).toList();
    }
    assertTrue(folders.size() > 2, folders.toString());
    for (Path folder : folders) {
      Path results = folder.getParent();
      List<Cell> cells = Cell.of(StudyFile.read(results.resolveSibling("study.yaml")));
      List<String> warnings = new ArrayList<>();
      Map<Cell, CellResult> read = new ResultStore(results, warnings::add).read(cells);
      assertEquals(List.of(), warnings);
      assertEquals(cells.size(), read.size(), results.toString());
      read.forEach((cell, result) -> assertEquals(result.key(), cell.key(), cell.title()));
    }
  }
}
