package org.bilora.bench.step;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.method.Method;
import org.bilora.settings.LayerSelection;

/**
 * What was measured of one method's step at one batch shape.
 *
 * @param method with its hypergradient
 * @param layers that the increments are in, and that alone are computed; empty for all
 * @param rows examples per batch
 * @param length tokens per example
 * @param batches batches a step consumes, one per level
 * @param xla whether the step was compiled
 * @param times of the steps after the warm-up
 * @param firstStepSeconds of the first step: building the graph, its gradients, compilation, and
 *     running it once
 * @param operations of a step, as {@link StepOperations} counts them
 * @param peak best GFLOP/s of matrix products in the step's precision, measured between steps
 * @param peakF32 the same in 32 bits
 * @param peakMemoryMegabytes most memory of the process until the end of these steps, the yardstick
 *     and earlier measurements included; NaN where unknown
 * @param loraTimes LoRA's, taken in turn with these; empty for LoRA itself and where it was not
 *     timed
 * @param lanes trainings that each step takes a step of, 1 for one by itself
 * @param singleTimes of one training by itself, taken in turn with these; empty for one lane
 */
@RecordBuilder
public record StepMeasurement(
    Method method,
    Optional<LayerSelection> layers,
    int rows,
    int length,
    int batches,
    boolean xla,
    Durations times,
    double firstStepSeconds,
    double operations,
    double peak,
    double peakF32,
    double peakMemoryMegabytes,
    Optional<Durations> loraTimes,
    @RecordBuilder.Initializer("ONE_LANE") int lanes,
    Optional<Durations> singleTimes) {
  /** A training by itself. */
  public static final int ONE_LANE = 1;

  /** What tables call it. */
  public String label() {
    return method.variant()
        + layers.map(chosen -> ", " + chosen).orElse("")
        + (lanes > 1 ? ", %d lanes".formatted(lanes) : "");
  }

  /** The same times held against other peaks. */
  StepMeasurement against(double otherPeak, double otherPeakF32) {
    return StepMeasurementBuilder.builder(this).peak(otherPeak).peakF32(otherPeakF32).build();
  }

  /** Tokens consumed a second, over the median step. */
  public double tokensPerSecond() {
    return 1e3 * lanes * batches * rows * length / times.median();
  }

  /** Share of the peak that a step of that length reaches. */
  private double share(double milliseconds) {
    return operations / (milliseconds * 1e6) / peak;
  }

  /** Of the peak, by the median step: the usual step against the best product. */
  public double shareOfPeak() {
    return share(times.median());
  }

  /** Of the peak, by the fastest step: the best against the best, which a noisy machine needs. */
  public double shareOfPeakAtMin() {
    return share(times.min());
  }

  /** Median step over LoRA's median step. */
  public OptionalDouble ratioToLora() {
    return loraTimes.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(times.median() / loraTimes.get().median());
  }

  /** How many times as fast lanes are as their trainings one by one, by median steps. */
  public OptionalDouble gainOfLanes() {
    return singleTimes.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(lanes * singleTimes.get().median() / times.median());
  }

  /** The same by fastest steps. */
  public OptionalDouble gainOfLanesAtMin() {
    return singleTimes.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(lanes * singleTimes.get().min() / times.min());
  }

  /** Fastest step over LoRA's fastest step. */
  public OptionalDouble ratioToLoraAtMin() {
    return loraTimes.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(times.min() / loraTimes.get().min());
  }
}
