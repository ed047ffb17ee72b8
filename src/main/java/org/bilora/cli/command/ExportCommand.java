package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.RunOption;
import org.bilora.export.SavedModelExport;
import org.bilora.train.TrainedRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora export}. */
@Command(
    name = "export",
    description = {
      "Exports a run's best values as a SavedModel for TensorFlow Serving.",
      "The increments are merged into the weights; tokenizer and labels are packed with them,"
          + " and the tokenizer is part of the graph where a graph can do it exactly. The"
          + " export is loaded back, and refused when a logit differs from the trained model's by"
          + " more than 1e-4. Exporting again adds a version."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar --out /srv/models/grammar --json"
    })
final class ExportCommand implements Callable<Integer> {
  @Mixin private RunOption run;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "The model's folder, which gets a folder per version (default: savedmodels/ and the run"
              + " directory's name).")
  private Path out;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    Path base = out == null ? RunExport.defaultDirectory(run.directory()) : out;
    try (TrainedRun trained = run.open()) {
      SavedModelExport.Report report = RunExport.write(trained, base);
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("run", run.directory().toString());
      fields.put("saved_model", report.directory().toString());
      fields.put("largest_logit_difference", report.largestDifference());
      fields.put("compared_texts", report.comparedTexts());
      fields.put("signatures", report.signatures());
      report.textRefusal().ifPresent(step -> fields.put("no_text_signature", step));
      String texts =
          report
              .textRefusal()
              .map(
                  step ->
                      "It takes token ids only: the tokenizer cannot be part of the graph, it has %s."
                          .formatted(step))
              .orElse("It takes texts (signature serving_text) and token ids.");
      common.result(
          fields,
          "%s%nLoaded back and compared on %d texts: logits differ by at most %.1e.%n%s%nServe it: see %s"
              .formatted(
                  report.directory(),
                  report.comparedTexts(),
                  report.largestDifference(),
                  texts,
                  base.resolve("README.md").toAbsolutePath()));
      return 0;
    }
  }
}
