package org.bilora.bench.report;

import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.GenerationResult;
import org.bilora.data.MetricName;
import org.bilora.eval.generation.GenerationMetric;
import org.bilora.train.EpochRecord;

/** A number that results are judged by. */
sealed interface Measure {

  /** The name in reports. */
  String id();

  /** What a value is multiplied by where it is shown as publications do. */
  double factor();

  boolean lowerIsBetter();

  /** Of a result; empty where it is undefined. */
  OptionalDouble of(CellResult result);

  /** A metric of some epoch on what epochs are evaluated on. */
  sealed interface OfEpoch extends Measure {
    MetricName metric();

    /** The epoch; empty where a run has none. */
    Optional<EpochRecord> epoch(CellResult result);

    @Override
    default double factor() {
      return metric() == MetricName.PERPLEXITY ? 1 : 100;
    }

    @Override
    default boolean lowerIsBetter() {
      return metric().better(0, 1);
    }

    @Override
    default OptionalDouble of(CellResult result) {
      Optional<EpochRecord> epoch = epoch(result);
      return epoch.isEmpty()
          ? OptionalDouble.empty()
          : defined(epoch.get().metrics().get(metric()));
    }
  }

  /** Of the epoch whose values were kept. */
  record OfChosenEpoch(MetricName metric) implements OfEpoch {
    @Override
    public String id() {
      return metric.id();
    }

    @Override
    public Optional<EpochRecord> epoch(CellResult result) {
      return result.run().bestEpoch();
    }
  }

  /** Of the epoch in which it is best. */
  record OfBestEpoch(MetricName metric) implements OfEpoch {
    @Override
    public String id() {
      return metric.id() + " of the best epoch";
    }

    @Override
    public Optional<EpochRecord> epoch(CellResult result) {
      EpochRecord best = null;
      for (EpochRecord epoch : result.run().epochs()) {
        if (best == null
            || metric.better(epoch.metrics().get(metric), best.metrics().get(metric))) {
          best = epoch;
        }
      }
      return Optional.ofNullable(best);
    }
  }

  /** Of the last epoch. */
  record OfLastEpoch(MetricName metric) implements OfEpoch {
    @Override
    public String id() {
      return metric.id() + " of the last epoch";
    }

    @Override
    public Optional<EpochRecord> epoch(CellResult result) {
      return Optional.of(StudyResults.last(result));
    }
  }

  /** A metric of the texts that the best epoch's values wrote. */
  record OfTexts(GenerationMetric metric) implements Measure {
    @Override
    public String id() {
      return metric.id();
    }

    @Override
    public double factor() {
      return metric == GenerationMetric.NIST || metric == GenerationMetric.CIDER ? 1 : 100;
    }

    @Override
    public boolean lowerIsBetter() {
      return metric == GenerationMetric.TER;
    }

    @Override
    public OptionalDouble of(CellResult result) {
      return defined(
          result.generation().map(GenerationResult::scores).map(s -> s.get(metric)).orElse(null));
    }
  }

  /**
   * A value, if it is one.
   *
   * @param value null where there is none
   */
  static OptionalDouble defined(Double value) {
    return value == null || value.isNaN() ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
