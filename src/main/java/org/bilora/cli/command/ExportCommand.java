package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.LowerCase;
import org.bilora.cli.option.RunOption;
import org.bilora.export.ExportFormat;
import org.bilora.export.OnnxExport;
import org.bilora.export.SavedModelExport;
import org.bilora.train.TrainedRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora export}. */
@Command(
    name = "export",
    description = {
      "Exports a run's best values as a SavedModel for TensorFlow Serving, or as an ONNX file.",
      "The increments are merged into the weights; tokenizer and labels are packed with them, and"
          + " the tokenizer is part of a SavedModel's graph where a graph can do it exactly. The"
          + " export is refused when a logit differs from the trained model's by more than 1e-4. A"
          + " SavedModel is loaded back for that, and exporting again adds a version; an ONNX file"
          + " goes into a new folder."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar --out /srv/models/grammar --json",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar --format onnx"
    })
final class ExportCommand implements Callable<Integer> {
  @Mixin private RunOption run;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      converter = LowerCase.ExportFormats.class,
      completionCandidates = LowerCase.ExportFormats.class,
      description = "What is written: ${COMPLETION-CANDIDATES} (default: savedmodel).")
  private ExportFormat format = ExportFormat.SAVEDMODEL;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "The model's folder, which gets a folder per version; for onnx the folder itself"
              + " (default: savedmodels/ or onnx/, and the run directory's name).")
  private Path out;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    try (TrainedRun trained = run.open()) {
      switch (format) {
        case SAVEDMODEL -> savedModel(trained);
        case ONNX -> onnx(trained);
      }
    }
    return 0;
  }

  private void savedModel(TrainedRun trained) throws IOException {
    Path base = out == null ? RunExport.defaultDirectory(run.directory()) : out;
    SavedModelExport.Report report = RunExport.write(trained, base);
    Map<String, Object> fields =
        fields(
            "saved_model", report.directory(), report.largestDifference(), report.comparedTexts());
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
  }

  private void onnx(TrainedRun trained) throws IOException {
    Path directory = out == null ? RunExport.defaultOnnxDirectory(run.directory()) : out;
    OnnxExport.Report report = RunExport.writeOnnx(trained, directory);
    common.result(
        fields("onnx", report.directory(), report.largestDifference(), report.comparedTexts()),
        "%s%nMerged and compared on %d texts: logits differ by at most %.1e."
            .formatted(
                report.directory().resolve(OnnxExport.MODEL),
                report.comparedTexts(),
                report.largestDifference()));
  }

  private Map<String, Object> fields(
      String kind, Path directory, float largestDifference, int comparedTexts) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("run", run.directory().toString());
    fields.put(kind, directory.toString());
    fields.put("largest_logit_difference", largestDifference);
    fields.put("compared_texts", comparedTexts);
    return fields;
  }
}
