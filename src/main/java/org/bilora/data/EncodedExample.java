package org.bilora.data;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.text.Encoding;

/**
 * An example as token ids.
 *
 * @param targets as {@link Example#targets}; empty without a label
 * @param firstTokens for a task about words, the position of each word's first token, {@link #CUT}
 *     for one that the maximum length cut off
 * @param index position in the list it was encoded from
 */
public record EncodedExample(
    Encoding encoding,
    Optional<List<Double>> targets,
    Optional<List<Integer>> firstTokens,
    int index) {
  /** Where a word that was cut off has its first token. */
  public static final int CUT = -1;

  /** An example about the whole text. */
  public EncodedExample(Encoding encoding, Optional<List<Double>> targets, int index) {
    this(encoding, targets, Optional.empty(), index);
  }

  /** A labelled example with one target. */
  public EncodedExample(Encoding encoding, double target, int index) {
    this(encoding, Optional.of(List.of(target)), index);
  }

  /** An example with one target, or none. */
  public EncodedExample(Encoding encoding, OptionalDouble target, int index) {
    this(
        encoding,
        target.isPresent() ? Optional.of(List.of(target.getAsDouble())) : Optional.empty(),
        index);
  }

  /** The target of a task with one; empty without a label. */
  public OptionalDouble target() {
    return targets.isPresent() && targets.get().size() == 1
        ? OptionalDouble.of(targets.get().get(0))
        : OptionalDouble.empty();
  }

  /** The same at another place. */
  public EncodedExample at(int other) {
    return new EncodedExample(encoding, targets, firstTokens, other);
  }

  /**
   * Tokens that a language model's loss counts: those of the second segment, but for the text's
   * first, before which there is nothing to read.
   */
  public int predictions() {
    int count = 0;
    for (int i = 1; i < encoding.length(); i++) {
      count += encoding.tokenTypeIds()[i];
    }
    return count;
  }
}
