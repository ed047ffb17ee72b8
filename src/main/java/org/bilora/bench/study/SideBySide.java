package org.bilora.bench.study;

import java.util.OptionalInt;
import org.bilora.bilevel.StepKind;
import org.bilora.settings.Range;
import org.bilora.step.Lanes;
import org.bilora.train.RunSize;

/**
 * That small trainings run side by side, so that several of them take a step together.
 *
 * @param width trainings that take a step together; empty to follow from the size of their batches
 */
public record SideBySide(OptionalInt width) {
  /** By the size of the batches. */
  public static final SideBySide AUTO = new SideBySide(OptionalInt.empty());

  /** More of them gain little. */
  private static final int MOST = 8;

  /**
   * Tokens of a step's stacked batch above which a processor gains nothing more (benchmarks/lanes).
   */
  private static final int TOKENS = 1024;

  /** Trainings at once for each that takes a step together, at most. */
  private static final int PLACES_EACH = 4;

  /** Checks the range. */
  public SideBySide {
    width.ifPresent(lanes -> Range.atLeast("lanes", lanes, 1));
  }

  /** So many trainings. */
  public static SideBySide of(int width) {
    return new SideBySide(OptionalInt.of(width));
  }

  /**
   * Lanes for trainings like one.
   *
   * @param trainings how many there are
   * @param size of one
   * @param kind of its steps
   */
  Lanes lanes(int trainings, RunSize size, StepKind kind) {
    int lanes = Math.min(trainings, width.orElseGet(() -> widthFor(size, kind)));
    int enough = Lanes.placesFor(lanes, size.shapes());
    return new Lanes(lanes, Math.min(trainings, Math.min(enough, PLACES_EACH * lanes)));
  }

  private static int widthFor(RunSize size, StepKind kind) {
    double tokens = size.tokensPerStep() / (kind.lowerBatches() + kind.upperBatches());
    return Math.max(1, Math.min(MOST, Integer.highestOneBit((int) (TOKENS / tokens))));
  }
}
