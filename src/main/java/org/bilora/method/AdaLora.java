package org.bilora.method;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.bilora.adapter.Penalties;
import org.bilora.settings.Knob;
import org.bilora.settings.Range;

/**
 * AdaLoRA (Zhang et al. 2023, "Adaptive Budget Allocation for Parameter-Efficient Fine-Tuning"), ΔW
 * = (α/r₀) · B diag(E) A with triplets (a row of A, a value of E, a column of B), on the whole
 * training set. The objective has the orthogonality term γ · mean(‖AAᵀ − I‖_F, ‖BᵀB − I‖_F) over
 * all adapters (equation 4).
 *
 * <p>Every weight has an importance I = |w · ∂L/∂w| (equation 8; {@link ImportanceOf} says of which
 * w), smoothed to Ī = β₁ Ī + (1 − β₁) I (9), with an uncertainty U = β₂ U + (1 − β₂) |I − Ī| (10)
 * and a score s = Ī U (11). A triplet's score is s of its value and the means of s over its row and
 * its column (7). The budget of triplets over all adapters is b₀ for the first t_i of T steps, then
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
 * @param importanceOf which gradient ∂L/∂w is; empty, as in older files, for the one before
 *     clipping
 */
public record AdaLora(
    @Knob(
            option = "--initial-rank",
            label = "N",
            help = "Rank of every increment at the start",
            unset = "1.5 times --rank")
        OptionalInt initialRank,
    @Knob(option = "--initial-share", help = "Share of all steps before the budget falls")
        double initialShare,
    @Knob(option = "--final-share", help = "Share of all steps after the budget has fallen")
        double finalShare,
    @Knob(
            option = "--allocation-interval",
            label = "N",
            help = "Steps from one allocation of the budget to the next")
        int allocationInterval,
    @Knob(option = "--importance-decay", help = "How slowly importance changes")
        double importanceDecay,
    @Knob(option = "--uncertainty-decay", help = "How slowly its uncertainty changes")
        double uncertaintyDecay,
    @Knob(option = "--orthogonality-weight", help = "Weight of the orthogonality of A and B")
        double orthogonalityWeight,
    @Knob(
            option = "--importance-of",
            label = "KIND",
            help =
                "Gradient that importance is taken of: clipped (after clipping, as in PEFT's usual loop) or raw",
            unset = "raw")
        @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<ImportanceOf> importanceOf)
    implements Method {
  /** Gradients that importance may be taken of. */
  public enum ImportanceOf {
    /**
     * As the optimizer gets it, times the weights as the optimizer leaves them: what is there after
     * its step in PEFT's usual loop.
     */
    CLIPPED,
    /** Before clipping, times the weights that it was taken at, as in equation 8. */
    RAW
  }

  /** Its name. */
  public static final String NAME = "adalora";

  /**
   * Shares and intervals within the range of AdaLoRA's own GLUE settings, β and γ its usual ones.
   */
  public static final AdaLora USUAL =
      new AdaLora(
          OptionalInt.empty(), 0.15, 0.5, 10, 0.85, 0.85, 0.1, Optional.of(ImportanceOf.CLIPPED));

  private static final double USUAL_INITIAL_RANK = 1.5;

  /** Checks the ranges. */
  public AdaLora {
    importanceOf = importanceOf.filter(given -> given != ImportanceOf.RAW);
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

  /** With importance taken of the gradient before clipping. */
  public AdaLora(
      OptionalInt initialRank,
      double initialShare,
      double finalShare,
      int allocationInterval,
      double importanceDecay,
      double uncertaintyDecay,
      double orthogonalityWeight) {
    this(
        initialRank,
        initialShare,
        finalShare,
        allocationInterval,
        importanceDecay,
        uncertaintyDecay,
        orthogonalityWeight,
        Optional.empty());
  }

  /** The same with another r₀. */
  public AdaLora withInitialRank(int rank) {
    return new AdaLora(
        OptionalInt.of(rank),
        initialShare,
        finalShare,
        allocationInterval,
        importanceDecay,
        uncertaintyDecay,
        orthogonalityWeight,
        importanceOf);
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
  record Allocation(boolean scored, boolean masked, double excess) {
    /** Scores are updated and nothing is masked, as at the start. */
    static final Allocation NONE = new Allocation(true, false, 1);
  }

  /**
   * The allocation of a step.
   *
   * @param step t, counted from 0
   * @param steps T
   */
  Allocation allocation(long step, long steps) {
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

  @Override
  public String summary() {
    return "increments B diag(E) A with a budget of ranks";
  }

  /** The layers share a budget of ranks. */
  @Override
  public boolean needsUniformAdapters() {
    return true;
  }

  @Override
  public Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    int initial = initialRank(settings.rank());
    return Optional.of(new TripletForm(initial, settings.alpha() / initial));
  }

  @Override
  public List<Penalty> lowerPenalties(AdaptedLayers layers) {
    return Penalty.of(
        "orthogonality",
        orthogonalityWeight,
        (tf, values) -> Penalties.meanOrthogonality(tf, values.of(Role.B), values.of(Role.A)));
  }

  @Override
  public Optional<StepEnding> stepEnding(AdaptedLayers layers) {
    return Optional.of(new AdaLoraAllocation(this, layers, initialRank(layers.settings().rank())));
  }
}
