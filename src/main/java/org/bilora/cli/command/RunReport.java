package org.bilora.cli.command;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bilora.cli.Main;
import org.bilora.cli.progress.Clock;
import org.bilora.method.Method;
import org.bilora.train.EpochRecord;
import org.bilora.train.RunRecord;

/** What {@code train} says about a finished run. */
record RunReport(Path directory, RunRecord run) {

  /** The run directory and all of {@code run.json}. */
  Map<String, Object> fields() throws IOException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("run", directory.toString());
    fields.putAll(
        new ObjectMapper()
            .readValue(
                directory.resolve("run.json").toFile(),
                new TypeReference<Map<String, Object>>() {}));
    return fields;
  }

  /** A few lines. */
  String text() {
    StringBuilder text = new StringBuilder();
    Optional<EpochRecord> best = run.bestEpoch();
    if (best.isPresent()) {
      text.append("best epoch      %d of %d:".formatted(best.get().epoch(), run.epochs().size()));
      best.get()
          .metrics()
          .forEach((metric, value) -> text.append(" %s %.4f,".formatted(metric.id(), value)));
      text.append(" dev loss %.4f%n".formatted(best.get().devLoss()));
    }
    text.append(
        "%-15s %,d steps in %s, evaluations included%n"
            .formatted("time", run.steps(), Clock.format(run.seconds())));
    text.append(
        "%-15s %s%n"
            .formatted(
                "frozen weights",
                run.settings().method().trains() == Method.Trains.EVERY_WEIGHT
                    ? "none: every weight was trained"
                    : frozenUnchanged()
                        ? "unchanged, sha256 " + run.frozenSha256Before()
                        : "CHANGED from %s to %s"
                            .formatted(
                                run.frozenSha256Before(), run.frozenSha256After().orElse("?"))));
    text.append("%-15s %s%n".formatted("run", directory));
    if (run.task().languageModelling()) {
      text.append("Next: %s eval --run %s --data …%n".formatted(Main.NAME, directory));
      text.append(
          "      %s generate --run %s --data … --out outputs.txt%n"
              .formatted(Main.NAME, directory));
      return text.toString();
    }
    text.append("Next: %s predict --run %s --text \"…\"%n".formatted(Main.NAME, directory));
    text.append("      %s export --run %s%n".formatted(Main.NAME, directory));
    return text.toString();
  }

  /** Whether the backbone's hash after training is the one before. */
  boolean frozenUnchanged() {
    return run.frozenSha256After().map(run.frozenSha256Before()::equals).orElse(false);
  }
}
