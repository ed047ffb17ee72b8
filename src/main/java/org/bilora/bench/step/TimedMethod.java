package org.bilora.bench.step;

import com.google.common.collect.Iterators;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bilora.bilevel.StepKind;
import org.bilora.data.Batch;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.settings.LayerSelection;
import org.bilora.step.AdaptedModules;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.FineTuning;
import org.bilora.step.FrozenPrefix;
import org.bilora.step.LanedFineTuning;
import org.bilora.step.PrefixCache;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepSettings;
import org.bilora.step.TaskLoss;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import org.bilora.train.TrainingSettingsBuilder;

/** A method in a session of its own at one batch shape, and the times of its steps. */
final class TimedMethod implements AutoCloseable {
  /** Whose states are kept. */
  private static final int DIFFERENT_BATCHES = 16;

  private final Method method;
  private final OptimizerSettings optimizer;
  private final Optional<LayerSelection> layers;
  private final Supplier<Batch> batches;
  private final double shareOfLayers;
  private final int lanes;
  private final Steps steps;
  private final List<Double> milliseconds = new ArrayList<>();
  private Path states;
  private double firstStepSeconds;
  private long step;

  /** Takes steps of one training, or of each of several lanes. */
  private interface Steps extends AutoCloseable {
    void step(List<StepBatches> batches, List<StepRates> rates);

    boolean xla();

    @Override
    void close();
  }

  private record Alone(FineTuning fineTuning) implements Steps {
    @Override
    public void step(List<StepBatches> batches, List<StepRates> rates) {
      fineTuning.step(batches.get(0), rates.get(0));
    }

    @Override
    public boolean xla() {
      return fineTuning.device().xla();
    }

    @Override
    public void close() {
      fineTuning.close();
    }
  }

  private record InLanes(LanedFineTuning fineTuning) implements Steps {
    @Override
    public void step(List<StepBatches> batches, List<StepRates> rates) {
      fineTuning.step(batches, rates);
    }

    @Override
    public boolean xla() {
      return fineTuning.xla();
    }

    @Override
    public void close() {
      fineTuning.close();
    }
  }

  /**
   * @param lanes trainings that share a step, 1 for one by itself
   */
  TimedMethod(
      PretrainedModel model,
      Method method,
      AdapterSettings adapter,
      int lanes,
      ExecutionSettings execution,
      long seed,
      SyntheticBatches batches) {
    this.method = method;
    this.lanes = lanes;
    this.optimizer = TrainingDefaults.optimizer(method);
    this.layers = adapter.layers();
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
    List<String> modules = AdaptedModules.of(model, adapter);
    int depth = layers.isPresent() ? FrozenPrefix.depth(model, method, adapter, modules) : 0;
    shareOfLayers = (double) (model.layers() - depth) / model.layers();
    if (depth == 0) {
      this.batches = batches::next;
      this.steps =
          lanes > 1
              ? new InLanes(open(model, modules, settings, lanes))
              : new Alone(open(model, modules, settings, Optional.empty()));
      return;
    }
    List<Batch> few = Stream.generate(batches::next).limit(DIFFERENT_BATCHES).toList();
    this.batches = Iterators.cycle(few)::next;
    try {
      states = Files.createTempDirectory("bilora-states");
      FrozenPrefix prefix =
          new PrefixCache(states, Long.MAX_VALUE)
              .prefix(
                  model,
                  depth,
                  execution.precision(),
                  few.stream().flatMap(SyntheticBatches::texts).toList(),
                  news -> {});
      this.steps = new Alone(open(model, modules, settings, Optional.of(prefix)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FineTuning open(
      PretrainedModel model,
      List<String> modules,
      TrainingSettings settings,
      Optional<FrozenPrefix> prefix) {
    if (model instanceof PretrainedDecoder decoder) {
      return FineTuning.open(decoder, modules, settings.step(), prefix, Optional.empty());
    }
    PretrainedEncoder encoder = (PretrainedEncoder) model;
    return FineTuning.open(
        encoder,
        head(encoder),
        modules,
        settings.step().withLowerExamples(SyntheticBatches.EXAMPLES),
        prefix);
  }

  private static EncoderHead head(PretrainedEncoder encoder) {
    return new EncoderHead(encoder.config(), encoder.pooling(), SyntheticBatches.LABELS);
  }

  /** Trainings with seeds of their own. */
  private static LanedFineTuning open(
      PretrainedModel model, List<String> modules, TrainingSettings settings, int lanes) {
    if (!(model instanceof PretrainedEncoder encoder)) {
      throw new IllegalArgumentException(
          "lanes is %d, but %s is a language model, whose trainings have none; leave it out"
              .formatted(lanes, model.name()));
    }
    StepSettings first = settings.step().withLowerExamples(SyntheticBatches.EXAMPLES);
    return LanedFineTuning.open(
        encoder,
        head(encoder),
        TaskLoss.of(SyntheticBatches.LABELS, 0),
        modules,
        LongStream.range(0, lanes).mapToObj(lane -> first.withSeed(first.seed() + lane)).toList());
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
    List<StepBatches> fed =
        Stream.generate(
                () ->
                    new StepBatches(
                        kind,
                        Stream.generate(batches).limit(kind.lowerBatches()).toList(),
                        Stream.generate(batches).limit(kind.upperBatches()).toList()))
            .limit(lanes)
            .toList();
    float rate = (float) optimizer.learningRate();
    float upperRate = (float) method.peakUpperLearningRate().orElse(0);
    StepRates rates = new StepRates(step++, rate, upperRate, rate);
    long before = System.nanoTime();
    steps.step(fed, Collections.nCopies(lanes, rates));
    return (System.nanoTime() - before) / 1e6;
  }

  Method method() {
    return method;
  }

  /** Trainings that share a step. */
  int lanes() {
    return lanes;
  }

  /** Where its increments are, if not in all layers. */
  Optional<LayerSelection> layers() {
    return layers;
  }

  /** Share of the model's layers that a step computes. */
  double shareOfLayers() {
    return shareOfLayers;
  }

  int batchesPerStep() {
    StepKind kind = method.phases().get(0).kind();
    return kind.lowerBatches() + kind.upperBatches();
  }

  boolean xla() {
    return steps.xla();
  }

  double firstStepSeconds() {
    return firstStepSeconds;
  }

  Durations times() {
    return Durations.of(milliseconds);
  }

  @Override
  public void close() {
    steps.close();
    if (states != null) {
      try {
        MoreFiles.deleteRecursively(states, RecursiveDeleteOption.ALLOW_INSECURE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
