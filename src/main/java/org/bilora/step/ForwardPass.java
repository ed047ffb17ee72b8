package org.bilora.step;

import java.util.List;
import org.bilora.graph.Recomputation;
import org.bilora.model.Dropout;
import org.bilora.model.Weights;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * A network's forward pass as a function of the trained values.
 *
 * @param frozen weights that are not trained
 * @param type the backbone computes in
 * @param recomputation of what is in each layer
 */
record ForwardPass<T extends TFloating, F extends BatchFeeds<F>>(
    Network<F> network,
    Trainables trainables,
    Weights<T> frozen,
    Class<T> type,
    Recomputation recomputation) {

  /** A pass whose activations are kept. */
  ForwardPass(Network<F> network, Trainables trainables, Weights<T> frozen, Class<T> type) {
    this(network, trainables, frozen, type, Recomputation.OFF);
  }

  /** The same pass with activations kept or computed again. */
  ForwardPass<T, F> recomputing(Recomputation other) {
    return new ForwardPass<>(network, trainables, frozen, type, other);
  }

  /**
   * Logits of a batch.
   *
   * @param lower V, one operand per parameter
   * @param upper E, one operand per parameter
   * @return as {@link Network#logits}
   */
  Operand<TFloat32> logits(
      Ops tf,
      F feeds,
      List<Operand<TFloat32>> lower,
      List<Operand<TFloat32>> upper,
      Dropout dropout) {
    return logits(tf, feeds, bound(tf, lower, upper), dropout);
  }

  /** The trained values as increments and weights. */
  Trainables.ForwardValues bound(
      Ops tf, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return trainables.bind(
        tf,
        layer -> tf.dtypes.cast(network.kernel(tf, frozen, layer), TFloat32.class),
        lower,
        upper);
  }

  /** Logits of a batch from increments and weights. */
  Operand<TFloat32> logits(Ops tf, F feeds, Trainables.ForwardValues values, Dropout dropout) {
    return network.logits(
        tf,
        feeds,
        new Network.Values<>(
            values.backboneWeights(tf, frozen, type),
            values.headWeights(tf, frozen),
            values.increments(),
            trainables.inputDropoutProbability(),
            type,
            recomputation),
        dropout);
  }
}
