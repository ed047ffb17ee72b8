package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.bilora.text.Tokenizer;

/**
 * Examples as token ids, in the order they came.
 *
 * @param truncated how many lost tokens to the maximum length
 */
public record EncodedSet(ImmutableList<EncodedExample> examples, int truncated) {

  /** Encodes examples. */
  public static EncodedSet of(Tokenizer tokenizer, List<Example> examples, int maxLength) {
    throw new UnsupportedOperationException();
  }
}
