package org.bilora.bench.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.data.Task;
import org.bilora.eval.Calibration;
import org.bilora.eval.ClassReport;
import org.bilora.eval.ConfusionMatrix;
import org.bilora.eval.Evaluation;
import org.bilora.eval.TaskOutputs;
import org.bilora.weights.AtomicFile;

/**
 * What an evaluation says in detail:
 *
 * <pre>
 * report.md         metrics; precision, recall and F1 by class; the confusion matrix; calibration
 * report.json       the same
 * confusion.png     the matrix, each row as shares
 * reliability.png   how often decisions are right, over how sure the model is of them
 * </pre>
 *
 * For scores there are the metrics alone.
 */
public final class EvaluationReport {
  private final String title;
  private final Evaluation evaluation;
  private final Optional<ClassReport> classes;
  private final Optional<ConfusionMatrix> confusion;

  /**
   * The report of an evaluation.
   *
   * @param title such as the task and its split
   * @throws IllegalArgumentException when a prediction is not a number
   */
  public EvaluationReport(String title, Task task, Evaluation evaluation) {
    this.title = title;
    this.evaluation = evaluation;
    TaskOutputs outputs = TaskOutputs.of(task);
    this.classes = outputs.report(evaluation.expected(), evaluation.predicted());
    this.confusion = outputs.confusion(evaluation.expected(), evaluation.predicted());
  }

  /**
   * Writes all files, over those of an earlier report.
   *
   * @throws IOException when one cannot be written
   */
  public void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    String pictures = EvaluationPlots.write(folder, confusion, evaluation.calibration());
    write(folder.resolve("report.md"), markdown(pictures));
    write(folder.resolve("report.json"), json());
  }

  private static void write(Path file, String text) throws IOException {
    AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private String markdown(String pictures) {
    StringBuilder text = new StringBuilder("# %s%n%n".formatted(Markdown.inline(title)));
    tables().forEach(table -> text.append(table.markdown()));
    return text.append(pictures).toString().stripTrailing() + "\n";
  }

  private String json() throws IOException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("title", title);
    tables().forEach(table -> fields.put(table.id(), table.json()));
    return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(fields) + "\n";
  }

  private List<Table> tables() {
    List<Table> tables = new ArrayList<>();
    tables.add(metrics());
    classes.ifPresent(report -> tables.add(byClass(report)));
    confusion.ifPresent(matrix -> tables.add(matrix(matrix)));
    evaluation.calibration().ifPresent(calibration -> tables.add(reliability(calibration)));
    return tables;
  }

  private Table metrics() {
    List<List<Object>> rows = new ArrayList<>();
    evaluation
        .metrics()
        .forEach((metric, value) -> rows.add(List.of(metric.id(), Table.figure(value, 4))));
    rows.add(List.of("loss", Table.figure(evaluation.loss(), 4)));
    evaluation
        .calibration()
        .ifPresent(
            calibration ->
                rows.add(
                    List.of(
                        "expected calibration error",
                        Table.figure(calibration.expectedError(), 4))));
    return new Table(
        "metrics",
        "Metrics",
        "%,d examples.".formatted(evaluation.expected().size()),
        List.of("metric", "value"),
        rows);
  }

  private static Table byClass(ClassReport report) {
    List<ClassReport.Row> all = new ArrayList<>(report.classes());
    all.addAll(List.of(report.micro(), report.macro(), report.weighted()));
    List<List<Object>> rows = new ArrayList<>();
    for (ClassReport.Row row : all) {
      rows.add(
          List.of(
              row.name(),
              Table.figure(row.precision(), 4),
              Table.figure(row.recall(), 4),
              Table.figure(row.f1(), 4),
              Table.figure(row.support(), 0)));
    }
    return new Table(
        "classes", "By class", "", List.of("class", "precision", "recall", "F1", "expected"), rows);
  }

  private static Table matrix(ConfusionMatrix matrix) {
    List<String> columns = new ArrayList<>(List.of("expected \\ predicted"));
    columns.addAll(matrix.classes());
    List<List<Object>> rows = new ArrayList<>();
    for (int e = 0; e < matrix.classes().size(); e++) {
      List<Object> row = new ArrayList<>(List.of(matrix.classes().get(e)));
      for (long count : matrix.counts()[e]) {
        row.add(Table.figure(count, 0));
      }
      rows.add(row);
    }
    return new Table("confusion", "Confusion matrix", "", columns, rows);
  }

  private static Table reliability(Calibration calibration) {
    List<List<Object>> rows = new ArrayList<>();
    for (Calibration.Bin bin : calibration.bins()) {
      rows.add(
          List.of(
              "%.3f–%.3f".formatted(bin.from(), bin.to()),
              Table.figure(bin.count(), 0),
              Table.figure(bin.meanConfidence(), 4),
              Table.figure(bin.accuracy(), 4)));
    }
    return new Table(
        "reliability",
        "Reliability",
        "Decisions by the probability of what was decided.",
        List.of("probability", "decisions", "mean probability", "share that is right"),
        rows);
  }
}
