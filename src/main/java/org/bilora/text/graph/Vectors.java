package org.bilora.text.graph;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Cumsum;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * Vectors of unknown length in a graph: neighbours, runs, selections. Every one works on empty
 * vectors too.
 */
final class Vectors {
  private final Ops tf;

  Vectors(Ops tf) {
    this.tf = tf;
  }

  Operand<TInt32> scalar(int value) {
    return tf.constant(value);
  }

  /** How many elements. */
  Operand<TInt32> length(Operand<? extends TType> vector) {
    return tf.size(vector);
  }

  /** As many times the value as another vector has elements. */
  Operand<TInt32> filled(Operand<? extends TType> like, int value) {
    return tf.fill(tf.shape(like), scalar(value));
  }

  /** 0, 1, 2, … */
  Operand<TInt32> indices(Operand<? extends TType> like) {
    return tf.range(scalar(0), length(like), scalar(1));
  }

  /** Element i + 1, and {@code last} behind the last. */
  Operand<TInt32> next(Operand<TInt32> vector, int last) {
    return ahead(vector, 1, last);
  }

  /** Element i + distance, and {@code outside} where there is none. */
  Operand<TInt32> ahead(Operand<TInt32> vector, int distance, int outside) {
    if (distance == 0) {
      return vector;
    }
    Operand<TInt32> extended =
        tf.concat(List.of(vector, tf.fill(tf.array(distance), scalar(outside))), tf.constant(0));
    return tf.slice(extended, tf.array(distance), tf.array(-1));
  }

  /** Element i − 1, and {@code first} before the first. */
  Operand<TInt32> previous(Operand<TInt32> vector, int first) {
    Operand<TInt32> extended = tf.concat(List.of(tf.array(first), vector), tf.constant(0));
    return tf.slice(extended, tf.array(0), tf.shape(vector));
  }

  Operand<TBool> next(Operand<TBool> flags, boolean last) {
    return isSet(next(number(flags), last ? 1 : 0));
  }

  Operand<TBool> previous(Operand<TBool> flags, boolean first) {
    return isSet(previous(number(flags), first ? 1 : 0));
  }

  Operand<TInt32> number(Operand<TBool> flags) {
    return tf.dtypes.cast(flags, TInt32.class);
  }

  Operand<TBool> isSet(Operand<TInt32> numbers) {
    return tf.math.greater(numbers, scalar(0));
  }

  Operand<TBool> equal(Operand<TInt32> vector, int value) {
    return tf.math.equal(vector, scalar(value));
  }

  Operand<TBool> and(Operand<TBool> first, Operand<TBool> second) {
    return tf.math.logicalAnd(first, second);
  }

  Operand<TBool> or(Operand<TBool> first, Operand<TBool> second) {
    return tf.math.logicalOr(first, second);
  }

  Operand<TBool> not(Operand<TBool> flags) {
    return tf.math.logicalNot(flags);
  }

  <T extends TType> Operand<T> where(Operand<TBool> flags, Operand<T> yes, Operand<T> no) {
    return tf.select(flags, yes, no);
  }

  /** Positions of the flags that are set, ascending. */
  Operand<TInt32> positions(Operand<TBool> flags) {
    return tf.dtypes.cast(tf.reshape(tf.where(flags), tf.array(-1)), TInt32.class);
  }

  <T extends TType> Operand<T> gather(Operand<T> values, Operand<TInt32> at) {
    return tf.gather(values, at, tf.constant(0));
  }

  /** 1, 3, 6 of 1, 2, 3. */
  Operand<TInt32> cumulated(Operand<TInt32> vector) {
    return tf.math.cumsum(vector, tf.constant(0));
  }

  /** 0, 1, 3 of 1, 2, 3. */
  Operand<TInt32> cumulatedBefore(Operand<TInt32> vector) {
    return tf.math.cumsum(vector, tf.constant(0), Cumsum.exclusive(true));
  }

  /** The nearest position of a set flag at or before each position, −1 where there is none. */
  Operand<TInt32> lastSet(Operand<TBool> flags) {
    Operand<TInt32> set = tf.concat(List.of(tf.array(-1), positions(flags)), tf.constant(0));
    return gather(set, cumulated(number(flags)));
  }

  /**
   * The nearest position of a set flag at or after each position; the length where there is none.
   */
  Operand<TInt32> nextSet(Operand<TBool> flags) {
    Operand<TInt32> set =
        tf.concat(
            List.of(positions(flags), tf.reshape(length(flags), tf.array(1))), tf.constant(0));
    return gather(set, cumulatedBefore(number(flags)));
  }

  /** The vector with some elements replaced. */
  <T extends TType> Operand<T> replaced(Operand<T> vector, Operand<TInt32> at, Operand<T> values) {
    return tf.tensorScatterNdUpdate(vector, tf.expandDims(at, tf.constant(1)), values);
  }

  /** Sums by group. */
  Operand<TInt32> sums(Operand<TInt32> values, Operand<TInt32> groups, Operand<TInt32> count) {
    return tf.math.unsortedSegmentSum(values, groups, count);
  }

  Operand<TInt64> wide(Operand<? extends TNumber> vector) {
    return tf.dtypes.cast(vector, TInt64.class);
  }

  /** Each set flag's elements alone. */
  List<Operand<TInt32>> kept(Operand<TBool> flags, List<Operand<TInt32>> vectors) {
    Operand<TInt32> at = positions(flags);
    List<Operand<TInt32>> kept = new ArrayList<>();
    vectors.forEach(vector -> kept.add(gather(vector, at)));
    return kept;
  }

  /** Placed in the middle of a shape that is known only when the graph runs. */
  Operand<TInt32> shape(Operand<TInt32> rows, Operand<TInt32> columns) {
    return tf.stack(List.of(rows, columns));
  }

  static Shape anyLength() {
    return Shape.of(-1);
  }
}
