package org.bilora.method;

import org.bilora.adapter.Lambda;

/**
 * A method that trains BiLoRA's form of increments, ΔW = (α/r) · P Λ Q (arXiv 2403.13037, equation
 * 2). They differ in what P and Q (with the head: V) and the values behind Λ (E) are trained on.
 */
public sealed interface PseudoSvdMethod extends Method permits BiLora, JointTraining, TwoStage {

  /** Parameterisation of Λ. */
  Lambda lambda();

  /** Peak learning rate of E. */
  double upperLearningRate();

  /** Weight of R₁, the orthogonality of P and Q. */
  double gamma1();

  /** Weight of R₂, which pushes an approximately binary λ to 0 or 1. */
  double gamma2();
}
