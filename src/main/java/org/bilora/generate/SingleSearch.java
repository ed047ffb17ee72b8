package org.bilora.generate;

import com.google.common.hash.Hashing;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** One text, a token at a time. */
final class SingleSearch implements Search {
  private final Constraints constraints;
  private final int maxNewTokens;
  private final Choice choice;
  private Continuation text = Continuation.EMPTY;
  private Generation result;

  /** Chooses one of the tokens that may come. */
  interface Choice {
    /** How many tokens that may come it needs to see. */
    int candidates(int vocabularySize);

    /**
     * Chooses.
     *
     * @param logProbabilities of the tokens that may come, at least one, the highest first
     * @return index
     */
    int choose(double[] logProbabilities);
  }

  /** The first. */
  static final class MostProbable implements Choice {
    @Override
    public int candidates(int vocabularySize) {
      return 1;
    }

    @Override
    public int choose(double[] logProbabilities) {
      return 0;
    }
  }

  /** One drawn at random. */
  static final class Drawn implements Choice {
    private final DecodingMethod.Sampling settings;
    private final SplittableRandom random;

    Drawn(DecodingMethod.Sampling settings, long prompt) {
      this.settings = settings;
      this.random =
          new SplittableRandom(
              Hashing.murmur3_128()
                  .newHasher()
                  .putLong(settings.seed())
                  .putLong(prompt)
                  .hash()
                  .asLong());
    }

    @Override
    public int candidates(int vocabularySize) {
      return settings.topK() == 0 ? vocabularySize : Math.min(settings.topK(), vocabularySize);
    }

    @Override
    public int choose(double[] logProbabilities) {
      double[] weights =
          Arrays.stream(logProbabilities)
              .limit(candidates(logProbabilities.length))
              .map(log -> Math.exp((log - logProbabilities[0]) / settings.temperature()))
              .toArray();
      double kept = settings.topP() * Arrays.stream(weights).sum();
      double sum = 0;
      int nucleus = 0;
      while (nucleus < weights.length && (nucleus == 0 || sum < kept)) {
        sum += weights[nucleus++];
      }
      double drawn = random.nextDouble() * sum;
      int chosen = 0;
      double passed = weights[0];
      while (passed <= drawn && chosen < nucleus - 1) {
        passed += weights[++chosen];
      }
      return chosen;
    }
  }

  SingleSearch(Constraints constraints, int maxNewTokens, Choice choice) {
    this.constraints = constraints;
    this.maxNewTokens = maxNewTokens;
    this.choice = choice;
  }

  @Override
  public List<Continuation> continuations() {
    return result == null ? List.of(text) : List.of();
  }

  @Override
  public int candidates(int vocabularySize) {
    int wanted = choice.candidates(vocabularySize) + constraints.banned(text.tokens()).size();
    return Math.min(wanted, vocabularySize);
  }

  @Override
  public void extend(Candidates candidates, int firstRow) {
    Set<Integer> banned = constraints.banned(text.tokens());
    int[] tokens = candidates.tokens()[firstRow];
    float[] logProbabilities = candidates.logProbabilities()[firstRow];
    int[] allowed = new int[tokens.length];
    double[] logs = new double[tokens.length];
    int count = 0;
    for (int i = 0; i < tokens.length; i++) {
      if (!banned.contains(tokens[i]) && logProbabilities[i] > Float.NEGATIVE_INFINITY) {
        allowed[count] = tokens[i];
        logs[count++] = logProbabilities[i];
      }
    }
    if (count == 0) {
      finish(false); // every token is banned
      return;
    }
    int chosen = choice.choose(Arrays.copyOf(logs, count));
    text = text.with(0, allowed[chosen], logs[chosen]);
    boolean ended = constraints.ends().contains(text.lastToken());
    if (ended || text.tokens().length == maxNewTokens) {
      finish(ended);
    }
  }

  private void finish(boolean ended) {
    int[] tokens = text.tokens();
    result =
        new Generation(
            ended ? Arrays.copyOf(tokens, tokens.length - 1) : tokens,
            text.logProbability(),
            text.logProbability(),
            ended);
  }

  @Override
  public Generation result() {
    if (result == null) {
      throw new IllegalStateException("the text is not finished");
    }
    return result;
  }
}
