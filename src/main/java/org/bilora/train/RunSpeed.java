package org.bilora.train;

import com.google.common.base.Stopwatch;
import java.io.IOException;
import java.util.List;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EvaluationBatches;
import org.bilora.data.LanguageModelDataset;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.settings.Range;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;

/**
 * How fast a method runs on this machine, from a few steps.
 *
 * @param compilationSeconds what the first step of a batch shape takes more than the others
 * @param secondsPerToken of a step, per row and position of all its batches
 * @param evaluationSecondsPerToken of an evaluation
 */
public record RunSpeed(
    double compilationSeconds, double secondsPerToken, double evaluationSecondsPerToken) {

  /**
   * Takes a few steps of the run's first batch shape and throws the model away.
   *
   * @param steps how many to time after the first one, which compiles
   * @throws IOException when states behind frozen layers cannot be kept
   * @throws IllegalArgumentException when settings, model and data do not fit together
   */
  public static RunSpeed measure(
      PretrainedEncoder model, Dataset dataset, TrainingSettings settings, int steps)
      throws IOException {
    return measure(new RunInputs.OfEncoder(model, dataset), settings, steps);
  }

  /**
   * The same for a language model.
   *
   * @throws IOException when states behind frozen layers cannot be kept
   * @throws IllegalArgumentException when settings, model and data do not fit together
   */
  public static RunSpeed measure(
      PretrainedDecoder model, LanguageModelDataset dataset, TrainingSettings settings, int steps)
      throws IOException {
    return measure(new RunInputs.OfDecoder(model, dataset), settings, steps);
  }

  private static RunSpeed measure(RunInputs inputs, TrainingSettings settings, int steps)
      throws IOException {
    TrainingData data = inputs.data(settings);
    try (FineTuning fineTuning = inputs.open(settings, data, Companions.NONE, news -> {})) {
      return measure(fineTuning, data, settings, steps);
    }
  }

  /** The same in a session that is open; what it has learnt before is lost. */
  static RunSpeed measure(
      FineTuning fineTuning, TrainingData data, TrainingSettings settings, int steps) {
    Range.atLeast("steps", steps, 1);
    StepSchedule schedule = new StepSchedule(settings, data.plan());
    StepBatches batches = data.plan().epoch(0).get(0);
    Stopwatch watch = Stopwatch.createStarted();
    fineTuning.step(batches, schedule.rates(0));
    double first = seconds(watch);
    watch.reset().start();
    for (int step = 0; step < steps; step++) {
      fineTuning.step(batches, schedule.rates(0));
    }
    double perStep = seconds(watch) / steps;
    List<Batch> dev =
        data.task().languageModelling()
            ? EvaluationBatches.ofSequences(data.dev(), settings.batches())
            : EvaluationBatches.of(data.dev(), settings.batchSize());
    Batch typical = dev.get(dev.size() / 2);
    fineTuning.loss(typical);
    watch.reset().start();
    fineTuning.loss(typical);
    double perEvaluation = seconds(watch);
    return new RunSpeed(
        Math.max(0, first - perStep),
        perStep / batches.tokens(),
        perEvaluation / ((double) typical.rows() * typical.length()));
  }

  private static double seconds(Stopwatch watch) {
    return watch.elapsed().toNanos() / 1e9;
  }
}
