package org.bilora.bench.step;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bilora.bilevel.StepKind;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.model.TargetModules;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import org.bilora.train.TrainingSettingsBuilder;

/** A method in a session of its own at one batch shape, and the times of its steps. */
final class TimedMethod implements AutoCloseable {
  private final Method method;
  private final OptimizerSettings optimizer;
  private final SyntheticBatches batches;
  private final FineTuning fineTuning;
  private final List<Double> milliseconds = new ArrayList<>();
  private double firstStepSeconds;
  private long step;

  TimedMethod(
      PretrainedModel model,
      Method method,
      AdapterSettings adapter,
      ExecutionSettings execution,
      long seed,
      SyntheticBatches batches) {
    this.method = method;
    this.optimizer = TrainingDefaults.optimizer(method);
    this.batches = batches;
    TrainingSettings settings =
        TrainingSettingsBuilder.builder()
            .method(method)
            .adapter(adapter)
            .optimizer(optimizer)
            .epochs(TrainingDefaults.EPOCHS)
            .maxSteps(0)
            .batchSize(TrainingDefaults.BATCH_SIZE)
            .maxLength(TrainingDefaults.MAX_LENGTH)
            .execution(execution)
            .seed(seed)
            .build();
    List<String> modules = TargetModules.match(model, adapter.targets());
    this.fineTuning =
        model instanceof PretrainedDecoder decoder
            ? FineTuning.open(decoder, modules, settings.step())
            : open((PretrainedEncoder) model, modules, settings);
  }

  private static FineTuning open(
      PretrainedEncoder model, List<String> modules, TrainingSettings settings) {
    EncoderHead head = new EncoderHead(model.config(), model.pooling(), SyntheticBatches.LABELS);
    return FineTuning.open(model, head, modules, settings.step());
  }

  /** Takes the first step, whose time is kept apart, and some that are not counted. */
  void warmUp(int steps) {
    firstStepSeconds = takeStep() / 1e3;
    for (int i = 0; i < steps; i++) {
      takeStep();
    }
  }

  /** Takes a step that counts. */
  void timeStep() {
    milliseconds.add(takeStep());
  }

  /** One step on new batches, in milliseconds. */
  private double takeStep() {
    StepKind kind = method.phases().get(0).kind();
    StepBatches fed =
        new StepBatches(
            kind,
            Stream.generate(batches::next).limit(kind.lowerBatches()).toList(),
            Stream.generate(batches::next).limit(kind.upperBatches()).toList());
    float rate = (float) optimizer.learningRate();
    float upperRate = (float) method.peakUpperLearningRate().orElse(0);
    StepRates rates = new StepRates(step++, rate, upperRate, rate);
    long before = System.nanoTime();
    fineTuning.step(fed, rates);
    return (System.nanoTime() - before) / 1e6;
  }

  Method method() {
    return method;
  }

  int batchesPerStep() {
    StepKind kind = method.phases().get(0).kind();
    return kind.lowerBatches() + kind.upperBatches();
  }

  boolean xla() {
    return fineTuning.device().xla();
  }

  double firstStepSeconds() {
    return firstStepSeconds;
  }

  Durations times() {
    return Durations.of(milliseconds);
  }

  @Override
  public void close() {
    fineTuning.close();
  }
}
