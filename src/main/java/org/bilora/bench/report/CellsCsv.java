package org.bilora.bench.report;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.data.MetricName;
import org.bilora.eval.generation.GenerationMetric;
import org.bilora.train.EpochRecord;
import org.bilora.train.RunRecord;

/** All epochs of all cells as one table, for tools that read CSV. */
final class CellsCsv {
  private static final List<String> COLUMNS =
      List.of(
          "task",
          "method",
          "train_examples",
          "label_noise",
          "seed",
          "status",
          "epoch",
          "best",
          "step",
          "training_loss",
          "d2_loss",
          "held_out_loss",
          "calibration_error");
  private static final List<String> LAST =
      List.of("seconds", "seconds_per_step", "trained_parameters", "commit", "result");

  private CellsCsv() {}

  static String of(StudyResults results) {
    List<String> header = new ArrayList<>(COLUMNS);
    boolean texts = results.study().generation();
    List<MetricName> metrics = texts ? List.of(MetricName.PERPLEXITY) : MetricName.ofPredictions();
    metrics.forEach(metric -> header.add(metric.id()));
    List<Measure> ofTexts =
        Arrays.stream(GenerationMetric.values())
            .filter(metric -> texts)
            .<Measure>map(Measure.OfTexts::new)
            .toList();
    ofTexts.forEach(measure -> header.add(measure.id()));
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
          csv.printRecord(row(result, epoch, metrics, ofTexts));
        }
        if (result.run().epochs().isEmpty()) {
          csv.printRecord(
              result.cell().task(),
              result.cell().method(),
              size(result),
              noise(result),
              result.cell().seed(),
              status(result.run()));
        }
      }
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return text.toString();
  }

  /** Texts are the best epoch's, so that other epochs have no metrics of them. */
  private static List<Object> row(
      CellResult result, EpochRecord epoch, List<MetricName> metrics, List<Measure> ofTexts) {
    RunRecord run = result.run();
    List<Object> row = new ArrayList<>();
    row.add(result.cell().task());
    row.add(result.cell().method());
    row.add(size(result));
    row.add(noise(result));
    row.add(result.cell().seed());
    row.add(status(run));
    row.add(epoch.epoch());
    boolean best = run.best().filter(b -> b.epoch() == epoch.epoch()).isPresent();
    row.add(best ? 1 : 0);
    row.add(epoch.step());
    row.add(optional(epoch.lowerLoss()));
    row.add(optional(epoch.upperLoss()));
    row.add(epoch.devLoss());
    row.add(optional(epoch.calibrationError()));
    Map<MetricName, Double> values = epoch.metrics();
    for (MetricName metric : metrics) {
      row.add(values.containsKey(metric) ? values.get(metric) : "");
    }
    for (Measure measure : ofTexts) {
      row.add(best ? optional(measure.of(result)) : "");
    }
    row.add(epoch.seconds());
    row.add(optional(epoch.secondsPerStep()));
    row.add(run.trainedParameters());
    row.add(run.provenance().commit());
    row.add(result.cell().fileName() + ".json");
    return row;
  }

  private static int size(CellResult result) {
    return result.run().examples().lower() + result.run().examples().upper();
  }

  private static double noise(CellResult result) {
    return result.cell().noise().map(Cell.Noise::share).orElse(0.0);
  }

  private static String status(RunRecord run) {
    return run.status() == RunRecord.Status.FINISHED ? "finished" : "diverged";
  }

  private static Object optional(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : "";
  }
}
