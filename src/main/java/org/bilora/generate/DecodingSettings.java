package org.bilora.generate;

/**
 * How texts are generated.
 *
 * @param noRepeatNGram length of the n-grams that may not come twice in a text, its prompt not
 *     counted; 0 for no such rule
 * @param minNewTokens tokens before the end of the text may come
 * @param maxNewTokens most tokens, the end of the text included; fewer where the model has no more
 *     positions
 * @param batch prompts that go through the model together
 * @param cache whether keys and values are kept; without, every token is computed from the whole
 *     text before it
 */
public record DecodingSettings(
    DecodingMethod method,
    int noRepeatNGram,
    int minNewTokens,
    int maxNewTokens,
    int batch,
    boolean cache) {

  /**
   * What results of GPT-2 on E2E, WebNLG and DART are published with (Hu et al. 2021): beam search
   * with 10 beams, no 4-gram twice.
   */
  public static final DecodingSettings PUBLISHED =
      new DecodingSettings(
          new DecodingMethod.BeamSearch(
              10, 0.9, DecodingMethod.BeamSearch.Stopping.NO_BETTER_POSSIBLE),
          4,
          0,
          100,
          16,
          true);

  /** Checks the ranges. */
  public DecodingSettings {
    requireAtLeast("noRepeatNGram", noRepeatNGram, 0);
    requireAtLeast("minNewTokens", minNewTokens, 0);
    requireAtLeast("maxNewTokens", maxNewTokens, 1);
    requireAtLeast("batch", batch, 1);
    if (minNewTokens > maxNewTokens) {
      throw new IllegalArgumentException(
          "minNewTokens is %d; it must be at most maxNewTokens, %d"
              .formatted(minNewTokens, maxNewTokens));
    }
  }

  private static void requireAtLeast(String field, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s is %d; it must be %d or more".formatted(field, value, least));
    }
  }
}
