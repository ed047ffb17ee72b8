package org.bilora.data;

import java.util.OptionalDouble;
import org.bilora.text.Encoding;

/**
 * An example as token ids.
 *
 * @param target class index or score; empty without a label
 * @param index position in the list it was encoded from
 */
public record EncodedExample(Encoding encoding, OptionalDouble target, int index) {

  /** A labelled example. */
  public EncodedExample(Encoding encoding, double target, int index) {
    this(encoding, OptionalDouble.of(target), index);
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
