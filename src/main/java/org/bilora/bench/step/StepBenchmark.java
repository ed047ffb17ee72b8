package org.bilora.bench.step;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.settings.LayerSelection;
import org.bilora.settings.Range;
import org.bilora.step.ExecutionSettings;
import org.bilora.train.PeakMemory;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;

/**
 * Times training steps. At each batch shape the methods take their steps in turn, and rounds of
 * matrix products lie between them, so that a busy machine slows all of them alike and ratios stay
 * fair.
 */
public final class StepBenchmark {
  /** Steps after the first that are not counted: buffers are still being allocated. */
  private static final int WARM_UP_STEPS = 2;

  /** Steps of each method between two rounds of matrix products. */
  private static final int STEPS_PER_ROUND = 5;

  /**
   * What to time: every method at every combination of rows and length.
   *
   * @param methods in the order they take turns
   * @param rows examples per batch
   * @param lengths tokens per example
   * @param adapter rank and targets
   * @param layers that the increments are in, each with the states below it kept, as a subject of
   *     its own; none for increments as {@code adapter} has them
   * @param lanes numbers of trainings that share a step, each timed beside one by itself; none for
   *     one by itself alone
   * @param execution precision and compilation
   * @param steps timed steps of each method at each shape
   * @param seed of start values, dropout and token ids
   */
  public record Settings(
      List<Method> methods,
      List<Integer> rows,
      List<Integer> lengths,
      AdapterSettings adapter,
      List<LayerSelection> layers,
      List<Integer> lanes,
      ExecutionSettings execution,
      int steps,
      long seed) {

    /** Increments in all layers. */
    public Settings(
        List<Method> methods,
        List<Integer> rows,
        List<Integer> lengths,
        AdapterSettings adapter,
        ExecutionSettings execution,
        int steps,
        long seed) {
      this(methods, rows, lengths, adapter, List.of(), List.of(), execution, steps, seed);
    }

    /** One by itself, and each number of lanes. */
    List<Integer> lanesOfSubjects() {
      return Stream.concat(Stream.of(1), lanes.stream().filter(several -> several > 1)).toList();
    }

    /** The increments of each subject. */
    List<AdapterSettings> adapters() {
      return layers.isEmpty()
          ? List.of(adapter)
          : layers.stream().map(chosen -> adapter.within(Optional.of(chosen))).toList();
    }

    /** Checks the ranges. */
    public Settings {
      methods = ImmutableList.copyOf(methods);
      rows = ImmutableList.copyOf(rows);
      lengths = ImmutableList.copyOf(lengths);
      layers = ImmutableList.copyOf(layers);
      lanes = ImmutableList.copyOf(lanes);
      lanes.forEach(several -> Range.atLeast("lanes", several, 1));
      if (!layers.isEmpty() && lanes.stream().anyMatch(several -> several > 1)) {
        throw new IllegalArgumentException(
            "layers and lanes are set, but lanes compute all layers at every step; leave one of them out");
      }
      requireSome("method", methods);
      requireSome("batch", rows);
      requireSome("seq", lengths);
      if (steps < 1) {
        throw new IllegalArgumentException("steps is %d; it must be 1 or more".formatted(steps));
      }
    }

    private static void requireSome(String field, List<?> values) {
      if (values.isEmpty()) {
        throw new IllegalArgumentException(field + " is empty; give at least one");
      }
    }
  }

  /** Hears how it goes on. */
  public interface Listener {
    /** A method has taken its first step at a shape. */
    void firstStep(Method method, int rows, int length, double seconds);

    /** A method has been timed at a shape, and held against the peak so far. */
    void timed(StepMeasurement timing);
  }

  private final PretrainedModel model;
  private final Settings settings;
  private final Listener listener;

  /**
   * @param model stays the caller's to close
   */
  public StepBenchmark(PretrainedModel model, Settings settings, Listener listener) {
    this.model = model;
    this.settings = settings;
    this.listener = listener;
  }

