package org.bilora.cli.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.bilora.cli.option.AnswerOptions;
import org.bilora.cli.option.ColumnOptions;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.InputFile;
import org.bilora.cli.option.LowerCase;
import org.bilora.cli.option.OutputFile;
import org.bilora.cli.option.RunOption;
import org.bilora.data.CustomFormat;
import org.bilora.data.Example;
import org.bilora.data.Task;
import org.bilora.data.TextRows;
import org.bilora.eval.Prediction;
import org.bilora.eval.PredictionWriter;
import org.bilora.eval.TaskOutputs;
import org.bilora.train.TrainedRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bilora predict}. */
@Command(
    name = "predict",
    description = {
      "Classifies (or scores) texts with a run's best values.",
      "--in reads lines (a text each, or two separated by a tab, without a header) and the"
          + " tables that train reads: TSV and CSV with a header, and JSONL; labels in them are"
          + " ignored. One row is written for each row read, in any of these formats: the columns of"
          + " --keep, then the label as the training file writes it and its probability, the"
          + " scores of a regression task, the labels that are there, or a tag per word and the"
          + " entities. Lines have no header."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} predict --run runs/grammar --text \"She go home.\"",
      "  ${sys:bilora.command:-bilora} predict --run runs/rte --text \"It rains.\" --pair \"The street is wet.\" --json",
      "  ${sys:bilora.command:-bilora} predict --run runs/grammar --in sentences.txt --out labels.tsv",
      "  ${sys:bilora.command:-bilora} predict --run runs/reviews --in new.csv --keep id --probabilities --out answers.csv",
      "  grep -v '^$' sentences.txt | ${sys:bilora.command:-bilora} predict --run runs/grammar --in - | cut -f 1"
    })
final class PredictCommand implements Callable<Integer> {
  /** Bounds the memory of long files; texts of like length among them are answered together. */
  private static final int ROWS_AT_ONCE = 1024;

  @Spec private CommandSpec command;

  @Mixin private RunOption run;

  @Option(names = "--text", paramLabel = "TEXT", description = "A text to classify.")
  private String text;

  @Option(
      names = "--pair",
      paramLabel = "TEXT",
      description = "The second text, for tasks about two texts.")
  private String pair;

  @Option(
      names = "--in",
      paramLabel = "FILE",
      description = "A file of texts to classify; - is standard input.")
  private Path in;

  @Option(
      names = "--format",
      paramLabel = "FORM",
      converter = LowerCase.Formats.class,
      completionCandidates = LowerCase.Formats.class,
      description = "What --in holds: ${COMPLETION-CANDIDATES} (default: by its name, else lines).")
  private TextRows.Format format;

  @Mixin private ColumnOptions columns;

  @Mixin private AnswerOptions asked;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "-",
      description = "Where the labels of --in go (default: -, standard output).")
  private Path out;

  @Option(
      names = "--out-format",
      paramLabel = "FORM",
      converter = LowerCase.Formats.class,
      completionCandidates = LowerCase.Formats.class,
      description =
          "How they are written: ${COMPLETION-CANDIDATES} (default: by the name of --out, else as"
              + " --in; lines in, lines out unless that says csv or jsonl).")
  private TextRows.Format outFormat;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    if ((text == null) == (in == null)) {
      throw wrong("Give either --text or --in");
    }
    OutputFile output = new OutputFile(out);
    if (text != null && !output.isStandardOutput()) {
      throw wrong("--out goes with --in");
    }
    if (pair != null && text == null) {
      throw wrong("--pair goes with --text");
    }
    if (in != null && output.isStandardOutput() && common.json()) {
      throw wrong("--json prints where the labels go; give --out, or --out-format jsonl");
    }
    if (in != null) {
      output.check(in);
      if (format == null) {
        format = TextRows.Format.of(in);
      }
      if (outFormat == null) {
        outFormat = format.ofAnswers(out);
      }
    }
    return run.open(
        Optional.empty(),
        columns.over(CustomFormat.USUAL),
        common,
        trained -> predict(trained, output),
        languageModel -> {
          throw new IllegalArgumentException(
              "the %s %s trained a language model, which predicts no labels; give one of an encoder"
                  .formatted(run.kind(), run.directory()));
        });
  }

  private int predict(TrainedRun trained, OutputFile output) throws IOException {
    if (in == null) {
      predictOne(trained);
    } else {
      predictFile(trained, output);
    }
    return 0;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  private void predictOne(TrainedRun trained) throws IOException {
    Task task = trained.task();
    if (task.pairs() != (pair != null)) {
      throw new IllegalArgumentException(
          task.pairs()
              ? "task %s is about two texts; give the second one with --pair".formatted(task.name())
              : "task %s is about one text; leave --pair out".formatted(task.name()));
    }
    Example example = new Example(text, Optional.ofNullable(pair), OptionalDouble.empty());
    Prediction prediction = trained.predict(List.of(example)).get(0);
    Map<String, Object> fields = new LinkedHashMap<>();
    TaskOutputs.of(task)
        .columns()
        .forEach(name -> fields.put(name, prediction.columns().get(name)));
    if (!prediction.probabilities().isEmpty()) {
      fields.put("probabilities", prediction.probabilities());
    }
    common.result(fields, line(task, prediction));
  }

  private void predictFile(TrainedRun trained, OutputFile output) throws IOException {
    InputFile input = new InputFile(in);
    TextRows.Texts texts = trained.task().pairs() ? TextRows.Texts.TWO : TextRows.Texts.ONE;
    CustomFormat reading = columns.over(trained.task().format().orElse(CustomFormat.USUAL));
    PrintWriter standardOutput = command.commandLine().getOut();
    long[] count = new long[2];
    try (TextRows rows =
        TextRows.open(input.name(), input.open(), format, texts, reading, asked.keep())) {
      // Read before anything is written, so that a wrong file leaves nothing behind.
      List<TextRows.Row> first = rows.next(ROWS_AT_ONCE);
      output.write(
          standardOutput,
          writer -> {
            PredictionWriter predictions =
                new PredictionWriter(
                    writer, outFormat, trained.task(), asked.keep(), asked.probabilities());
            for (List<TextRows.Row> some = first; !some.isEmpty(); some = rows.next(ROWS_AT_ONCE)) {
              List<Prediction> answers =
                  trained.predict(some.stream().map(TextRows.Row::example).toList());
              for (int i = 0; i < some.size(); i++) {
                predictions.write(some.get(i), answers.get(i));
              }
              writer.flush();
              count[0] += some.size();
            }
          });
      count[1] = rows.leftOut();
    }
    if (count[1] > 0) {
      common.note("warning: %,d rows cannot be used and are left out".formatted(count[1]));
    }
    if (!output.isStandardOutput()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("lines", count[0]);
      fields.put("left_out", count[1]);
      fields.put("out", out.toString());
      common.result(fields, "%,d lines written to %s".formatted(count[0], out));
    }
  }

  private static String line(Task task, Prediction prediction) {
    return TaskOutputs.of(task).columns().stream()
        .map(name -> prediction.columns().get(name))
        .map(value -> PredictionWriter.cell(value, PredictionWriter.separator(task)))
        .collect(Collectors.joining("\t"));
  }
}
