package org.bilora.method;

import java.util.OptionalInt;
import org.bilora.settings.Range;

/**
 * AdaLoRA (Zhang et al. 2023, "Adaptive Budget Allocation for Parameter-Efficient Fine-Tuning"), ΔW
 * = (α/r₀) · B diag(E) A with triplets (a row of A, a value of E, a column of B), on the whole
 * training set. The objective has the orthogonality term γ · mean(‖AAᵀ − I‖_F, ‖BᵀB − I‖_F) over
 * all adapters (equation 4).
 *
 * <p>Every weight has an importance I = |w · ∂L/∂w| (equation 8), smoothed to Ī = β₁ Ī + (1 − β₁) I
 * (9), with an uncertainty U = β₂ U + (1 − β₂) |I − Ī| (10) and a score s = Ī U (11). A triplet's
 * score is s of its value and the means of s over its row and its column (7). The budget of
 * triplets over all adapters is b₀ for the first t_i of T steps, then
 *
 * <pre>
 * b(t) = b_T + (b₀ − b_T) (1 − (t − t_i) / (T − t_f − t_i))³
 * </pre>
 *
 * and b_T for the last t_f steps (12). The values of the triplets outside the budget are set to 0
 * every ΔT steps; in the last t_f steps after each step, by the scores as they were before.
 *
 * <p>The settings' rank is what an adapter has on average in the end, b_T per adapter.
 *
 * @param initialRank r₀, what every adapter starts with, b₀ per adapter; empty for 1.5 times the
 *     final average, rounded
 * @param initialShare t_i / T: share of all steps before the budget falls
 * @param finalShare t_f / T: share of all steps after it has fallen
 * @param allocationInterval ΔT, in steps
 * @param importanceDecay β₁
 * @param uncertaintyDecay β₂
 * @param orthogonalityWeight γ
 */
public record AdaLora(
    OptionalInt initialRank,
    double initialShare,
    double finalShare,
    int allocationInterval,
    double importanceDecay,
    double uncertaintyDecay,
    double orthogonalityWeight)
    implements Method {
  public static final String NAME = "adalora";
  private static final double USUAL_INITIAL_RANK = 1.5;

  /** Checks the ranges. */
  public AdaLora {
    initialRank.ifPresent(rank -> Range.atLeast("initialRank", rank, 1));
    Range.atLeastZeroBelowOne("initialShare", initialShare);
    Range.atLeastZeroBelowOne("finalShare", finalShare);
    if (initialShare + finalShare >= 1) {
      throw new IllegalArgumentException(
          "initialShare is %s and finalShare %s; their sum must be below 1"
              .formatted(initialShare, finalShare));
    }
    Range.atLeast("allocationInterval", allocationInterval, 1);
    Range.atLeastZeroBelowOne("importanceDecay", importanceDecay);
    Range.atLeastZeroBelowOne("uncertaintyDecay", uncertaintyDecay);
    Range.notNegative("orthogonalityWeight", orthogonalityWeight);
  }

  /**
   * r₀ for a final average rank.
   *
   * @throws IllegalArgumentException when it was set below that rank
   */
  public int initialRank(int rank) {
    int initial = initialRank.orElse((int) Math.round(USUAL_INITIAL_RANK * rank));
    if (initial < rank) {
      throw new IllegalArgumentException(
          "initialRank is %d; it must be at least the rank, %d".formatted(initial, rank));
    }
    return initial;
  }

  /**
   * What is done about the budget at a step.
   *
   * @param scored whether importance and uncertainty are updated
   * @param masked whether the values outside the budget are set to 0
   * @param excess (b(t) − b_T) / (b₀ − b_T)
   */
  public record Allocation(boolean scored, boolean masked, double excess) {
    /** Scores are updated and nothing is masked, as at the start. */
    public static final Allocation NONE = new Allocation(true, false, 1);
  }

  /**
   * The allocation of a step.
   *
   * @param step t, counted from 0
   * @param steps T
   */
  public Allocation allocation(long step, long steps) {
    long initial = Math.round(initialShare * steps);
    long end = steps - Math.round(finalShare * steps);
    if (step >= end) {
      return new Allocation(false, true, 0);
    }
    if (step < initial) {
      return Allocation.NONE;
    }
    double left = 1 - (double) (step - initial) / (end - initial);
    return new Allocation(true, step % allocationInterval == 0, left * left * left);
  }

  @Override
  public String name() {
    return NAME;
  }
}
