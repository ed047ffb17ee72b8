package org.bilora.model;

import com.google.common.collect.ImmutableList;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * What later tokens attend to: the keys and values of tokens that a decoder has read.
 *
 * @param keys by layer, each {@code [rows, heads, tokens, head size]}
 * @param values by layer, of the same shape
 */
public record DecoderPast<T extends TFloating>(
    ImmutableList<Operand<T>> keys, ImmutableList<Operand<T>> values) {}
