package org.bilora.data;

import org.bilora.text.Encoding;

/**
 * An example as token ids.
 *
 * @param target class index or score; NaN without a label
 * @param index position in the list it was encoded from
 */
public record EncodedExample(Encoding encoding, float target, int index) {}
