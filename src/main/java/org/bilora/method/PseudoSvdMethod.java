package org.bilora.method;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.adapter.Lambda;
import org.bilora.adapter.Penalties;

/**
 * A method that trains BiLoRA's form of increments, ΔW = (α/r) · P Λ Q (arXiv 2403.13037, equation
 * 2). They differ in what P and Q (with the head: V) and the values behind Λ (E) are trained on.
 */
public sealed interface PseudoSvdMethod extends Method permits BiLora, JointTraining, TwoStage {
  /** What {@code --lambda} means. */
  String LAMBDA_HELP = "Parameterisation of the pseudo singular values: softmax, real or binary";

  /** What {@code --upper-lr} means. */
  String UPPER_RATE_HELP = "Peak learning rate of the upper level";

  /** What {@code --gamma1} means. */
  String GAMMA1_HELP = "Weight of R1, the orthogonality of P and Q";

  /** What {@code --gamma2} means. */
  String GAMMA2_HELP = "With --lambda binary: weight of R2, which pushes the values to 0 or 1";

  /** What {@code --split} means. */
  String SPLIT_HELP = "Share of the training set that is D1, the lower level's; the rest is D2";

  /** What {@code --scales} means. */
  String SCALES_HELP =
      "What alpha and gamma1 are multiplied by: per-vector (the slope of lora's increments at the"
          + " same alpha, R1 per pseudo singular vector, whatever the model) or paper (alpha / rank,"
          + " R1 summed)";

  /** Parameterisation of Λ. */
  Lambda lambda();

  /** Peak learning rate of E. */
  double upperLearningRate();

  /** Weight of R₁, the orthogonality of P and Q. */
  double gamma1();

  /** Weight of R₂, which pushes an approximately binary λ to 0 or 1. */
  double gamma2();

  /** What α and γ₁ are multiplied by; empty, as in older files, for the paper's. */
  Optional<Scales> scales();

  @Override
  default Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    double scale = scales().orElse(Scales.PAPER).increment(settings, lambda());
    return Optional.of(new PseudoSvdForm(settings.rank(), scale, lambda()));
  }

  /**
   * Four times LoRA's rate: the paper's finding that its softmax bears larger ones, and what an
   * epoch needs that is a pass over D1, with fewer steps.
   */
  @Override
  default OptimizerSettings usualOptimizer() {
    return OptimizerSettings.USUAL.withLearningRate(2e-3);
  }

  @Override
  default OptionalDouble peakUpperLearningRate() {
    return OptionalDouble.of(upperLearningRate());
  }

  @Override
  default boolean clipsPenaltiesApart() {
    return true;
  }

  /** γ₁ R₁(V). */
  @Override
  default List<Penalty> lowerPenalties(AdaptedLayers layers) {
    int vectors = 2 * layers.ranks().sum();
    return Penalty.of(
        "R₁",
        gamma1() * scales().orElse(Scales.PAPER).orthogonality(vectors),
        (tf, values) ->
            tf.math.add(
                Penalties.ofColumns(tf, values.of(Role.P)),
                Penalties.ofRows(tf, values.of(Role.Q))));
  }

  /** γ₂ R₂(E), where Λ is approximately binary. */
  @Override
  default List<Penalty> upperPenalties(AdaptedLayers layers) {
    double weight = lambda() == Lambda.BINARY ? gamma2() : 0;
    return Penalty.of(
        "R₂",
        weight,
        (tf, values) ->
            Penalties.sum(
                tf,
                values.of(Role.RAW_LAMBDA).stream()
                    .map(raw -> Penalties.binaryEntropy(tf, raw))
                    .toList()));
  }
}
