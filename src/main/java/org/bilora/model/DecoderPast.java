package org.bilora.model;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * What later tokens attend to: the keys and values of tokens that a decoder has read.
 *
 * @param keys by layer, each {@code [rows, heads, tokens, head size]}
 * @param values by layer, of the same shape
 */
public record DecoderPast<T extends TFloating>(List<Operand<T>> keys, List<Operand<T>> values) {
  /** Keeps copies of the collections. */
  public DecoderPast {
    keys = ImmutableList.copyOf(keys);
    values = ImmutableList.copyOf(values);
  }
}
