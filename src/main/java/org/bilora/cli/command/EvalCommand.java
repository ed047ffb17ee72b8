package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bilora.bench.report.EvaluationReport;
import org.bilora.cli.option.ColumnOptions;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.LabelOption;
import org.bilora.cli.option.RunOption;
import org.bilora.data.CustomFormat;
import org.bilora.data.Dataset;
import org.bilora.data.GenerationTask;
import org.bilora.data.MetricName;
import org.bilora.eval.Evaluation;
import org.bilora.eval.LanguageModelEvaluation;
import org.bilora.train.TrainedLanguageModel;
import org.bilora.train.TrainedRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora eval}. */
@Command(
    name = "eval",
    description =
        "Evaluates a run's best values on a split of its task, or on other data of the task.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} eval --run runs/grammar",
      "  ${sys:bilora.command:-bilora} eval --run runs/cola --data glue/CoLA --split dev --json",
      "  ${sys:bilora.command:-bilora} eval --run runs/reviews --data test.csv --report reports/reviews"
    })
final class EvalCommand implements Callable<Integer> {
  @Mixin private RunOption run;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description =
          "Folder of the task's files, or one file, all of which is evaluated; built-in tasks need"
              + " none.")
  private Path data;

  @Mixin private ColumnOptions columns;

  @Mixin private LabelOption label;

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description =
          "train, dev, test or dev_mismatched of a folder, or of the file that was trained on"
              + " (default: dev).")
  private String split;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description =
          "Also write a report there: precision, recall and F1 by class, the confusion matrix and how"
              + " reliable the probabilities are, as Markdown, JSON and pictures.")
  private Path report;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    return run.open(
        Optional.ofNullable(data),
        label.over(columns.over(CustomFormat.USUAL)),
        common,
        this::classes,
        this::languageModel);
  }

  private int classes(TrainedRun trained) throws IOException {
    Dataset dataset = RunOption.dataset(trained, Optional.ofNullable(data), columns, label);
    dataset.notes().forEach(common::note);
    String measured = dataset.splits().containsKey(Dataset.ALL) ? Dataset.ALL : split();
    Evaluation evaluation = trained.evaluate(dataset, measured);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put(run.kind(), run.directory().toString());
    fields.put("task", trained.task().name());
    fields.put("split", measured);
    fields.put("examples", evaluation.logits().length);
    Map<String, Double> metrics = new LinkedHashMap<>();
    StringBuilder text =
        new StringBuilder(
            "%s, split %s, %,d examples%n"
                .formatted(trained.task().name(), measured, evaluation.logits().length));
    for (Map.Entry<MetricName, Double> metric : evaluation.metrics().entrySet()) {
      metrics.put(metric.getKey().id(), metric.getValue());
      text.append("%-16s %8.4f%n".formatted(metric.getKey().id(), metric.getValue()));
    }
    text.append("%-16s %8.4f%n".formatted("loss", evaluation.loss()));
    fields.put("metrics", metrics);
    fields.put("loss", evaluation.loss());
    if (report != null) {
      String title = "%s, split %s".formatted(trained.task().name(), measured);
      new EvaluationReport(title, trained.task(), evaluation).write(report);
      fields.put("report", report.toString());
      text.append("%-16s %s%n".formatted("report", report.resolve("report.md")));
    }
    common.result(fields, text.toString());
    return 0;
  }

  private String split() {
    return split == null ? Dataset.DEV : split;
  }

  private int languageModel(TrainedLanguageModel trained) throws IOException {
    if (report != null) {
      throw new IllegalArgumentException(
          "--report is for classes and scores; a language model has its perplexity alone");
    }
    GenerationTask task = GenerationTask.named(run.taskName());
    LanguageModelEvaluation evaluation =
        trained.evaluate(task.read(Optional.ofNullable(data)), split());
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put(run.kind(), run.directory().toString());
    fields.put("task", task.id());
    fields.put("split", split());
    fields.put("tokens", evaluation.tokens());
    fields.put("metrics", Map.of(MetricName.PERPLEXITY.id(), evaluation.perplexity()));
    fields.put("loss", evaluation.loss());
    common.result(
        fields,
        "%s, split %s, %,d tokens of completions%n%-10s %8.4f%n%-10s %8.4f%n"
            .formatted(
                task.id(),
                split(),
                evaluation.tokens(),
                MetricName.PERPLEXITY.id(),
                evaluation.perplexity(),
                "loss",
                evaluation.loss()));
    return 0;
  }
}
