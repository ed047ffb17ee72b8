package org.bilora.cli.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.OutputFile;
import org.bilora.cli.option.RunOption;
import org.bilora.cli.option.TextLines;
import org.bilora.data.Example;
import org.bilora.data.Task;
import org.bilora.train.Prediction;
import org.bilora.train.TrainedRun;
import org.bilora.weights.AtomicFile;
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
      "A file has a text per line, or two texts with a tab between, and no header. Each line of the"
          + " output is the label as the training file writes it, a tab and its probability; for a"
          + " regression task, the score."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} predict --run runs/grammar --text \"She go home.\"",
      "  ${sys:bilora.command:-bilora} predict --run runs/rte --text \"It rains.\" --pair \"The street is wet.\" --json",
      "  ${sys:bilora.command:-bilora} predict --run runs/grammar --in sentences.txt --out labels.tsv"
    })
final class PredictCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Mixin private RunOption run;

  @Option(names = "--text", paramLabel = "TEXT", description = "A text to classify.")
  private String text;

  @Option(
      names = "--pair",
      paramLabel = "TEXT",
      description = "The second text, for tasks about two texts.")
  private String pair;

  @Option(names = "--in", paramLabel = "FILE", description = "A file of texts to classify.")
  private Path in;

  @Option(names = "--out", paramLabel = "FILE", description = "Where the labels of --in go.")
  private Path out;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    if ((text == null) == (in == null)) {
      throw wrong("Give either --text or --in");
    }
    if ((in == null) != (out == null)) {
      throw wrong("--in and --out go together");
    }
    if (pair != null && text == null) {
      throw wrong("--pair goes with --text");
    }
    if (out != null) {
      OutputFile.check(out, in);
    }
    try (TrainedRun trained = run.open()) {
      if (in == null) {
        predictOne(trained);
      } else {
        predictFile(trained);
      }
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
    if (task.regression()) {
      fields.put("score", prediction.value());
    } else {
      fields.put("label", prediction.label().orElseThrow());
      fields.put("probability", prediction.value());
      Map<String, Double> probabilities = new LinkedHashMap<>();
      for (int i = 0; i < task.labels().size(); i++) {
        probabilities.put(task.labels().get(i), prediction.probabilities().get(i));
      }
      fields.put("probabilities", probabilities);
    }
    common.result(fields, line(prediction));
  }

  private void predictFile(TrainedRun trained) throws IOException {
    List<Example> examples =
        TextLines.read(in, trained.task().pairs() ? TextLines.Texts.TWO : TextLines.Texts.ONE);
    List<Prediction> predictions = trained.predict(examples);
    AtomicFile.write(
        out,
        stream -> {
          for (Prediction prediction : predictions) {
            stream.write((line(prediction) + "\n").getBytes(StandardCharsets.UTF_8));
          }
        });
    common.result(
        Map.of("lines", predictions.size(), "out", out.toString()),
        "%,d lines written to %s".formatted(predictions.size(), out));
  }

  private static String line(Prediction prediction) {
    String value = String.format(Locale.ROOT, "%.6f", prediction.value());
    return prediction.label().map(label -> label + "\t" + value).orElse(value);
  }
}
