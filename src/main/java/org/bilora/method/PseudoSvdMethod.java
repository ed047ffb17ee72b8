package org.bilora.method;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.adapter.Lambda;
import org.bilora.adapter.Penalties;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A method that trains BiLoRA's form of increments, ΔW = (α/r) · P Λ Q (arXiv 2403.13037, equation
 * 2). They differ in what P and Q (with the head: V) and the values behind Λ (E) are trained on.
 */
public sealed interface PseudoSvdMethod extends Method permits BiLora, JointTraining, TwoStage {
  /** What {@code --lambda} means. */
  String LAMBDA_HELP = "Parameterisation of the pseudo singular values: softmax, real or binary";

  /** What {@code --upper-lr} means. */
  String UPPER_RATE_HELP = "Peak learning rate of the pseudo singular values";

  /** What {@code --gamma1} means. */
  String GAMMA1_HELP = "Weight of R1, the orthogonality of P and Q";

  /** What {@code --gamma2} means. */
  String GAMMA2_HELP = "With --lambda binary: weight of R2, which pushes the values to 0 or 1";

  /** What {@code --split} means. */
  String SPLIT_HELP = "Share of the training set that is D1, the lower level's; the rest is D2";

  /** Parameterisation of Λ. */
  Lambda lambda();

  /** Peak learning rate of E. */
  double upperLearningRate();

  /** Weight of R₁, the orthogonality of P and Q. */
  double gamma1();

  /** Weight of R₂, which pushes an approximately binary λ to 0 or 1. */
  double gamma2();

  @Override
  default Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    return Optional.of(
        new PseudoSvdForm(settings.rank(), settings.alpha() / settings.rank(), lambda()));
  }

  @Override
  default OptionalDouble peakUpperLearningRate() {
    return OptionalDouble.of(upperLearningRate());
  }

  /** γ₁ R₁(V). */
  @Override
  default Operand<TFloat32> lowerPenalty(Ops tf, AdapterValues values) {
    if (gamma1() == 0) {
      return tf.constant(0f);
    }
    return tf.math.mul(
        tf.constant((float) gamma1()),
        tf.math.add(
            Penalties.ofColumns(tf, values.of(Role.P)), Penalties.ofRows(tf, values.of(Role.Q))));
  }

  /** γ₂ R₂(E), where Λ is approximately binary. */
  @Override
  default Operand<TFloat32> upperPenalty(Ops tf, AdapterValues values) {
    if (lambda() != Lambda.BINARY || gamma2() == 0) {
      return tf.constant(0f);
    }
    List<Operand<TFloat32>> terms = new ArrayList<>();
    for (Operand<TFloat32> raw : values.of(Role.RAW_LAMBDA)) {
      terms.add(Penalties.binaryEntropy(tf, raw));
    }
    return tf.math.mul(tf.constant((float) gamma2()), Penalties.sum(tf, terms));
  }
}
