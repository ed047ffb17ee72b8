package org.bilora.bench.report;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.bilora.bench.study.CellResult;
import org.bilora.data.MetricName;
import org.bilora.train.EpochRecord;
import org.bilora.train.RunRecord;

/** All epochs of all cells as one table, for tools that read CSV. */
final class CellsCsv {
  private static final List<String> COLUMNS =
      List.of(
          "task",
          "method",
          "seed",
          "status",
          "epoch",
          "best",
          "step",
          "training_loss",
          "d2_loss",
          "held_out_loss");
  private static final List<String> LAST =
      List.of("seconds", "seconds_per_step", "trained_parameters", "commit", "result");

  private CellsCsv() {}

  static String of(StudyResults results) {
    List<String> header = new ArrayList<>(COLUMNS);
    for (MetricName metric : MetricName.ofPredictions()) {
      header.add(metric.id());
    }
    header.addAll(LAST);
    StringBuilder text = new StringBuilder();
    CSVFormat format =
        CSVFormat.RFC4180
            .builder()
            .setHeader(header.toArray(String[]::new))
            .setRecordSeparator("\n")
            .get();
    try (CSVPrinter csv = new CSVPrinter(text, format)) {
      for (CellResult result : results.results().values()) {
        for (EpochRecord epoch : result.run().epochs()) {
          csv.printRecord(row(result, epoch));
        }
        if (result.run().epochs().isEmpty()) {
          csv.printRecord(
              result.cell().task(),
              result.cell().method(),
              result.cell().seed(),
              status(result.run()));
        }
      }
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return text.toString();
  }

  private static List<Object> row(CellResult result, EpochRecord epoch) {
    RunRecord run = result.run();
    List<Object> row = new ArrayList<>();
    row.add(result.cell().task());
    row.add(result.cell().method());
    row.add(result.cell().seed());
    row.add(status(run));
    row.add(epoch.epoch());
    row.add(run.best().map(best -> best.epoch() == epoch.epoch() ? 1 : 0).orElse(0));
    row.add(epoch.step());
    row.add(epoch.lowerLoss());
    row.add(optional(epoch.upperLoss()));
    row.add(epoch.devLoss());
    Map<MetricName, Double> metrics = epoch.metrics();
    for (MetricName metric : MetricName.ofPredictions()) {
      row.add(metrics.containsKey(metric) ? metrics.get(metric) : "");
    }
    row.add(epoch.seconds());
    row.add(optional(epoch.secondsPerStep()));
    row.add(run.trainedParameters());
    row.add(run.provenance().commit());
    row.add(result.cell().fileName() + ".json");
    return row;
  }

  private static String status(RunRecord run) {
    return run.status() == RunRecord.Status.FINISHED ? "finished" : "diverged";
  }

  private static Object optional(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : "";
  }
}
