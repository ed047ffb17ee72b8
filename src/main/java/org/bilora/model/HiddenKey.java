package org.bilora.model;

import org.bilora.settings.Range;

/**
 * HiddenKey (Wang et al. 2024, arXiv 2403.00812): dropout for Transformers of which little is
 * trained, in two places of every layer. Of the dropouts that paper compares under LoRA it has the
 * one that was best on attention and the one that was best on hidden states:
 *
 * <pre>
 * DropKey, by column    softmax(S + M),  M(i, j) = −∞ with probability p, one draw per key j
 * HiddenCut, by element x ∘ m,           m = 0 with probability q, else 1 / (1 − q)
 * divergence            L₁ + w ½ [KL(a‖b) + KL(b‖a)] of two passes a, b with masks of their own
 * </pre>
 *
 * <p>S are attention's scores of one head and text, {@code [queries, keys]}. A key is dropped for
 * all queries at once, before the softmax, which spreads its share over the others (Li et al. 2022,
 * arXiv 2208.02646), so that there is no factor 1 / (1 − p). Heads and texts draw apart. A query
 * all of whose keys are dropped sees them all: without that a decoder's first token, which sees
 * itself alone, would have nothing to see.
 *
 * <p>x is what the feed-forward layer puts out, before the residual sum, which is where the code of
 * HiddenCut (Chen et al. 2021, arXiv 2106.00149) cuts. Each of the two takes the place of the
 * model's own dropout: DropKey of that on attention's probabilities, HiddenCut of that behind the
 * feed-forward layer. The model's dropout elsewhere stays.
 *
 * <p>The divergence, which is R-Drop's (Liang et al. 2021, arXiv 2106.14448), is for classes and
 * tokens, and for L₁ alone, whose task loss is then the mean over both passes; L₂ is the task's
 * loss of one. It doubles what a pass over the lower batch costs: LoRA's step takes 4F instead of
 * 2F, BiLoRA's with the exact hypergradient 10F instead of 6F. With p = q = 0 it is R-Drop itself,
 * under the model's own dropout.
 *
 * <p>Why this rival and not ALLoRA (Huang and Balestriero 2024, arXiv 2410.09692), which has no
 * dropout and multiplies the gradient of row i of the increment's factors by 1 / √(‖row i of BA‖ +
 * 1/η²). It was made for trainings of few steps, in which dropout has not converged to the
 * regulariser that it is on average; overfitting is studied here over many passes. And AdamW
 * divides a gradient by the root of its own mean square, so that a factor which changes slowly
 * cancels. HiddenKey is compared by its authors, on RoBERTa, GPT-2 and LLaMA 2, with the dropouts
 * it is made of, and is ahead of them.
 *
 * @param dropKey p, in [0, 1)
 * @param hiddenCut q, in [0, 1)
 * @param klWeight w, 0 for a single pass
 */
public record HiddenKey(double dropKey, double hiddenCut, double klWeight) {
  /** The model's own dropout in both places, and a single pass. */
  public static final HiddenKey OFF = new HiddenKey(0, 0, 0);

  /** Checks the ranges. */
  public HiddenKey {
    Range.atLeastZeroBelowOne("dropKey", dropKey);
    Range.atLeastZeroBelowOne("hiddenCut", hiddenCut);
    Range.notNegative("klWeight", klWeight);
  }
}
