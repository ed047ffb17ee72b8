package org.bilora.bench.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bilora.bench.statistics.PairedTest;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Study;
import org.bilora.data.MetricName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyReportTest {
  @TempDir Path folder;

  private JsonNode report(Study study, Map<Cell, CellResult> results) throws IOException {
    Path directory = Files.createDirectories(folder.resolve("report"));
    new StudyReport(study, Cell.of(study), results, directory).write(true);
    return new ObjectMapper().readTree(directory.resolve("report.json").toFile());
  }

  private static JsonNode row(JsonNode report, String table, String... cells) {
    for (JsonNode row : report.path(table).path("rows")) {
      List<String> values =
          row.properties().stream().map(field -> field.getValue().asText()).toList();
      if (values.containsAll(List.of(cells))) {
        return row;
      }
    }
    throw new AssertionError("no row of %s with %s".formatted(table, List.of(cells)));
  }

  @Test
  void scoresAreTheBestEpochsOverSeeds() throws IOException {
    Study study = SyntheticResults.study(3, "lora", "bilora");
    JsonNode report = report(study, SyntheticResults.results(Cell.of(study)));
    JsonNode bilora = row(report, "score_details", "rte", "bilora");
    assertEquals(0.57, bilora.path("mean").asDouble(), 1e-12);
    assertEquals(0.01, bilora.path("standard deviation").asDouble(), 1e-12);
    // 4.302653 is Student's t at 0.975 with two degrees of freedom.
    assertEquals(0.57 - 4.302653 * 0.01 / Math.sqrt(3), bilora.path("95% low").asDouble(), 1e-7);
    assertEquals(3, bilora.path("seeds").asInt());
    assertEquals("57.0 ± 1.0 (3)", row(report, "scores", "bilora").path("rte (accuracy)").asText());
  }

  @Test
  void comparisonsPairSeedsAndAreCorrectedOverAllLines() throws IOException {
    Study study = SyntheticResults.study(4, "lora", "bilora");
    Map<Cell, CellResult> results = SyntheticResults.results(Cell.of(study));
    // One seed of lora is missing: only the other three are compared.
    results.remove(Cell.of(study).get(0));
    JsonNode line = row(report(study, results), "comparisons", "rte", "lora");
    assertEquals(3, line.path("seeds").asInt());
    assertEquals(2, line.path("difference").asDouble(), 1e-9);
    double p = line.path("p").asDouble();
    assertEquals(
        PairedTest.of(new double[] {.57, .58, .59}, new double[] {.55, .56, .57}).p(), p, 1e-6);
    assertTrue(line.path("p (Wilcoxon)").isNull());
  }

  @Test
  void costsHaveTheTimeToTheScoreOfLora() throws IOException {
    Study study = SyntheticResults.study(2, "lora", "bilora");
    JsonNode report = report(study, SyntheticResults.results(Cell.of(study)));
    JsonNode bilora = row(report, "costs", "rte", "bilora");
    // Lora's best is 0.53 + 0.01 seed; bilora is there after its first epoch of 30 s.
    assertEquals(30, bilora.path("seconds to lora's score").asDouble(), 1e-9);
    assertEquals(30, row(report, "costs", "rte", "lora").path("seconds to lora's score").asInt());
    assertEquals(2.5, bilora.path("seconds per step").asDouble(), 1e-9);
    assertEquals(1024, bilora.path("peak memory, MiB").asInt());
  }

  @Test
  void theGapIsHeldOutLossMinusTrainingLoss() throws IOException {
    Study study = SyntheticResults.study(2, "lora", "bilora");
    JsonNode report = report(study, SyntheticResults.results(Cell.of(study)));
    JsonNode lora = row(report, "generalisation", "rte", "lora");
    assertEquals(0.57 - 0.3, lora.path("gap").asDouble(), 1e-12);
    assertEquals(0.59 - 0.4, lora.path("gap at the best epoch").asDouble(), 1e-12);
    assertTrue(lora.path("D2 loss").isNull());
  }

  @Test
  void whereLabelsAreSmoothedTheGapIsSaidToSayNothing() throws IOException {
    Study texts = SyntheticResults.ofTexts(1, "lora", "bilora");
    String warning = "With label smoothing the training loss";
    report(texts, SyntheticResults.resultsOfTexts(Cell.of(texts)));
    assertTrue(Files.readString(folder.resolve("report/report.md")).contains(warning));
    Study labels = SyntheticResults.study(1, "lora", "bilora");
    report(labels, SyntheticResults.results(Cell.of(labels)));
    assertFalse(Files.readString(folder.resolve("report/report.md")).contains(warning));
  }

  @Test
  void equalResultsGiveEqualBytes() throws IOException {
    Study study = SyntheticResults.study(2, "lora", "bilora");
    Map<Cell, CellResult> results = SyntheticResults.results(Cell.of(study));
    Path first = Files.createDirectories(folder.resolve("first"));
    Path second = Files.createDirectories(folder.resolve("second"));
    new StudyReport(study, Cell.of(study), results, first).write(true);
    new StudyReport(study, Cell.of(study), results, second).write(true);
    int compared = 0;
    try (Stream<Path> files = Files.walk(first)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertArrayEquals(
            Files.readAllBytes(file),
            Files.readAllBytes(second.resolve(first.relativize(file))),
            file.toString());
        compared++;
      }
    }
    // Eleven plots of rte; stsb has no calibration error.
    assertEquals(3 + 2 * (11 + 10), compared);
  }

  @Test
  void anUnfinishedStudySaysSoAndEveryPlotOfTheReportIsThere() throws IOException {
    Study study = SyntheticResults.study(2, "lora", "bilora");
    Map<Cell, CellResult> results = SyntheticResults.results(Cell.of(study));
    results.remove(Cell.of(study).get(0));
    report(study, results);
    String text = Files.readString(folder.resolve("report/report.md"));
    assertTrue(text.contains("7 of 8 cells"), text);
    assertTrue(text.contains("The study is not finished"), text);
    text.lines()
        .filter(line -> line.startsWith("!["))
        .map(line -> line.replaceFirst(".*\\((.*)\\)$", "$1"))
        .forEach(plot -> assertTrue(Files.exists(folder.resolve("report").resolve(plot)), plot));
    assertFalse(text.contains("NaN"), text);
  }

  @Test
  void theCsvHasALinePerEpoch() throws IOException {
    Study study = SyntheticResults.study(1, "lora", "bilora");
    report(study, SyntheticResults.results(Cell.of(study)));
    List<String> lines = Files.readAllLines(folder.resolve("report/cells.csv"));
    assertEquals(1 + 4 * 4, lines.size());
    long columns = lines.get(0).chars().filter(c -> c == ',').count();
    assertTrue(lines.stream().allMatch(l -> l.chars().filter(c -> c == ',').count() == columns));
    assertEquals(4, lines.stream().filter(line -> line.contains("finished,3,1,")).count());
  }

  private static Map<Cell, CellResult> withConstant(Study study, double constant) {
    Map<Cell, CellResult> results = new LinkedHashMap<>();
    for (Cell cell : Cell.of(study)) {
      results.put(
          cell,
          CellResult.of(
              cell,
              SyntheticResults.run(cell),
              ImmutableMap.of(MetricName.ACCURACY, constant, MetricName.PEARSON, 0.0)));
    }
    return results;
  }

  @Test
  void scoresOfTheLargestClassAreMarkedAndTheirTasksLeftOutOfMeans() throws IOException {
    Study study = SyntheticResults.study(2, "lora", "bilora");
    JsonNode report = report(study, withConstant(study, 0.5));
    // 0.545 and 0.565 of 50 examples are within 1.645 standard errors of 0.5.
    assertEquals(
        "54.5 ± 0.7 (2) **at chance**",
        row(report, "scores", "lora").path("rte (accuracy)").asText());
    assertEquals("54.5 ± 0.7 (2)", row(report, "scores", "lora").path("stsb (pearson)").asText());
    assertTrue(row(report, "scores", "lora").path("mean of tasks").isMissingNode());
    assertEquals("at chance", row(report, "score_details", "rte", "lora").path("warning").asText());
    JsonNode learnt = report(study, withConstant(study, 0.2));
    assertEquals("54.5 ± 0.7 (2)", row(learnt, "scores", "lora").path("rte (accuracy)").asText());
    assertEquals(54.5, row(learnt, "scores", "lora").path("mean of tasks").asDouble(), 1e-9);
  }

  @Test
  void theChosenTheBestAndTheLastEpochStandSideBySide() throws IOException {
    Study study = SyntheticResults.study(2, "lora", "bilora");
    Map<Cell, CellResult> results = new LinkedHashMap<>();
    // Chosen is the first epoch, as on another set; the formula is best from the third on.
    SyntheticResults.results(Cell.of(study))
        .forEach(
            (cell, result) ->
                results.put(cell, CellResult.of(cell, SyntheticResults.chosen(result.run(), 1))));
    JsonNode line = row(report(study, results), "epochs", "rte", "lora");
    assertEquals("52.5 ± 0.7 (2)", line.path("chosen").asText());
    assertEquals("54.5 ± 0.7 (2)", line.path("best").asText());
    assertEquals("54.5 ± 0.7 (2)", line.path("last").asText());
    assertEquals(0.63, line.path("held-out loss, chosen").asDouble(), 1e-9);
    assertEquals(0.57, line.path("least").asDouble(), 1e-9);
    assertEquals(0.02, line.path("calibration error, chosen").asDouble(), 1e-9);
    assertEquals(0.08, line.path("last  ").asDouble(), 1e-9);
    JsonNode last = row(report(study, results), "comparisons_of_last_epochs", "rte", "lora");
    assertEquals(2, last.path("difference").asDouble(), 1e-9);
  }

  @Test
  void cellsOfSeveralCommitsAreWarnedOfInEveryTable() throws IOException {
    Study study = SyntheticResults.study(2, "lora", "bilora");
    Map<Cell, CellResult> results = new LinkedHashMap<>(SyntheticResults.results(Cell.of(study)));
    assertFalse(report(study, results).path("costs").path("note").asText().contains("commits"));
    Cell first = Cell.of(study).get(0);
    results.put(
        first, CellResult.of(first, SyntheticResults.ofCommit(results.get(first).run(), "b")));
    JsonNode report = report(study, results);
    for (String table : List.of("scores", "comparisons", "costs", "epochs")) {
      assertTrue(report.path(table).path("note").asText().contains("2 different commits"), table);
    }
  }

  @Test
  void textOfAStudyIsShownNotObeyed() throws IOException {
    Study study =
        SyntheticResults.study(1, "lora", "bilora")
            .withDescription("<script>alert(1)</script>\n\nif a < b & c");
    report(study, SyntheticResults.results(Cell.of(study)));
    String text = Files.readString(folder.resolve("report/report.md"));
    assertFalse(text.contains("<script>"), text);
    assertTrue(text.contains("&lt;script>alert(1)&lt;/script>"), text);
    assertTrue(text.contains("if a &lt; b &amp; c"), text);
    assertEquals("a &lt;img> b \\| c", Markdown.cell("a <img>\n b | c"));
  }

  @Test
  void regimesOfATaskHaveLinesAndPlotsOfTheirOwn() throws IOException {
    Study study = SyntheticResults.study(2, "lora", "bilora").withTrainExamples(List.of(100, 300));
    JsonNode report = report(study, SyntheticResults.results(Cell.of(study)));
    assertEquals(2 * 2 * 2, report.path("score_details").path("rows").size());
    row(report, "comparisons", "rte, 300 examples", "lora");
    assertTrue(Files.exists(folder.resolve("report/plots/loss-rte_300_examples.png")));
    assertEquals(
        "rte, 100 examples", report.path("settings").path("rows").get(0).path("task").asText());
  }

  @Test
  void ofADataSetOfManyFilesTheFirstAndTheLastAreNamed() {
    String three = "a.xml, b.xml, c.xml (20 of 30 pairs)";
    assertEquals(three, Conditions.fewFiles(three));
    assertEquals(
        "8 files, 1.xml to 8.xml (20 of 30 pairs, seed 0) (9 of 10 dev pairs)",
        Conditions.fewFiles(
            "1.xml, 2.xml, 3.xml, 4.xml, 5.xml, 6.xml, 7.xml (counted once), 8.xml"
                + " (20 of 30 pairs, seed 0) (9 of 10 dev pairs)"));
    assertEquals(
        "8 files, 1.xml to 8.xml (20 of 30 pairs, seed 0)",
        Conditions.fewFiles(
            "1.xml, 2.xml, 3.xml, 4.xml, 5.xml, 6.xml, 7.xml, 8.xml (20 of 30 pairs, seed 0)"));
  }

  @Test
  void withoutAnyResultThereIsNoReport() {
    Study study = SyntheticResults.study(1, "lora");
    assertThrows(
        IllegalArgumentException.class,
        () -> new StudyReport(study, Cell.of(study), Map.of(), folder));
  }

  @Test
  void textsAreScoredComparedAndShownSideBySide() throws IOException {
    Study study = SyntheticResults.ofTexts(3, "lora", "bilora");
    List<Cell> cells = Cell.of(study);
    JsonNode report = report(study, SyntheticResults.resultsOfTexts(cells));
    assertEquals("64.0 ± 1.0 (3)", row(report, "scores", "bilora").path("BLEU").asText());
    assertEquals("2.00 ± 0.00 (3)", row(report, "scores", "bilora").path("CIDEr").asText());
    JsonNode seen = row(report, "groups", "seen categories (4)");
    assertEquals("72.0 ± 1.0 (3)", seen.path("BLEU").asText());
    assertEquals("–", seen.path("CIDEr").asText());
    assertEquals("–", row(report, "scores", "bilora").path("METEOR").asText());
    assertEquals(
        0.64, row(report, "score_details", "bilora", "BLEU").path("mean").asDouble(), 1e-9);
    // Less TER is better: the winner is ahead by as much.
    for (String metric : List.of("BLEU", "TER")) {
      JsonNode line = row(report, "comparisons", "e2e, " + metric, "lora");
      assertEquals(2, line.path("difference").asDouble(), 1e-9);
    }
    assertEquals(0, row(report, "comparisons", "e2e, CIDEr", "lora").path("difference").asDouble());
    assertEquals(1, row(report, "decoding", "bilora").path("texts without an end").asInt());
    assertEquals(2, row(report, "decoding", "bilora").path("texts per second").asDouble(), 1e-9);
    assertEquals(62.0, row(report, "published", "lora (here)").path("BLEU").asDouble(), 1e-9);
    assertEquals(70.4, row(report, "published", "LoRA (Hu et al. 2021)").path("BLEU").asDouble());
    assertEquals(
        "bilora, seed 1 | text 5", row(report, "samples", "5", "bilora").path("text").asText());
    assertEquals(2 * (1 + 2) + 3 + 1, report.path("samples").path("rows").size());
    String text = Files.readString(folder.resolve("report/report.md"));
    assertFalse(text.contains("lower_fraction"), text);
    assertTrue(text.contains("| e2e | 2 | lora | lora, seed 1 \\| text 2 |"), text);
    assertTrue(
        text.contains("for 7 inputs, in equal steps, of the test split, with 10 beams"), text);
    assertFalse(text.contains("NaN"), text);
  }

  @Test
  void timeToTheScoreOfLoraIsByFallingPerplexity() throws IOException {
    Study study = SyntheticResults.ofTexts(2, "lora", "bilora");
    JsonNode report = report(study, SyntheticResults.resultsOfTexts(Cell.of(study)));
    // What the formula calls a score grows by epoch, so that as a perplexity it is least in the
    // first; bilora's is never as low as lora's of the third, the best one by its record.
    assertEquals(10, row(report, "costs", "lora").path("seconds to lora's score").asInt());
    assertEquals("2 of 2", row(report, "costs", "lora").path("seeds that reach it").asText());
  }

  @Test
  void theCsvOfTextsHasTheirMetricsInTheBestEpochsLine() throws IOException {
    Study study = SyntheticResults.ofTexts(1, "lora");
    report(study, SyntheticResults.resultsOfTexts(Cell.of(study)));
    List<String> lines = Files.readAllLines(folder.resolve("report/cells.csv"));
    List<String> header = List.of(lines.get(0).split(","));
    int bleu = header.indexOf("BLEU");
    assertEquals("", lines.get(1).split(",")[bleu]);
    assertEquals(0.61, Double.parseDouble(lines.get(3).split(",")[bleu]), 1e-9);
    assertTrue(header.contains("perplexity") && !header.contains("matthews"), lines.get(0));
  }
}
