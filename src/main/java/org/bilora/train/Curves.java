package org.bilora.train;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import org.bilora.step.StepRates;
import org.bilora.step.StepResult;

/** A run's curves for TensorBoard: training by step, evaluation by epoch. */
final class Curves implements AutoCloseable {
  private static final int MOST_POINTS = 2000;
  private final EventFile events;
  private final long every;

  private Curves(EventFile events, long every) {
    this.events = events;
    this.every = every;
  }

  static Curves open(Path directory, long firstStep, long totalSteps) throws IOException {
    return new Curves(
        EventFile.create(directory, firstStep + 1), (totalSteps + MOST_POINTS - 1) / MOST_POINTS);
  }

  /** Notes a step, unless a long run has points enough. */
  void step(long step, StepRates rates, StepResult result) throws IOException {
    if (step % every != 0) {
      return;
    }
    ImmutableMap.Builder<String, Double> values = ImmutableMap.builder();
    result
        .lowerLoss()
        .ifPresent(
            loss -> {
              values.put("train/lower_loss", loss);
              values.put("train/lower_learning_rate", (double) rates.lowerLearningRate());
            });
    result.lowerGradientNorm().ifPresent(norm -> values.put("train/lower_gradient_norm", norm));
    result
        .upperLoss()
        .ifPresent(
            loss -> {
              values.put("train/upper_loss", loss);
              values.put("train/upper_learning_rate", (double) rates.upperLearningRate());
            });
    result.upperGradientNorm().ifPresent(norm -> values.put("train/upper_gradient_norm", norm));
    result
        .terms()
        .ifPresent(
            terms -> {
              values.put("train/hypergradient_terms_ratio", terms.ratio());
              values.put("train/hypergradient_terms_cosine", terms.cosine());
            });
    events.scalars(step, values.buildOrThrow());
  }

  /** Notes an evaluation. */
  void epoch(EpochRecord epoch) throws IOException {
    ImmutableMap.Builder<String, Double> values = ImmutableMap.builder();
    values.put("dev/loss", epoch.devLoss());
    epoch.calibrationError().ifPresent(error -> values.put("dev/calibration_error", error));
    epoch.metrics().forEach((metric, value) -> values.put("dev/" + metric.id(), value));
    events.scalars(epoch.step(), values.buildOrThrow());
    events.flush();
  }

  @Override
  public void close() throws IOException {
    events.close();
  }
}
