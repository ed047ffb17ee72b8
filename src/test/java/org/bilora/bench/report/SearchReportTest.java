package org.bilora.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Study;
import org.bilora.bench.study.StudyFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchReportTest {
  @TempDir Path folder;

  private Study search(String more) throws IOException {
    return StudyFile.read(
        Files.writeString(
            folder.resolve("study.yaml"),
            more
                + """
            tasks: [rte]
            model: tiny
            seeds: [1, 2]
            select_on: training
            trials: 3
            methods:
              - name: lora
                ranges: {lr: {from: 1e-4, to: 1e-2}}
              - name: bilora
                ranges: {lr: {from: 1e-4, to: 1e-2}, hypergradient: {values: [exact, darts]}}
            """));
  }

  @Test
  void theBestMeanOverSeedsIsChosenAndFitsAStudyFile() throws IOException {
    Study search = search("");
    List<Cell> cells = Cell.of(search);
    Map<Cell, CellResult> results = SyntheticResults.results(cells);
    // The scores of the third trials are those of later seeds, which the formula makes better.
    for (Cell cell : cells) {
      if (cell.method().endsWith("trial-3")) {
        results.put(cell, CellResult.of(cell, SyntheticResults.run(cell, cell.seed() + 5)));
      }
    }
    SearchReport report = new SearchReport(search, cells, results, folder);
    report.write();
    Cell third =
        cells.stream().filter(c -> c.method().equals("bilora trial-3")).findFirst().orElseThrow();
    double rate = third.settings().optimizer().learningRate();
    JsonNode json = new ObjectMapper().readTree(folder.resolve("search.json").toFile());
    JsonNode chosen = json.path("chosen").path("bilora").path("rte");
    assertEquals(rate, chosen.path("lr").asDouble());
    assertEquals(6, json.path("trials").path("rows").size());
    String whole = "tasks: [rte]\nmodel: tiny\nseeds: [1]\n" + report.chosen();
    Study study = StudyFile.read(Files.writeString(folder.resolve("chosen.yaml"), whole));
    Cell bilora =
        Cell.of(study).stream().filter(c -> c.method().equals("bilora")).findFirst().orElseThrow();
    assertEquals(rate, bilora.settings().optimizer().learningRate());
    assertEquals(third.settings().method(), bilora.settings().method());
    String text = Files.readString(folder.resolve("search.md"));
    assertTrue(text.contains("3 trials per task, each with 2 seeds"), text);
    assertTrue(text.contains("the dev split was not looked at"), text);
  }

  @Test
  void whatIsChosenUnderWrongLabelsStandsUnderTheTaskItself() throws IOException {
    Study search = search("label_noise: [0.4]\n");
    List<Cell> cells = Cell.of(search);
    SearchReport report = new SearchReport(search, cells, SyntheticResults.results(cells), folder);
    String whole = "tasks: [rte]\nmodel: tiny\nseeds: [1]\n" + report.chosen();
    Study study = StudyFile.read(Files.writeString(folder.resolve("chosen.yaml"), whole));
    assertEquals(List.of("lora", "bilora"), study.methods().stream().map(m -> m.name()).toList());
    report.write();
    JsonNode json = new ObjectMapper().readTree(folder.resolve("search.json").toFile());
    assertTrue(json.at("/chosen/lora/rte").has("lr"), json.path("chosen").toString());
  }
}
