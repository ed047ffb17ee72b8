package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.RunOption;
import org.bilora.cli.progress.NativeLog;
import org.bilora.data.Dataset;
import org.bilora.data.GenerationTask;
import org.bilora.data.MetricName;
import org.bilora.data.Tasks;
import org.bilora.eval.Evaluation;
import org.bilora.eval.LanguageModelEvaluation;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedLanguageModel;
import org.bilora.train.TrainedRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora eval}. */
@Command(
    name = "eval",
    description =
        "Measures a run's best values on a split of its task, or on other data of the task.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} eval --run runs/grammar",
      "  ${sys:bilora.command:-bilora} eval --run runs/cola --data glue/CoLA --split dev --json"
    })
final class EvalCommand implements Callable<Integer> {
  @Mixin private RunOption run;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = "Folder of the task's files, or one file; built-in tasks need none.")
  private Path data;

  @Option(
      names = "--split",
      paramLabel = "NAME",
      defaultValue = Dataset.DEV,
      description = "train, dev, test or dev_mismatched (default: ${DEFAULT-VALUE}).")
  private String split;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    if (RunRecord.read(run.directory()).task().languageModelling()) {
      return languageModel();
    }
    try (TrainedRun trained = run.open()) {
      Dataset dataset = Tasks.load(trained.task(), Optional.ofNullable(data));
      Evaluation evaluation = trained.evaluate(dataset, split);
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("run", run.directory().toString());
      fields.put("task", trained.task().name());
      fields.put("split", split);
      fields.put("examples", evaluation.logits().length);
      Map<String, Double> metrics = new LinkedHashMap<>();
      StringBuilder text =
          new StringBuilder(
              "%s, split %s, %,d examples%n"
                  .formatted(trained.task().name(), split, evaluation.logits().length));
      for (Map.Entry<MetricName, Double> metric : evaluation.metrics().entrySet()) {
        metrics.put(metric.getKey().id(), metric.getValue());
        text.append("%-10s %8.4f%n".formatted(metric.getKey().id(), metric.getValue()));
      }
      text.append("%-10s %8.4f%n".formatted("loss", evaluation.loss()));
      fields.put("metrics", metrics);
      fields.put("loss", evaluation.loss());
      common.result(fields, text.toString());
      return 0;
    }
  }

  private int languageModel() throws IOException {
    NativeLog.skipFirstNotes();
    try (TrainedLanguageModel trained = TrainedLanguageModel.open(run.directory())) {
      GenerationTask task = GenerationTask.named(trained.record().task().name());
      LanguageModelEvaluation evaluation =
          trained.evaluate(task.read(Optional.ofNullable(data)), split);
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("run", run.directory().toString());
      fields.put("task", task.id());
      fields.put("split", split);
      fields.put("tokens", evaluation.tokens());
      fields.put("metrics", Map.of(MetricName.PERPLEXITY.id(), evaluation.perplexity()));
      fields.put("loss", evaluation.loss());
      common.result(
          fields,
          "%s, split %s, %,d tokens of completions%n%-10s %8.4f%n%-10s %8.4f%n"
              .formatted(
                  task.id(),
                  split,
                  evaluation.tokens(),
                  MetricName.PERPLEXITY.id(),
                  evaluation.perplexity(),
                  "loss",
                  evaluation.loss()));
      return 0;
    }
  }
}
