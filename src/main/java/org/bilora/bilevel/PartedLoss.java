package org.bilora.bilevel;

import java.util.ArrayList;
import java.util.List;
import org.bilora.autodiff.GradientTape;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A mini-batch's loss and its gradients, part after part: the forward pass of a part waits for the
 * gradients of the one before, so that the activations of one part alone are in memory.
 *
 * @param loss of all parts
 * @param gradients by tape and parameter, summed over the parts; to be differentiated again, which
 *     keeps all activations
 */
record PartedLoss(Loss loss, List<List<Operand<TFloat32>>> gradients) {

  /** A part's loss, from what the tapes watch. */
  @FunctionalInterface
  interface Losses {
    /**
     * @param tf builds the forward pass
     * @param part counted from 0
     */
    Loss of(Ops tf, int part);
  }

  static PartedLoss of(Ops tf, int parts, Losses losses, List<GradientTape> tapes) {
    Loss whole = losses.of(tf, 0);
    List<List<Operand<TFloat32>>> sums =
        GradientTape.gradientsByParameter(whole.objective(), tapes);
    List<List<Operand<TFloat32>>> latest = sums;
    for (int part = 1; part < parts; part++) {
      Loss loss = losses.of(after(tf, latest), part);
      latest = GradientTape.gradientsByParameter(loss.objective(), tapes);
      sums = sums(tf, sums, latest);
      whole =
          new Loss(
              tf.math.add(whole.objective(), loss.objective()),
              tf.math.add(whole.task(), loss.task()),
              whole.penalty());
    }
    return new PartedLoss(whole, sums);
  }

  /** Builds what runs only when all of these are there. */
  static Ops after(Ops tf, List<List<Operand<TFloat32>>> before) {
    List<Op> operations = new ArrayList<>();
    before.forEach(operations::addAll);
    return tf.withControlDependencies(List.of(tf.withControlDependencies(operations).noOp()));
  }

  /** Sums element by element. */
  static List<List<Operand<TFloat32>>> sums(
      Ops tf, List<List<Operand<TFloat32>>> some, List<List<Operand<TFloat32>>> others) {
    List<List<Operand<TFloat32>>> sums = new ArrayList<>();
    for (int tape = 0; tape < some.size(); tape++) {
      List<Operand<TFloat32>> byParameter = new ArrayList<>();
      for (int i = 0; i < some.get(tape).size(); i++) {
        byParameter.add(tf.math.add(some.get(tape).get(i), others.get(tape).get(i)));
      }
      sums.add(byParameter);
    }
    return sums;
  }
}
