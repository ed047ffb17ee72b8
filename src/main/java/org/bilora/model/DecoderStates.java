package org.bilora.model;

import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * What a decoder makes of the tokens it reads.
 *
 * @param hidden their last hidden states, layer-normalised, {@code [tokens, hidden]}
 * @param past their keys and values
 */
public record DecoderStates<T extends TFloating>(Operand<T> hidden, DecoderPast<T> past) {}
