package org.bilora.cli.command;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bilora.cli.progress.Clock;
import org.bilora.train.RunPlan;
import org.bilora.train.TrainingSettings;

/** What {@code train --dry-run} says. */
record DryRun(String task, String model, TrainingSettings settings, RunPlan plan) {
  /** Steps that are timed. */
  static final int STEPS = 3;

  /** The same as {@link #text} for {@code --json}. */
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("task", task);
    fields.put("model", model);
    fields.put("method", settings.method().name());
    fields.put("trained_parameters", plan.trainedParameters());
    fields.put("model_parameters", plan.modelParameters());
    fields.put("d1", plan.examples().lower());
    fields.put("d2", plan.examples().upper());
    fields.put("dev", plan.examples().dev());
    fields.put("epochs", plan.epochs());
    fields.put("steps", plan.size().steps());
    fields.put("batch_shapes", plan.size().shapes());
    fields.put("seconds", plan.time().toMillis() / 1000.0);
    plan.memoryBytes().ifPresent(bytes -> fields.put("memory_bytes", bytes));
    fields.put("measured_steps", STEPS);
    return fields;
  }

  /** A few lines. */
  String text() {
    StringBuilder text = new StringBuilder();
    line(text, "would train", "%s on %s by %s".formatted(model, task, settings.method().name()));
    line(
        text,
        "parameters",
        "%,d trained; the pretrained model has %,d (%.2f %%)"
            .formatted(
                plan.trainedParameters(),
                plan.modelParameters(),
                100.0 * plan.trainedParameters() / plan.modelParameters()));
    line(
        text,
        "examples",
        plan.examples().upper() == 0
            ? "%,d to learn from, %,d dev".formatted(plan.examples().lower(), plan.examples().dev())
            : "%,d D1, %,d D2, %,d dev"
                .formatted(
                    plan.examples().lower(), plan.examples().upper(), plan.examples().dev()));
    line(
        text,
        "steps",
        "%,d in %d epochs, batches of %d shapes"
            .formatted(plan.size().steps(), plan.epochs(), plan.size().shapes()));
    line(
        text,
        "time",
        "about %s, an estimate from %d steps and an evaluation on this machine"
            .formatted(Clock.format(plan.time().toMillis() / 1000.0), STEPS));
    plan.memoryBytes()
        .ifPresent(
            bytes ->
                line(
                    text,
                    "memory",
                    "%.1f GB, the most that this process held, a step on the largest batch included"
                        .formatted(bytes / 1e9)));
    return text.toString();
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append("%-15s %s%n".formatted(name, value));
  }
}
