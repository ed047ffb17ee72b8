package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.bilora.adapter.LowRank;
import org.bilora.graph.EndToEnd;
import org.bilora.graph.Recomputation;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * One forward pass of an encoder: what it reads, and the layers that find their values by name.
 *
 * @param weights the backbone's values
 * @param increments ΔW by name of the dense layer
 * @param incrementDropoutProbability of an input of a change
 * @param span the layers it goes through
 * @param recomputation of what is in each layer
 */
record EncoderPass<T extends TFloating>(
    Ops tf,
    EncoderConfig config,
    Weights<T> weights,
    Map<String, LowRank> increments,
    double incrementDropoutProbability,
    EncoderInputs inputs,
    Dropout dropout,
    LayerSpan<T> span,
    Recomputation recomputation) {
  /** Keeps copies of the collections. */
  EncoderPass {
    increments = ImmutableMap.copyOf(increments);
  }

  /**
   * What the first layer of the span reads.
   *
   * @param embeddings {@code [tokens, hidden]}, where the span begins with them
   * @return {@code [tokens, hidden]}
   */
  Operand<T> start(Supplier<Operand<T>> embeddings) {
    return span.states().isPresent()
        ? byToken(span.states().get(), config.hiddenSize())
        : embeddings.get();
  }

  /**
   * What a layer makes of x; its activations may be computed again for a gradient.
   *
   * @param x {@code [tokens, hidden]}
   * @param layer builds with the pass it is given, and with nothing else that builds
   * @return {@code [tokens, hidden]}
   */
  Operand<T> layer(Operand<T> x, BiFunction<EncoderPass<T>, Operand<T>, Operand<T>> layer) {
    return recomputation.of(tf, x, (inside, read) -> layer.apply(building(inside), read));
  }

  private EncoderPass<T> building(Ops inside) {
    return new EncoderPass<>(
        inside,
        config,
        weights,
        increments,
        incrementDropoutProbability,
        inputs,
        dropout,
        span,
        recomputation);
  }

  /**
   * x (W + ΔW)ᵀ + b of layers that read the same x, side by side: one wide matrix product costs
   * less than several narrow ones.
   *
   * @param x {@code [tokens, in]}
   * @param scale of W, ΔW and b
   * @param names of the layers, as in the weights
   * @return {@code [tokens, sum of the layers' widths]}
   */
  Operand<T> dense(Operand<T> x, Layers.Scale scale, String... names) {
    return dense(x, scale, true, names);
  }

  /** The same for layers without a bias, where there is none. */
  Operand<T> dense(Operand<T> x, Layers.Scale scale, boolean bias, String... names) {
    List<Operand<T>> kernels = new ArrayList<>();
    List<Operand<T>> biases = new ArrayList<>();
    List<Optional<LowRank>> changes = new ArrayList<>();
    int[] outs = new int[names.length];
    for (String name : names) {
      Operand<T> kernel = weights.get(name + ".weight");
      outs[kernels.size()] = Math.toIntExact(kernel.shape().get(0));
      kernels.add(kernel);
      if (bias) {
        biases.add(weights.get(name + ".bias"));
      }
      changes.add(Optional.ofNullable(increments.get(name)));
    }
    Operand<T> product = product(x, EndToEnd.of(tf, kernels), scale.matrix());
    Optional<Operand<T>> shift =
        bias
            ? Optional.of(Layers.times(tf, EndToEnd.of(tf, biases), scale.bias()))
            : Optional.empty();
    Operand<T> frozen = shift.isPresent() ? tf.math.add(product, shift.get()) : product;
    Optional<LowRank> change = LowRank.sideBySide(tf, changes, outs);
    return Layers.changed(
        tf, frozen, shift, change, scale.matrix(), x, dropout, incrementDropoutProbability);
  }

  /**
   * factor · x Wᵀ. Processors' kernels are a fourth slower at a transposed W of many columns than
   * at a matrix that lies the other way round; with many tokens it pays to turn W.
   *
   * @param kernel W, {@code [out, in]}
   */
  private Operand<T> product(Operand<T> x, Operand<T> kernel, double factor) {
    long outs = kernel.shape().get(0);
    if (kernel.shape().get(1) <= outs || !Layers.hasMoreRows(x, outs)) {
      return tf.linalg.matMul(x, Layers.times(tf, kernel, factor), MatMul.transposeB(true));
    }
    Operand<T> turned = tf.linalg.transpose(kernel, tf.constant(new int[] {1, 0}));
    return tf.linalg.matMul(x, Layers.times(tf, turned, factor));
  }

  /**
   * Rows of an embedding.
   *
   * @param name without {@code .weight}
   * @param ids of any shape
   * @return {@code [shape of ids…, width]}
   */
  Operand<T> lookUp(String name, Operand<TInt32> ids) {
    return tf.gather(weights.get(name + ".weight"), ids, tf.constant(0));
  }

  /** 0, 1, 2, … in every row, {@code [rows, length]}. */
  Operand<TInt32> positionsFromZero() {
    Operand<TInt32> ones = tf.onesLike(inputs.inputIds());
    return tf.math.sub(tf.math.cumsum(ones, tf.constant(1)), tf.constant(1));
  }

  /** Positions of tokens counted from {@code padTokenId + 1}; padding stays at that id. */
  Operand<TInt32> positionsBehindPadding() {
    Operand<TInt32> pad = tf.constant(config.padTokenId());
    Operand<TInt32> real = tf.dtypes.cast(tf.math.notEqual(inputs.inputIds(), pad), TInt32.class);
    Operand<TInt32> counted = tf.math.mul(tf.math.cumsum(real, tf.constant(1)), real);
    return tf.math.add(counted, pad);
  }

  /** 0 for a token and a large negative value for padding, {@code [rows, 1, 1, length]}. */
  Operand<TFloat32> maskBias() {
    Operand<TFloat32> mask = tf.dtypes.cast(inputs.attentionMask(), TFloat32.class);
    Operand<TFloat32> bias = Layers.maskBias(tf, mask);
    return tf.expandDims(tf.expandDims(bias, tf.constant(1)), tf.constant(1));
  }

  /** 1 for a token and 0 for padding, of the type of {@code like}, {@code [tokens, 1]}. */
  Operand<T> maskByToken(Operand<T> like) {
    Operand<T> mask = tf.dtypes.cast(inputs.attentionMask(), like.type());
    return tf.reshape(mask, tf.constant(new int[] {-1, 1}));
  }

  /**
   * Layer normalisation with the gain and shift of that name.
   *
   * @param x {@code [tokens, hidden]}
   */
  Operand<T> layerNorm(String name, Operand<T> x) {
    return Layers.layerNorm(
        tf,
        x,
        weights.get(name + ".weight"),
        weights.get(name + ".bias"),
        config.layerNormEpsilon());
  }

  /** The same with or without a shift. */
  Operand<T> layerNorm(String name, Operand<T> x, boolean shift) {
    return shift
        ? layerNorm(name, x)
        : Layers.layerNorm(tf, x, weights.get(name + ".weight"), config.layerNormEpsilon());
  }

  /** Dropout at the encoder's own rate. */
  Operand<T> hiddenDropout(Operand<T> x) {
    return dropout.apply(tf, x, config.hiddenDropoutProbability());
  }

  /** The same of values that all texts share. */
  Operand<T> sharedDropout(Operand<T> x) {
    return dropout.applyToShared(tf, x, config.hiddenDropoutProbability());
  }

  /** Embeddings {@code [rows, length, width]} as {@code [tokens, width]}. */
  Operand<T> byToken(Operand<T> embedded, int width) {
    return tf.reshape(embedded, tf.constant(new int[] {-1, width}));
  }

  /** Hidden states {@code [tokens, hidden]} as {@code [rows, length, hidden]}. */
  Operand<T> byRow(Operand<T> x) {
    return tf.reshape(x, inputs.dimensions(tf, config.hiddenSize()));
  }
}
