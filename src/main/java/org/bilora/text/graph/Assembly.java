package org.bilora.text.graph;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;

/**
 * Tokens of texts, cut, put into their template and padded to the longest.
 *
 * <p>Of a pair that is too long the longer text is cut first, as Hugging Face's fast tokenizer does
 * it: with room for m tokens, a text of up to m / 2 keeps all of them and the other gets the rest;
 * where both are longer each gets m / 2, and an odd token goes to the longer one, the second if
 * they are equally long.
 */
final class Assembly {
  private final Ops tf;
  private final Vectors vectors;
  private final boolean keepEnd;

  /**
   * Prepares.
   *
   * @param keepEnd whether a text loses its first tokens rather than its last
   */
  Assembly(Ops tf, boolean keepEnd) {
    this.tf = tf;
    this.vectors = new Vectors(tf);
    this.keepEnd = keepEnd;
  }

  /** Three matrices, {@code [rows, length]}. */
  record Matrices(
      Operand<TInt32> inputIds, Operand<TInt32> attentionMask, Operand<TInt32> tokenTypeIds) {}

  /**
   * Makes the matrices.
   *
   * @param tokens of the first texts, rows from 0, then of the second, rows from {@code rows}
   * @param rows how many texts or pairs, scalar
   */
  Matrices matrices(
      FlatTokens tokens,
      Operand<TInt32> rows,
      List<Template.Piece> template,
      int maxTokens,
      int padTokenId) {
    boolean pair = template.stream().anyMatch(Assembly::isSecond);
    int room = maxTokens - Template.specials(template);
    Operand<TInt32> texts = pair ? tf.math.mul(rows, tf.constant(2)) : rows;
    Operand<TInt32> counts = vectors.sums(vectors.filled(tokens.ids(), 1), tokens.rows(), texts);
    Operand<TInt32> begins = vectors.cumulatedBefore(counts);
    Operand<TInt32> first = part(counts, tf.constant(0), rows);
    Operand<TInt32> second = pair ? part(counts, rows, rows) : vectors.filled(first, 0);
    Operand<TInt32> keptFirst = pair ? kept(first, second, room, false) : least(first, room);
    Operand<TInt32> keptSecond = pair ? kept(second, first, room, true) : second;
    Operand<TInt32> lengths =
        tf.math.add(tf.math.add(keptFirst, keptSecond), tf.constant(Template.specials(template)));
    // Of no texts at all the longest has no tokens.
    Operand<TInt32> longest =
        tf.reduceMax(tf.concat(List.of(lengths, tf.array(0)), tf.constant(0)), tf.constant(0));

    Operand<TInt32> size = tf.math.mul(rows, longest);
    Operand<TInt32> ids = tf.fill(tf.reshape(size, tf.array(1)), tf.constant(padTokenId));
    Operand<TInt32> types = vectors.filled(ids, 0);
    Operand<TInt32> offset = tf.math.mul(vectors.indices(first), longest);
    for (Template.Piece piece : template) {
      if (piece instanceof Template.Special special) {
        ids = vectors.replaced(ids, offset, vectors.filled(offset, special.id()));
        types = vectors.replaced(types, offset, vectors.filled(offset, special.segment()));
        offset = tf.math.add(offset, tf.constant(1));
      } else {
        Operand<TInt32> count = isSecond(piece) ? keptSecond : keptFirst;
        Placed placed = placed(tokens, begins, counts, rows, isSecond(piece), count, offset);
        ids = vectors.replaced(ids, placed.at(), placed.ids());
        types = vectors.replaced(types, placed.at(), vectors.filled(placed.at(), piece.segment()));
        offset = tf.math.add(offset, count);
      }
    }
    Operand<TInt32> shape = vectors.shape(rows, longest);
    Operand<TBool> real =
        tf.math.less(
            tf.expandDims(tf.range(tf.constant(0), longest, tf.constant(1)), tf.constant(0)),
            tf.expandDims(lengths, tf.constant(1)));
    return new Matrices(tf.reshape(ids, shape), vectors.number(real), tf.reshape(types, shape));
  }

  private static boolean isSecond(Template.Piece piece) {
    return piece instanceof Template.Sequence sequence && sequence.second();
  }

  private record Placed(Operand<TInt32> at, Operand<TInt32> ids) {}

  /** The tokens of one of the two texts that are kept, and where they go in the flat matrix. */
  private Placed placed(
      FlatTokens tokens,
      Operand<TInt32> begins,
      Operand<TInt32> counts,
      Operand<TInt32> rows,
      boolean second,
      Operand<TInt32> count,
      Operand<TInt32> offset) {
    Operand<TBool> mine =
        second ? tf.math.greaterEqual(tokens.rows(), rows) : tf.math.less(tokens.rows(), rows);
    Operand<TInt32> at = vectors.positions(mine);
    Operand<TInt32> text = vectors.gather(tokens.rows(), at);
    Operand<TInt32> row = second ? tf.math.sub(text, rows) : text;
    Operand<TInt32> within = tf.math.sub(at, vectors.gather(begins, text));
    if (keepEnd) {
      Operand<TInt32> lost = tf.math.sub(vectors.gather(counts, text), vectors.gather(count, row));
      within = tf.math.sub(within, lost);
    }
    Operand<TBool> fits =
        vectors.and(
            tf.math.greaterEqual(within, tf.constant(0)),
            tf.math.less(within, vectors.gather(count, row)));
    List<Operand<TInt32>> kept =
        vectors.kept(
            fits,
            List.of(
                tf.math.add(within, vectors.gather(offset, row)),
                vectors.gather(tokens.ids(), at)));
    return new Placed(kept.get(0), kept.get(1));
  }

  private Operand<TInt32> part(Operand<TInt32> counts, Operand<TInt32> from, Operand<TInt32> size) {
    return tf.slice(counts, tf.reshape(from, tf.array(1)), tf.reshape(size, tf.array(1)));
  }

  private Operand<TInt32> least(Operand<TInt32> counts, int room) {
    return tf.math.minimum(counts, tf.constant(room));
  }

  /**
   * How many tokens of a text stay.
   *
   * @param second whether it is the second of the pair
   */
  private Operand<TInt32> kept(
      Operand<TInt32> mine, Operand<TInt32> other, int room, boolean second) {
    int half = room / 2;
    Operand<TBool> longer =
        second ? tf.math.greaterEqual(mine, other) : tf.math.greater(mine, other);
    Operand<TInt32> share =
        vectors.where(longer, vectors.filled(mine, half + room % 2), vectors.filled(mine, half));
    // What a short partner leaves.
    Operand<TInt32> left = tf.math.maximum(tf.math.sub(tf.constant(room), other), tf.constant(0));
    return tf.math.minimum(mine, tf.math.maximum(share, left));
  }
}
