package org.bilora.bench.study;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.data.Dataset;
import org.bilora.data.GenerationTask;
import org.bilora.generate.DecodingMethod;
import org.bilora.generate.DecodingMethod.BeamSearch.Stopping;
import org.bilora.generate.DecodingSettings;

/**
 * How a study of generation tasks makes the texts that it scores: what results are published with
 * unless set.
 *
 * @param beam texts that beam search pursues; 1 is greedy decoding
 * @param lengthPenalty a text's score is its log probability divided by its length to this power;
 *     the task's own unless set
 * @param noRepeatNgram length of the n-grams that may not come twice in a text; 0 for no such rule
 * @param maxNewTokens most tokens of a text, its end included
 * @param stop when beam search ends
 * @param split whose inputs are decoded: test unless set
 */
public record Decoding(
    OptionalInt beam,
    OptionalDouble lengthPenalty,
    OptionalInt noRepeatNgram,
    OptionalInt maxNewTokens,
    Optional<Stop> stop,
    Optional<String> split) {
  /** All as published. */
  public static final Decoding PUBLISHED =
      new Decoding(
          OptionalInt.empty(),
          OptionalDouble.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty());

  /** When beam search ends. */
  public enum Stop {
    /** When no better text is possible. */
    POSSIBLE(Stopping.NO_BETTER_POSSIBLE),
    /** Sooner, when none is likely. */
    LIKELY(Stopping.NO_BETTER_LIKELY);

    private final Stopping stopping;

    Stop(Stopping stopping) {
      this.stopping = stopping;
    }
  }

  /** Fills in what a file leaves out, but for the length penalty, and checks the ranges. */
  public Decoding {
    DecodingSettings usual = DecodingSettings.PUBLISHED;
    beam = OptionalInt.of(beam.orElse(usual.method().rows()));
    noRepeatNgram = OptionalInt.of(noRepeatNgram.orElse(usual.noRepeatNGram()));
    maxNewTokens = OptionalInt.of(maxNewTokens.orElse(usual.maxNewTokens()));
    stop = Optional.of(stop.orElse(Stop.POSSIBLE));
    split = Optional.of(split.orElse(Dataset.TEST));
    if (!split.get().equals(Dataset.TEST) && !split.get().equals(Dataset.DEV)) {
      throw new IllegalArgumentException(
          "split is '%s'; it must be %s or %s".formatted(split.get(), Dataset.TEST, Dataset.DEV));
    }
    settings(
        beam.getAsInt(),
        lengthPenalty.orElse(0),
        noRepeatNgram.getAsInt(),
        maxNewTokens.getAsInt(),
        stop.get());
  }

  /** The same on a task, whose length penalty it takes unless it has one. */
  Decoding on(GenerationTask task) {
    return new Decoding(
        beam,
        OptionalDouble.of(lengthPenalty.orElse(task.lengthPenalty())),
        noRepeatNgram,
        maxNewTokens,
        stop,
        split);
  }

  /** For a generator; the length penalty must be known. */
  DecodingSettings settings() {
    return settings(
        beam.getAsInt(),
        lengthPenalty.orElseThrow(),
        noRepeatNgram.getAsInt(),
        maxNewTokens.getAsInt(),
        stop.orElseThrow());
  }

  private static DecodingSettings settings(
      int beam, double lengthPenalty, int noRepeatNgram, int maxNewTokens, Stop stop) {
    return new DecodingSettings(
        beam == 1
            ? new DecodingMethod.Greedy()
            : new DecodingMethod.BeamSearch(beam, lengthPenalty, stop.stopping),
        noRepeatNgram,
        0,
        maxNewTokens,
        DecodingSettings.PUBLISHED.batch(),
        true);
  }
}
