package org.bilora.generate;

/** How the next token is chosen, with the settings of each way. */
public sealed interface DecodingMethod {

  /** Texts that are pursued at the same time for a prompt. */
  int rows();

  /** Whether texts are ranked by sums of log probabilities, a repetition penalty included. */
  boolean ranksSums();

  /**
   * Begins the search for a prompt's text.
   *
   * @param maxNewTokens most tokens, the end of the text included, 1 or more
   * @param prompt the prompt's number among all, from which sampling derives its randomness
   */
  Search search(Constraints constraints, int maxNewTokens, long prompt);

  /** The most probable token, each time. */
  record Greedy() implements DecodingMethod {
    @Override
    public int rows() {
      return 1;
    }

    @Override
    public boolean ranksSums() {
      return false;
    }

    @Override
    public Search search(Constraints constraints, int maxNewTokens, long prompt) {
      return new SingleSearch(constraints, maxNewTokens, new SingleSearch.MostProbable());
    }
  }

  /**
   * A random token, drawn by its probability: p ∝ exp(log p / temperature) among the {@code topK}
   * most probable tokens, of which those are kept, the most probable first, that it takes for their
   * probabilities to sum to {@code topP} or more (nucleus sampling, Holtzman et al. 2020). What is
   * drawn for a prompt depends on the seed and the prompt's number, not on other prompts.
   *
   * @param temperature above 0; 1 leaves the probabilities as they are
   * @param topK tokens to draw from, 1 or more; 0 for all
   * @param topP above 0, at most 1, which keeps all
   */
  record Sampling(double temperature, int topK, double topP, long seed) implements DecodingMethod {
    /** Checks the ranges. */
    public Sampling {
      if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "temperature is %s; it must be above 0".formatted(temperature));
      }
      if (topK < 0) {
        throw new IllegalArgumentException(
            "topK is %d; it must be 1 or more, or 0 for all tokens".formatted(topK));
      }
      if (!(topP > 0 && topP <= 1)) {
        throw new IllegalArgumentException(
            "topP is %s; it must be above 0 and at most 1".formatted(topP));
      }
    }

    @Override
    public int rows() {
      return 1;
    }

    @Override
    public boolean ranksSums() {
      return false;
    }

    @Override
    public Search search(Constraints constraints, int maxNewTokens, long prompt) {
      return new SingleSearch(constraints, maxNewTokens, new SingleSearch.Drawn(this, prompt));
    }
  }

  /**
   * Beam search. At each step every text that is pursued is continued by every token, and the 2 ·
   * {@code beams} (with k > 1 tokens that end a text, (1 + k) · {@code beams}) continuations with
   * the highest Σ log p are looked at in that order (equal ones: of the earlier text first, then
   * the lower token id). One that ends the text and is among the first {@code beams} is finished;
   * of those that do not end, the first {@code beams} are pursued. After the largest number of
   * tokens the first {@code beams} are finished as they are. A finished text's score is
   *
   * <pre>Σ log p / length^lengthPenalty</pre>
   *
   * with its tokens counted from the first generated one to the end of the text, which counts; the
   * highest score wins, of equal ones the one found first. These are the rules of Hugging Face
   * Transformers; the score is that of Hu et al. (2021) too, whose code lets a finished text take
   * the place of one that is pursued for a step.
   *
   * @param beams texts to pursue, from 1 to 1000
   * @param lengthPenalty above 0 favours longer texts, below 0 shorter ones
   */
  record BeamSearch(int beams, double lengthPenalty, Stopping stopping) implements DecodingMethod {
    /** Each beam has keys and values of its own. */
    private static final int MOST_BEAMS = 1000;

    /** When a search ends before the largest number of tokens. */
    public enum Stopping {
      /** When no text that is pursued can come to a higher score than the best finished one. */
      NO_BETTER_POSSIBLE,
      /**
       * When {@code beams} texts are finished and the best one that is pursued would be no better
       * than the worst of them if it ended now: sooner, and seldom with another result.
       */
      NO_BETTER_LIKELY
    }

    /** Checks the ranges. */
    public BeamSearch {
      if (beams < 1 || beams > MOST_BEAMS) {
        throw new IllegalArgumentException(
            "beams is %d; it must be from 1 to %d".formatted(beams, MOST_BEAMS));
      }
      if (!Double.isFinite(lengthPenalty)) {
        throw new IllegalArgumentException(
            "lengthPenalty is %s; it must be a number".formatted(lengthPenalty));
      }
    }

    @Override
    public int rows() {
      return beams;
    }

    @Override
    public boolean ranksSums() {
      return true;
    }

    @Override
    public Search search(Constraints constraints, int maxNewTokens, long prompt) {
      return new BeamSearchOfOne(this, constraints, maxNewTokens);
    }
  }
}
