package org.bilora.bench.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

/** Writes the report of a study. */
public final class StudyReport {
  /** The file that people read. */
  public static final String FILE = "report.md";

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
   * Writes {@code report.md}, {@code report.json}, {@code cells.csv} and {@code plots/*.png}.
   *
   * @param svg whether the plots are drawn as SVG, too
   * @throws IOException when a file cannot be written
   */
  public void write(boolean svg) throws IOException {
    List<Table> tables = tables();
    write("report.json", JSON.writeValueAsString(json(tables)) + "\n");
    write("cells.csv", CellsCsv.of(results));
    StringBuilder markdown = new StringBuilder(Conditions.introduction(results));
    markdown.append(Answers.of(results));
    tables.forEach(table -> markdown.append(table.markdown()));
    markdown
        .append("## Plots%n%n".formatted())
        .append(PlotFiles.write(results, directory.resolve("plots"), svg));
    write(FILE, markdown.toString().stripTrailing() + "\n");
  }

  /** The overview, for a terminal. */
  public String overview() {
    return scores().markdown();
  }

  private Table scores() {
    return results.study().generation()
        ? GenerationTables.overview(results)
        : ScoreTables.overview(results);
  }

  private List<Table> tables() {
    List<Table> tables =
        new ArrayList<>(
            List.of(
                scores(),
                EpochTable.of(results),
                ComparisonTable.of(results),
                ComparisonTable.ofLastEpoch(results),
                ScoreTables.details(results),
                GapTable.of(results),
                CostTable.of(results),
                AdapterTable.of(results),
                results.study().generation()
                    ? GenerationTables.published(results)
                    : PublishedTable.of(results),
                Conditions.settings(results)));
    if (results.study().generation()) {
      tables.add(1, GenerationTables.groups(results));
      tables.add(tables.size() - 1, GenerationTables.decoding(results));
      tables.add(tables.size() - 1, GenerationTables.samples(results));
    }
    tables.removeIf(table -> table.rows().isEmpty());
    int commits = results.commits().size();
    if (commits > 1) {
      tables.replaceAll(
          table ->
              table.withNote(
                  "**The cells of this table were made with %d different commits.**"
                      .formatted(commits)));
    }
    return tables;
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
