package org.bilora.cli.command;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bilora.cli.Main;
import org.bilora.cli.progress.Clock;
import org.bilora.data.MetricName;
import org.bilora.train.EpochRecord;

/** What {@code quickstart} prints at its end. */
record QuickstartReport(Path directory, Quickstart.Result result, Duration elapsed) {

  /** For programs. */
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("out", directory.toString());
    fields.put("model", result.model());
    fields.put("task", Quickstart.TASK);
    fields.put("seconds", elapsed.toMillis() / 1000.0);
    for (Quickstart.MethodResult outcome : result.outcomes()) {
      fields.put(name(outcome), fields(outcome));
    }
    fields.put("exported", name(result.exported()));
    fields.put("saved_model", result.export().directory().toString());
    fields.put("largest_logit_difference", result.export().largestDifference());
    List<Map<String, Object>> predictions = new ArrayList<>();
    for (int i = 0; i < QuickstartData.SENTENCES.size(); i++) {
      Map<String, Object> prediction = new LinkedHashMap<>();
      prediction.put("text", QuickstartData.SENTENCES.get(i));
      prediction.put("correct", i % 2 == 1);
      prediction.put("acceptable", result.acceptable().get(i));
      predictions.add(prediction);
    }
    fields.put("predictions", predictions);
    return fields;
  }

  private static Map<String, Object> fields(Quickstart.MethodResult outcome) {
    EpochRecord best = outcome.run().bestEpoch().orElseThrow();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("run", outcome.directory().toString());
    fields.put("test_matthews", outcome.testMatthews());
    fields.put("test_accuracy", outcome.test().metrics().get(MetricName.ACCURACY));
    fields.put("test_right_pairs", outcome.rightPairs());
    fields.put("test_loss", outcome.test().loss());
    fields.put("dev_matthews", best.metrics().get(MetricName.MATTHEWS));
    fields.put("dev_loss", best.devLoss());
    best.lowerLoss().ifPresent(loss -> fields.put("train_loss", loss));
    fields.put("best_epoch", best.epoch());
    fields.put("trained_parameters", outcome.run().trainedParameters());
    fields.put("steps", outcome.run().steps());
    fields.put("seconds_per_step", outcome.secondsPerStep());
    fields.put("seconds", outcome.run().seconds());
    fields.put("frozen_unchanged", frozenUnchanged(outcome));
    return fields;
  }

  /** For people. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append("%nThe same settings, data and seed for both:%n%n".formatted());
    row(text, "", QuickstartReport::name);
    row(text, "test pairs right", o -> "%.3f".formatted(o.rightPairs()));
    row(text, "test Matthews", o -> "%.3f".formatted(o.testMatthews()));
    row(text, "test accuracy", o -> "%.3f".formatted(o.test().metrics().get(MetricName.ACCURACY)));
    row(text, "test loss", o -> "%.3f".formatted(o.test().loss()));
    row(text, "dev Matthews", o -> "%.3f".formatted(best(o).metrics().get(MetricName.MATTHEWS)));
    row(text, "dev loss", o -> "%.3f".formatted(best(o).devLoss()));
    row(text, "training loss", o -> "%.3f".formatted(best(o).lowerLoss().orElseThrow()));
    row(text, "best epoch", o -> "%d of %d".formatted(best(o).epoch(), o.run().epochs().size()));
    row(text, "trained parameters", o -> "%,d".formatted(o.run().trainedParameters()));
    row(text, "seconds per step", o -> "%.2f".formatted(o.secondsPerStep()));
    row(text, "training time", o -> Clock.format(o.run().seconds()));
    row(text, "frozen weights", o -> frozenUnchanged(o) ? "unchanged" : "CHANGED");
    text.append(
        """

        A pair, of rules that were not trained on, is a wrong sentence and its correction; it is right when the
        correction is the more acceptable one (chance: 0.5). The SavedModel (of %s, which is ahead on dev)
        gives these sentences so much:

        """
            .formatted(name(result.exported())));
    for (int wrong = 0; wrong < QuickstartData.SENTENCES.size(); wrong += 2) {
      double less = result.acceptable().get(wrong);
      double more = result.acceptable().get(wrong + 1);
      text.append("  wrong    %.2f  %s%n".formatted(less, QuickstartData.SENTENCES.get(wrong)));
      text.append(
          "  correct  %.2f  %s  %s%n%n"
              .formatted(
                  more,
                  QuickstartData.SENTENCES.get(wrong + 1),
                  more > less ? "(right)" : "(not right)"));
    }
    text.append(
        "Done in %s. Runs: %s and %s. SavedModel: %s%n"
            .formatted(
                Clock.format(elapsed),
                result.outcomes().get(0).directory(),
                result.outcomes().get(1).directory(),
                result.export().directory()));
    text.append(
        "Next: %s predict --run %s --text \"A sentence of yours.\"%n"
            .formatted(Main.NAME, result.exported().directory()));
    text.append("      %s train --help%n".formatted(Main.NAME));
    return text.toString();
  }

  private void row(
      StringBuilder text, String title, Function<Quickstart.MethodResult, String> value) {
    text.append("  %-20s".formatted(title));
    result.outcomes().forEach(outcome -> text.append("%12s".formatted(value.apply(outcome))));
    text.append("%n".formatted());
  }

  private static String name(Quickstart.MethodResult outcome) {
    return outcome.run().settings().method().name();
  }

  private static EpochRecord best(Quickstart.MethodResult outcome) {
    return outcome.run().bestEpoch().orElseThrow();
  }

  private static boolean frozenUnchanged(Quickstart.MethodResult outcome) {
    return new RunReport(outcome.directory(), outcome.run()).frozenUnchanged();
  }
}
