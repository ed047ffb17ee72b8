package org.bilora.export;

import com.google.common.collect.ImmutableMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.adapter.LowRank;
import org.bilora.model.EncoderHead;
import org.bilora.model.EncoderInputs;
import org.bilora.model.Weights;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.AssertThat;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/**
 * The adapters that the rows of a batch name, in a graph. A name that is none of them fails the
 * run, with the names that there are in the message.
 */
final class RowAdapters {
  /** The input that names an adapter for each row, {@code [rows]}. */
  static final String INPUT = "adapter";

  private static final long SHOWN = 32;

  private final AdapterBank bank;
  private final Ops tf;
  private final Operand<TInt32> numbers;
  private final Weights<TFloat32> stored;

  /**
   * Looks the names up.
   *
   * @param names {@code [rows]}
   * @param stored the bank's tensors
   */
  RowAdapters(AdapterBank bank, Ops tf, Operand<TString> names, Weights<TFloat32> stored) {
    this.bank = bank;
    this.tf = tf;
    this.stored = stored;
    String[] known = bank.adapters().stream().map(ServedAdapter::name).toArray(String[]::new);
    Operand<TBool> same =
        tf.math.equal(
            tf.expandDims(names, tf.constant(1)), tf.constant(StandardCharsets.UTF_8, known));
    Operand<TBool> found = tf.reduceAny(same, tf.constant(1));
    Operand<TInt64> unknown = tf.reshape(tf.where(tf.math.logicalNot(found)), tf.array(-1));
    Op check =
        tf.assertThat(
            tf.reduceAll(found, tf.constant(0)),
            List.of(
                tf.constant("no adapter of this model is called"),
                tf.gather(names, unknown, tf.constant(0)),
                tf.constant("; it has"),
                tf.constant(StandardCharsets.UTF_8, known)),
            AssertThat.summarize(SHOWN));
    this.numbers =
        tf.withControlDependencies(List.of(check))
            .math
            .argMax(tf.dtypes.cast(same, TInt32.class), tf.constant(1), TInt32.class);
  }

  /** Each row's adapter by its number, {@code [rows]}. */
  Operand<TInt32> numbers() {
    return numbers;
  }

  /** ΔW of every row, by layer. */
  Map<String, LowRank> increments() {
    ImmutableMap.Builder<String, LowRank> increments = ImmutableMap.builder();
    for (String layer : bank.layers()) {
      Optional<Operand<TFloat32>> gain =
          bank.gained().contains(layer)
              ? Optional.of(own(AdapterBank.gain(layer)))
              : Optional.empty();
      increments.put(
          layer, new LowRank(own(AdapterBank.left(layer)), own(AdapterBank.right(layer)), gain));
    }
    return increments.buildOrThrow();
  }

  private Operand<TFloat32> own(String name) {
    return tf.gather(stored.get(name), numbers, tf.constant(0));
  }

  /** The head's weights as {@link EncoderHead#logits} takes one for each row. */
  Weights<TFloat32> head(EncoderHead head, EncoderInputs batch) {
    return name -> {
      if (!bank.heads().contains(name)) {
        return stored.get(name);
      }
      Operand<TFloat32> own = own(AdapterBank.head(name));
      boolean vector = own.shape().numDimensions() == 2;
      return vector && head.pooling() == EncoderHead.Pooling.TOKENS ? byToken(own, batch) : own;
    };
  }

  /** {@code [rows, width]} to {@code [rows × length, width]}. */
  private Operand<TFloat32> byToken(Operand<TFloat32> vectors, EncoderInputs batch) {
    int width = Math.toIntExact(vectors.shape().get(1));
    Operand<TFloat32> repeated =
        tf.broadcastTo(tf.expandDims(vectors, tf.constant(1)), batch.dimensions(tf, width));
    return tf.reshape(repeated, tf.array(-1, width));
  }

  /**
   * The names of labels by their numbers, in the row's own adapter.
   *
   * @param best {@code [rows]} or {@code [rows, length]}
   */
  Operand<TString> labels(Ops scope, Operand<TInt64> best) {
    List<String> names = new ArrayList<>();
    for (ServedAdapter adapter : bank.adapters()) {
      for (int i = 0; i < bank.width(); i++) {
        names.add(i < adapter.labels().size() ? adapter.labels().get(i) : "");
      }
    }
    Operand<TInt64> first =
        tf.math.mul(tf.dtypes.cast(numbers, TInt64.class), tf.constant((long) bank.width()));
    if (best.shape().numDimensions() == 2) {
      first = tf.expandDims(first, tf.constant(1));
    }
    return scope
        .withName(ServingGraph.LABEL)
        .gather(
            tf.constant(StandardCharsets.UTF_8, names.toArray(String[]::new)),
            tf.math.add(first, best),
            tf.constant(0));
  }
}
