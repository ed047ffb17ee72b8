package org.bilora.text.graph;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.strings.UnicodeDecode;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/**
 * Texts as one vector of code points.
 *
 * @param codes code points, {@code [n]}
 * @param rows which text each belongs to, ascending, {@code [n]}
 */
record FlatText(Operand<TInt32> codes, Operand<TInt32> rows) {
  private static final long REPLACEMENT = 0xFFFD;

  /** Decodes UTF-8; what is none becomes U+FFFD. */
  static FlatText of(Ops tf, Operand<TString> texts) {
    Vectors vectors = new Vectors(tf);
    UnicodeDecode<TInt32> decoded =
        UnicodeDecode.create(
            tf.scope(),
            texts,
            "UTF-8",
            TInt32.class,
            UnicodeDecode.errors("replace"),
            UnicodeDecode.replacementChar(REPLACEMENT));
    Operand<TInt32> codes = decoded.charValues();
    // A text begins at each split; of a vector of beginnings, sums are text numbers.
    Operand<TInt32> splits = decoded.rowSplits();
    Operand<TInt32> places = tf.math.add(vectors.length(codes), tf.constant(1));
    Operand<TInt32> begun =
        vectors.cumulated(vectors.sums(vectors.filled(splits, 1), splits, places));
    Operand<TInt32> rows =
        tf.math.sub(tf.slice(begun, tf.array(0), tf.shape(codes)), tf.constant(1));
    return new FlatText(codes, rows);
  }
}
