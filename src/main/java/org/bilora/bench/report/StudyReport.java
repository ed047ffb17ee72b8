package org.bilora.bench.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Study;
import org.bilora.train.RunJson;
import org.bilora.weights.AtomicFile;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.internal.chartpart.Chart;

/** Writes the report of a study. */
public final class StudyReport {
  private static final ObjectMapper JSON =
      RunJson.mapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final StudyResults results;
  private final Path directory;

  /**
   * A report.
   *
   * @param cells all of the study's
   * @param results of those that have one; at least one
   * @param directory that it is written to
   */
  public StudyReport(Study study, List<Cell> cells, Map<Cell, CellResult> results, Path directory) {
    if (results.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no result in %s; run the study first".formatted(directory));
    }
    this.results =
        new StudyResults(study, ImmutableList.copyOf(cells), ImmutableMap.copyOf(results));
    this.directory = directory;
  }

  /**
   * Writes {@code report.md}, {@code report.json}, {@code cells.csv} and {@code plots/*.svg}.
   *
   * @throws IOException when a file cannot be written
   */
  public void write() throws IOException {
    List<Table> tables = tables();
    Map<String, Chart<?, ?>> plots = plots();
    StringBuilder markdown = new StringBuilder(Conditions.introduction(results));
    tables.forEach(table -> markdown.append(table.markdown()));
    markdown.append("## Plots%n%nMeans over seeds.%n%n".formatted());
    plots.forEach(
        (name, chart) ->
            markdown.append("![%s](plots/%s.svg)%n%n".formatted(chart.getTitle(), name)));
    write("report.md", markdown.toString().stripTrailing() + "\n");
    write("report.json", JSON.writeValueAsString(json(tables)) + "\n");
    write("cells.csv", CellsCsv.of(results));
    Path folder = directory.resolve("plots");
    Files.createDirectories(folder);
    for (Map.Entry<String, Chart<?, ?>> plot : plots.entrySet()) {
      AtomicFile.write(
          folder.resolve(plot.getKey() + ".svg"),
          out ->
              VectorGraphicsEncoder.saveVectorGraphic(
                  plot.getValue(), out, VectorGraphicsEncoder.VectorGraphicsFormat.SVG));
    }
  }

  /** Writes the plots as PNG files too, for what shows no SVG. */
  public void writePng() throws IOException {
    Path folder = directory.resolve("plots");
    Files.createDirectories(folder);
    for (Map.Entry<String, Chart<?, ?>> plot : plots().entrySet()) {
      AtomicFile.write(
          folder.resolve(plot.getKey() + ".png"),
          out -> BitmapEncoder.saveBitmap(plot.getValue(), out, BitmapEncoder.BitmapFormat.PNG));
    }
  }

  /** The overview, for a terminal. */
  public String overview() {
    return ScoreTables.overview(results).markdown();
  }

  private List<Table> tables() {
    List<Table> tables =
        new ArrayList<>(
            List.of(
                ScoreTables.overview(results),
                ComparisonTable.of(results),
                ScoreTables.details(results),
                GapTable.of(results),
                CostTable.of(results),
                AdapterTable.of(results),
                PublishedTable.of(results),
                Conditions.settings(results)));
    tables.removeIf(table -> table.rows().isEmpty());
    return tables;
  }

  private Map<String, Chart<?, ?>> plots() {
    // Nothing is shown on a screen, and there may be none.
    System.setProperty("java.awt.headless", "true");
    return Plots.of(results);
  }

  private Map<String, Object> json(List<Table> tables) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("study", results.study());
    json.put("cells", results.cells().size());
    json.put("finished", results.results().size());
    tables.forEach(table -> json.put(table.id(), table.json()));
    return json;
  }

  private void write(String name, String text) throws IOException {
    AtomicFile.write(
        directory.resolve(name), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }
}
