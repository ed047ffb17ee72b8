package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bilora.cli.option.ColumnOptions;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.LabelOption;
import org.bilora.cli.option.LowerCase;
import org.bilora.cli.option.PruneOption;
import org.bilora.cli.option.RunOption;
import org.bilora.data.CustomFormat;
import org.bilora.data.Dataset;
import org.bilora.data.GenerationDataset;
import org.bilora.data.GenerationTask;
import org.bilora.data.MetricName;
import org.bilora.eval.Evaluation;
import org.bilora.eval.LanguageModelEvaluation;
import org.bilora.export.ExportForm;
import org.bilora.export.ExportFormat;
import org.bilora.export.Written;
import org.bilora.generate.DecodingSettings;
import org.bilora.train.TrainedLanguageModel;
import org.bilora.train.TrainedRun;
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
      "Exports a run's best values, or an adapter's, as a SavedModel for TensorFlow Serving, an"
          + " ONNX file, a"
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
      "  ${sys:bilora.command:-bilora} export --run runs/e2e --format huggingface --out gpt2-e2e",
      "  ${sys:bilora.command:-bilora} export --run runs/grammar --format peft --prune 0.1 --report reports/pruning",
      "  ${sys:bilora.command:-bilora} export --model roberta/ --adapter peft/cola --task cola --format onnx"
    })
final class ExportCommand implements Callable<Integer> {
  @Mixin private RunOption run;

  @Option(
      names = "--adapters",
      paramLabel = "RUN",
      split = ",",
      description =
          "In place of --run, run directories of encoders that were trained on one base, for one"
              + " SavedModel. An adapter is called as its directory is, or NAME=RUN.")
  private List<String> together;

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

  @Mixin private PruneOption prune;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description =
          "The task's files, for the report of --prune and for names of an adapter's classes that"
              + " neither it nor its base has.")
  private Path data;

  @Mixin private ColumnOptions columns;

  @Mixin private LabelOption label;

  @Mixin private CommonOptions common;

  private final List<String> pruned = new ArrayList<>();

  @Spec private CommandSpec command;

  @Override
  public Integer call() throws IOException {
    ExportForm form = format.form();
    if (together != null) {
      if (run.isGiven()) {
        throw new ParameterException(
            command.commandLine(), "Give either --adapters, or --run, or --adapter with --model");
      }
      if (format != ExportFormat.SAVEDMODEL || out == null) {
        throw new ParameterException(
            command.commandLine(),
            "--adapters makes a SavedModel, and needs --out, the folder that names it");
      }
      report(RunExport.together(RunExport.named(together), out));
      return 0;
    }
    Path target = out == null ? RunExport.defaultDirectory(form, run.directory()) : out;
    report(
        run.open(
            Optional.ofNullable(data),
            label.over(columns.over(CustomFormat.USUAL)),
            common,
            trained -> encoder(trained, form, target),
            trained -> decoder(trained, form, target)));
    return 0;
  }

  private Written encoder(TrainedRun trained, ExportForm form, Path target) throws IOException {
    Optional<PrunedExport> pruning = PrunedExport.of(prune, trained.values());
    if (pruning.isEmpty()) {
      return form.encoder(RunExport.of(trained, Optional.empty()), target);
    }
    Optional<Dataset> measuredOn =
        prune.report().isPresent()
            ? Optional.of(RunOption.dataset(trained, Optional.ofNullable(data), columns, label))
            : Optional.empty();
    trained.replaceTrained(pruning.get().applied());
    // What cannot be written is refused before minutes of measuring.
    Written written =
        form.encoder(RunExport.of(trained, pruning.map(PrunedExport::pruning)), target);
    if (measuredOn.isPresent()) {
      Dataset dataset = measuredOn.get();
      String split = dataset.splits().containsKey(Dataset.ALL) ? Dataset.ALL : Dataset.DEV;
      pruning
          .get()
          .report(
              "%s, split %s: pruning".formatted(trained.task().name(), split),
              values -> {
                trained.replaceTrained(values);
                Evaluation evaluation = trained.evaluate(dataset, split);
                return new PrunedExport.Scores(evaluation.metrics(), evaluation.loss());
              });
    }
    pruned.add(pruning.get().text());
    return written;
  }

  private Written decoder(TrainedLanguageModel trained, ExportForm form, Path target)
      throws IOException {
    Optional<PrunedExport> pruning = PrunedExport.of(prune, trained.values());
    Optional<GenerationTask> task = GenerationTask.withName(run.taskName());
    Optional<GenerationDataset> measuredOn =
        prune.report().isPresent()
            ? Optional.of(GenerationTask.named(run.taskName()).read(Optional.ofNullable(data)))
            : Optional.empty();
    TrainedLanguageModel exported =
        pruning.map(given -> trained.with(given.applied())).orElse(trained);
    // What cannot be written is refused before minutes of measuring.
    Written written =
        form.decoder(
            RunExport.of(
                exported,
                pruning.map(PrunedExport::pruning),
                task.isPresent(),
                maxNewTokens,
                noRepeatNGram),
            target);
    if (measuredOn.isPresent()) {
      GenerationDataset dataset = measuredOn.get();
      pruning
          .get()
          .report(
              "%s, split %s: pruning".formatted(task.orElseThrow().id(), Dataset.DEV),
              values -> {
                LanguageModelEvaluation evaluation =
                    trained.with(values).evaluate(dataset, Dataset.DEV);
                return new PrunedExport.Scores(
                    Map.of(MetricName.PERPLEXITY, evaluation.perplexity()), evaluation.loss());
              });
    }
    pruning.ifPresent(given -> pruned.add(given.text()));
    return written;
  }

  private void report(Written written) {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (together == null) {
      fields.put(run.kind(), run.directory().toString());
    }
    fields.put(format.form().id(), written.directory().toString());
    written
        .largestDifference()
        .ifPresent(difference -> fields.put("largest_logit_difference", difference));
    fields.put("compared_texts", written.comparedTexts());
    fields.putAll(written.facts());
    prune.report().ifPresent(report -> fields.put("report", report.toString()));
    List<String> lines = new ArrayList<>();
    lines.add(written.directory().toString());
    lines.add(
        written.largestDifference().isPresent()
            ? "Loaded back and compared on %d texts: logits differ by at most %.1e."
                .formatted(written.comparedTexts(), written.largestDifference().getAsDouble())
            : "Loaded back: every value is as it was written.");
    lines.addAll(pruned);
    lines.addAll(written.notes());
    common.result(fields, String.join(System.lineSeparator(), lines));
  }
}
