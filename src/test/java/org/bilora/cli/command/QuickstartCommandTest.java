package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.bilora.export.ServedModel;
import org.bilora.train.RunRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command as it is typed, on a tiny model and a few of its pairs. */
class QuickstartCommandTest {
  private static final Quickstart.Scale TINY =
      new Quickstart.Scale(
          "src/test/resources/transformers/bert", new QuickstartData.Pairs(24, 8, 6), 2);

  @TempDir private Path folder;

  private static Call call(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = new CommandLine(new QuickstartCommand(TINY));
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = arguments[i].toString();
    }
    int exitCode = command.execute(words);
    return new Call(exitCode, out.toString(), err.toString());
  }

  @Test
  void bothMethodsAreTrainedComparedAndTheBetterOneAnswersFromItsSavedModel() throws IOException {
    Path out = folder.resolve("first");
    Call call = call("--out", out);
    assertEquals(0, call.exitCode(), call.err());
    List<String> lines = call.out().lines().map(String::strip).toList();
    assertTrue(lines.contains("lora      bilora"), call.out());
    RunRecord lora = RunRecord.read(out.resolve("lora"));
    RunRecord bilora = RunRecord.read(out.resolve("bilora"));
    String parameters =
        "trained parameters%,14d%,12d"
            .formatted(lora.trainedParameters(), bilora.trainedParameters());
    assertTrue(lines.contains(parameters), call.out());
    assertTrue(lines.contains("frozen weights         unchanged   unchanged"), call.out());
    for (String row : List.of("test pairs right", "test Matthews", "dev loss", "training loss")) {
      assertTrue(
          lines.stream().anyMatch(line -> line.matches(row + "( +-?\\d\\.\\d{3}){2}")), call.out());
    }
    double better = Math.max(dev(lora), dev(bilora));
    String name = better == dev(bilora) ? "bilora" : "lora";
    assertTrue(call.out().contains("of %s, which is ahead on dev".formatted(name)), call.out());
    try (ServedModel served = ServedModel.open(out.resolve("savedmodel").resolve("1"))) {
      for (String sentence : QuickstartData.SENTENCES) {
        ServedModel.Answer answer = served.classify(List.of(ServedModel.Text.of(sentence))).get(0);
        boolean acceptable = answer.label().orElseThrow().equals(served.labels().get(1));
        double probability = acceptable ? answer.value() : 1 - answer.value();
        assertTrue(call.out().contains("%.2f  %s".formatted(probability, sentence)), call.out());
      }
    }
  }

  private static double dev(RunRecord run) {
    return run.best().orElseThrow().value();
  }
}
