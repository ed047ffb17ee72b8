package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.LowerCase;
import org.bilora.cli.option.RunOption;
import org.bilora.cli.progress.NativeLog;
import org.bilora.export.ExportForm;
import org.bilora.export.ExportFormat;
import org.bilora.export.Written;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedLanguageModel;
import org.bilora.train.TrainedRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora export}. */
@Command(
    name = "export",
    description = {
      "Exports a run's best values: as a SavedModel for TensorFlow Serving, an ONNX file, a"
          + " directory that Hugging Face Transformers opens, or an adapter for Hugging Face PEFT.",
      "Except for peft the increments are merged into the weights; tokenizer and labels are packed"
          + " with them, and the tokenizer is part of a SavedModel's graph where a graph can do it exactly. Every"
          + " export is read back and refused when a logit differs from the trained model's by more"
          + " than 1e-4. Exporting a SavedModel again adds a version; the others go into a new"
          + " folder."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar --out /srv/models/grammar --json",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar --format onnx",
      "  ${sys:bilora.command:-bilora} export --run runs/e2e --format huggingface --out gpt2-e2e"
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
          "For savedmodel the model's folder, which gets a folder per version; else the folder"
              + " itself (default: savedmodels/, onnx/, huggingface/ or peft/, and the run directory's"
              + " name).")
  private Path out;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    ExportForm form = format.form();
    Path target = out == null ? RunExport.defaultDirectory(form, run.directory()) : out;
    report(
        RunRecord.read(run.directory()).task().languageModelling()
            ? decoder(form, target)
            : encoder(form, target));
    return 0;
  }

  private Written encoder(ExportForm form, Path target) throws IOException {
    try (TrainedRun trained = run.open()) {
      return form.encoder(RunExport.of(trained), target);
    }
  }

  private Written decoder(ExportForm form, Path target) throws IOException {
    NativeLog.skipFirstNotes();
    try (TrainedLanguageModel trained = TrainedLanguageModel.open(run.directory())) {
      return form.decoder(RunExport.of(trained), target);
    }
  }

  private void report(Written written) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("run", run.directory().toString());
    fields.put(format.form().id(), written.directory().toString());
    written
        .largestDifference()
        .ifPresent(difference -> fields.put("largest_logit_difference", difference));
    fields.put("compared_texts", written.comparedTexts());
    fields.putAll(written.facts());
    List<String> lines = new ArrayList<>();
    lines.add(written.directory().toString());
    lines.add(
        written.largestDifference().isPresent()
            ? "Loaded back and compared on %d texts: logits differ by at most %.1e."
                .formatted(written.comparedTexts(), written.largestDifference().getAsDouble())
            : "Loaded back: every value is as it was written.");
    lines.addAll(written.notes());
    common.result(fields, String.join(System.lineSeparator(), lines));
  }
}
