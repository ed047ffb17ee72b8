package org.bilora.export;

import java.util.Optional;
import java.util.OptionalInt;
import org.bilora.model.PretrainedEncoder;
import org.bilora.text.Encoding;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Cumsum;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;

/**
 * Which tokens of a row are padding, whoever padded it.
 *
 * <p>TensorFlow Serving's {@code pad_variable_length_inputs} fills rows up with their tensor's
 * first element: ids with the token that opens every row, such as {@code [CLS]}, and the mask with
 * 1. No row ends with that token, since another closes it, so that such a row's tail of opening
 * tokens is padding. A client that sends no mask pads with the padding token.
 *
 * @param padTokenId the padding token
 * @param opening the token that opens every row and never closes one; empty where there is none
 */
record RowPadding(int padTokenId, OptionalInt opening) {

  /** Reads the opening token off the tokenizer. */
  static RowPadding of(PretrainedEncoder encoder, int maxTokens) {
    Encoding empty = encoder.tokenizer().encode("", Optional.empty(), maxTokens);
    int[] ids = empty.inputIds();
    int pad = encoder.config().padTokenId();
    boolean framed = ids.length > 1 && ids[0] != ids[ids.length - 1] && ids[0] != pad;
    return new RowPadding(pad, framed ? OptionalInt.of(ids[0]) : OptionalInt.empty());
  }

  /** Whether rows that a server padded with their first element are answered as they should. */
  boolean firstElementIsSeen() {
    return opening.isPresent();
  }

  /**
   * The mask that is used.
   *
   * @param ids token ids, {@code [rows, length]}
   * @param given the client's mask, {@code [rows, length]}
   * @return 1 for a token, 0 for padding, {@code [rows, length]}
   */
  Operand<TInt32> mask(Ops tf, Operand<TInt32> ids, Optional<Operand<TInt32>> given) {
    if (given.isPresent() && opening.isEmpty()) {
      return given.get();
    }
    Operand<TBool> filler = tf.math.equal(ids, tf.constant(padTokenId));
    if (opening.isPresent()) {
      Operand<TBool> opens = tf.math.equal(ids, tf.constant(opening.getAsInt()));
      Operand<TBool> rowOpens = tf.slice(opens, tf.array(0, 0), tf.array(-1, 1));
      Operand<TBool> repeated = tf.math.logicalAnd(opens, rowOpens);
      // A client's own mask says what its padding tokens are.
      filler = given.isPresent() ? repeated : tf.math.logicalOr(filler, repeated);
    }
    Operand<TInt32> content = tf.dtypes.cast(tf.math.logicalNot(filler), TInt32.class);
    Operand<TInt32> contentFromHere = tf.math.cumsum(content, tf.constant(1), Cumsum.reverse(true));
    Operand<TInt32> places = tf.math.cumsum(tf.onesLike(ids), tf.constant(1));
    Operand<TBool> real =
        tf.math.logicalOr(
            tf.math.greater(contentFromHere, tf.constant(0)),
            tf.math.equal(places, tf.constant(1)));
    Operand<TInt32> mask = tf.dtypes.cast(real, TInt32.class);
    return given.isPresent() ? tf.math.mul(mask, given.get()) : mask;
  }
}