  /**
   * Times all combinations, in the order of rows, lengths, methods.
   *
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  public List<StepMeasurement> run() {
    // All shapes are checked before the first takes its minutes.
    for (int rows : settings.rows()) {
      for (int length : settings.lengths()) {
        batches(rows, length);
      }
    }
    try (Yardstick yardstick = new Yardstick(settings.execution().precision())) {
      List<StepMeasurement> timings = new ArrayList<>();
      for (int rows : settings.rows()) {
        for (int length : settings.lengths()) {
          timings.addAll(time(rows, length, yardstick));
        }
      }
      // The best of all rounds is the peak, also for what was timed before it was reached.
      return timings.stream()
          .map(timing -> timing.against(yardstick.peak(), yardstick.peakF32()))
          .collect(ImmutableList.toImmutableList());
    }
  }

  private SyntheticBatches batches(int rows, int length) {
    return model instanceof PretrainedDecoder decoder
        ? new SyntheticBatches(decoder.config(), rows, length, settings.seed())
        : new SyntheticBatches(((PretrainedEncoder) model).config(), rows, length, settings.seed());
  }

  private List<StepMeasurement> time(int rows, int length, Yardstick yardstick) {
    List<TimedMethod> subjects = new ArrayList<>();
    try {
      for (Method method : settings.methods()) {
        for (AdapterSettings adapter : settings.adapters()) {
          for (int lanes : settings.lanesOfSubjects()) {
            TimedMethod subject =
                new TimedMethod(
                    model,
                    method,
                    adapter,
                    lanes,
                    settings.execution(),
                    settings.seed(),
                    batches(rows, length));
            subjects.add(subject);
            subject.warmUp(WARM_UP_STEPS);
            listener.firstStep(method, rows, length, subject.firstStepSeconds());
          }
        }
      }
      return time(subjects, rows, length, yardstick);
    } finally {
      subjects.forEach(TimedMethod::close);
    }
  }

  private List<StepMeasurement> time(
      List<TimedMethod> subjects, int rows, int length, Yardstick yardstick) {
    for (int step = 0; step < settings.steps(); step++) {
      if (step % STEPS_PER_ROUND == 0) {
        yardstick.round();
      }
      subjects.forEach(TimedMethod::timeStep);
    }
    yardstick.round();
    List<StepMeasurement> timings = new ArrayList<>();
    for (TimedMethod subject : subjects) {
      Optional<Durations> lora =
          subjects.stream()
              .filter(other -> other.method().name().equals(Lora.NAME))
              .filter(other -> other.layers().equals(subject.layers()))
              .filter(other -> other.lanes() == subject.lanes())
              .findFirst()
              .map(TimedMethod::times);
      Optional<Durations> single =
          subjects.stream()
              .filter(other -> other.lanes() == 1 && subject.lanes() > 1)
              .filter(other -> other.method().equals(subject.method()))
              .findFirst()
              .map(TimedMethod::times);
      StepMeasurement timing = timing(subject, rows, length, yardstick, lora, single);
      listener.timed(timing);
      timings.add(timing);
    }
    return timings;
  }

  private StepMeasurement timing(
      TimedMethod subject,
      int rows,
      int length,
      Yardstick yardstick,
      Optional<Durations> lora,
      Optional<Durations> single) {
    return StepMeasurementBuilder.builder()
        .method(subject.method())
        .rows(rows)
        .length(length)
        .batches(subject.batchesPerStep())
        .xla(subject.xla())
        .times(subject.times())
        .firstStepSeconds(subject.firstStepSeconds())
        .operations(
            StepOperations.step(model, subject.method(), rows, length)
                * subject.shareOfLayers()
                * subject.lanes())
        .peak(yardstick.peak())
        .peakF32(yardstick.peakF32())
        .peakMemoryMegabytes(
            PeakMemory.bytes().stream()
                .mapToDouble(bytes -> bytes / 1e6)
                .findFirst()
                .orElse(Double.NaN))
        .loraTimes(lora.filter(times -> !(subject.method().name().equals(Lora.NAME))))
        .layers(subject.layers())
        .lanes(subject.lanes())
        .singleTimes(single)
        .build();
  }

  /** Peaks in the step's precision and in 32 bits. */
  private static final class Yardstick implements AutoCloseable {
    private final GemmPeak single = new GemmPeak(TFloat32.class);
    private final Optional<GemmPeak> brief;

    Yardstick(ExecutionSettings.Precision precision) {
      brief =
          precision == ExecutionSettings.Precision.BF16
              ? Optional.of(new GemmPeak(TBfloat16.class))
              : Optional.empty();
    }

    void round() {
      single.round();
      brief.ifPresent(GemmPeak::round);
    }

    double peakF32() {
      return single.gigaflops();
    }

    double peak() {
      return brief.orElse(single).gigaflops();
    }

    @Override
    public void close() {
      brief.ifPresent(GemmPeak::close);
      single.close();
    }
  }
}
