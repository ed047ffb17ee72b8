package org.bilora.train;

import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.bilora.data.Dataset;
import org.bilora.data.LanguageModelDataset;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;

/**
 * What {@link Trainer} would do, found out by taking a few steps and throwing the model away.
 *
 * @param trainedParameters values that are trained, both levels together
 * @param modelParameters values of the pretrained model
 * @param examples sizes of D1, D2 and dev
 * @param epochs of the run
 * @param size what it has to compute
 * @param time it takes at the speed of the steps that were taken
 * @param memoryBytes most that this process held while it took them, one on the largest batch among
 *     them; empty where the system does not tell. Memory of a GPU is not in it
 */
public record RunPlan(
    int trainedParameters,
    long modelParameters,
    ExampleCounts examples,
    int epochs,
    RunSize size,
    Duration time,
    OptionalLong memoryBytes) {

  /**
   * Takes the steps.
   *
   * @param start the adapter that the run would start from, where it would
   * @param steps how many to time
   * @throws IOException when states behind frozen layers cannot be kept
   * @throws IllegalArgumentException when settings, model and data do not fit together
   */
  public static RunPlan of(
      PretrainedEncoder model,
      Dataset dataset,
      Optional<StartAdapter> start,
      TrainingSettings settings,
      int steps)
      throws IOException {
    return of(new RunInputs.OfEncoder(model, dataset, start), settings, steps);
  }

  /**
   * The same for a language model.
   *
   * @throws IOException when states behind frozen layers cannot be kept
   * @throws IllegalArgumentException when settings, model and data do not fit together
   */
  public static RunPlan of(
      PretrainedDecoder model,
      LanguageModelDataset dataset,
      Optional<StartAdapter> start,
      TrainingSettings settings,
      int steps)
      throws IOException {
    return of(new RunInputs.OfDecoder(model, dataset, start), settings, steps);
  }

  private static RunPlan of(RunInputs inputs, TrainingSettings settings, int steps)
      throws IOException {
    TrainingData data = inputs.data(settings);
    RunSize size = RunSize.of(data, settings);
    try (FineTuning fineTuning = inputs.open(settings, data, Companions.NONE, news -> {})) {
      RunSpeed speed = RunSpeed.measure(fineTuning, data, settings, steps);
      takeLargest(fineTuning, data, settings);
      return new RunPlan(
          fineTuning.trainedParameters(),
          inputs.model().weights().values().stream().mapToLong(w -> w.values().length).sum(),
          data.counts(),
          data.plan().epochs(),
          size,
          size.time(speed),
          PeakMemory.bytes());
    }
  }

  private static void takeLargest(
      FineTuning fineTuning, TrainingData data, TrainingSettings settings) {
    List<StepBatches> epoch = data.plan().epoch(0);
    StepBatches largest =
        epoch.stream().max(Comparator.comparingLong(StepBatches::tokens)).orElseThrow();
    fineTuning.step(largest, new StepSchedule(settings, data.plan()).rates(0));
  }
}
