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
import org.bilora.generate.DecodingSettings;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedLanguageModel;
import org.bilora.train.TrainedRun;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
          + " folder.",
      "A SavedModel of a GPT-2 writes texts: it decodes greedily inside the graph, token for token as"
          + " generate --beam 1.",
      "With --adapters several runs on one base become one SavedModel: it has the base's weights"
          + " once, and each row of a request names its adapter in the input adapter, so that rows"
          + " of several adapters share a batch. A name that is none of them is an error."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar --out /srv/models/grammar --json",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar --format onnx",
      "  ${sys:bilora.command:-bilora} export --adapters runs/cola,runs/rte,mood=runs/sst2/3 --out"
          + " glue",
      "  ${sys:bilora.command:-bilora} export --run runs/e2e --format huggingface --out gpt2-e2e"
    })
final class ExportCommand implements Callable<Integer> {
  /** What is exported: one of the two. */
  static final class Source {
    @Option(
        names = "--run",
        paramLabel = "RUN",
        required = true,
        description = "Run directory that train wrote.")
    private Path run;

    @Option(
        names = "--adapters",
        paramLabel = "RUN",
        split = ",",
        required = true,
        description =
            "Run directories of encoders that were trained on one base, for one SavedModel. An"
                + " adapter is called as its directory is, or NAME=RUN.")
    private List<String> adapters;
  }

  @ArgGroup(multiplicity = "1")
  private Source source;

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

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description =
          "For a SavedModel of a GPT-2: most tokens that it writes, the end included (default:"
              + " ${DEFAULT-VALUE}).")
  private int maxNewTokens = DecodingSettings.PUBLISHED.maxNewTokens();

  @Option(
      names = "--no-repeat-ngram",
      paramLabel = "N",
      description =
          "For a SavedModel of a GPT-2: no sequence of N tokens is written twice; 0: any may (default:"
              + " ${DEFAULT-VALUE}).")
  private int noRepeatNGram = DecodingSettings.PUBLISHED.noRepeatNGram();

  @Mixin private CommonOptions common;

  @Spec private CommandSpec command;

  @Override
  public Integer call() throws IOException {
    ExportForm form = format.form();
    if (source.adapters != null) {
      if (format != ExportFormat.SAVEDMODEL || out == null) {
        throw new ParameterException(
            command.commandLine(),
            "--adapters makes a SavedModel, and needs --out, the folder that names it");
      }
      report(RunExport.together(RunExport.named(source.adapters), out));
      return 0;
    }
    Path target = out == null ? RunExport.defaultDirectory(form, source.run) : out;
    report(
        RunRecord.read(source.run).task().languageModelling()
            ? decoder(form, target)
            : encoder(form, target));
    return 0;
  }

  private Written encoder(ExportForm form, Path target) throws IOException {
    try (TrainedRun trained = RunOption.open(source.run)) {
      return form.encoder(RunExport.of(trained), target);
    }
  }

  private Written decoder(ExportForm form, Path target) throws IOException {
    NativeLog.skipFirstNotes();
    try (TrainedLanguageModel trained = TrainedLanguageModel.open(source.run)) {
      return form.decoder(RunExport.of(trained, maxNewTokens, noRepeatNGram), target);
    }
  }

  private void report(Written written) {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (source.run != null) {
      fields.put("run", source.run.toString());
    }
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
