package org.bilora.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.bilora.generate.DecodingMethod.BeamSearch;
import org.bilora.generate.DecodingMethod.BeamSearch.Stopping;

/** Beam search for one prompt, by the rules that {@link BeamSearch} states. */
final class BeamSearchOfOne implements Search {
  private final BeamSearch settings;
  private final Constraints constraints;
  private final int maxNewTokens;
  private List<Continuation> beams = List.of(Continuation.EMPTY);

  /** The best finished texts, the best first, at most as many as there are beams. */
  private final List<Generation> finished = new ArrayList<>();

  BeamSearchOfOne(BeamSearch settings, Constraints constraints, int maxNewTokens) {
    this.settings = settings;
    this.constraints = constraints;
    this.maxNewTokens = maxNewTokens;
  }

  @Override
  public List<Continuation> continuations() {
    return beams;
  }

  @Override
  public int candidates(int vocabularySize) {
    int banned =
        beams.stream().mapToInt(beam -> constraints.banned(beam.tokens()).size()).max().orElse(0);
    return Math.min(looked() + banned, vocabularySize);
  }

  @Override
  public void extend(Candidates candidates, int firstRow) {
    List<Continuation> ranked = ranked(candidates, firstRow);
    if (ranked.isEmpty()) { // every token is banned, for every beam
      beams.forEach(beam -> finish(beam, beam.tokens(), false));
      beams = List.of();
      return;
    }
    int length = ranked.get(0).tokens().length;
    boolean last = length == maxNewTokens;
    List<Continuation> pursued = new ArrayList<>();
    for (int rank = 0; rank < ranked.size(); rank++) {
      Continuation next = ranked.get(rank);
      boolean ended = constraints.ends().contains(next.lastToken());
      if (ended && rank < settings.beams()) {
        finish(next, Arrays.copyOf(next.tokens(), length - 1), true);
      } else if (last && rank < settings.beams()) {
        finish(next, next.tokens(), false);
      } else if (!ended && !last && pursued.size() < settings.beams()) {
        pursued.add(next);
      }
    }
    beams = pursued.isEmpty() || noBetter(pursued.get(0), length) ? List.of() : pursued;
  }

  /** Continuations to look at: beams are left over even where every end of a text comes first. */
  private int looked() {
    return Math.max(2, 1 + constraints.ends().size()) * settings.beams();
  }

  /** The first of all continuations that may come. */
  private List<Continuation> ranked(Candidates candidates, int firstRow) {
    List<Continuation> all = new ArrayList<>();
    for (int beam = 0; beam < beams.size(); beam++) {
      Continuation text = beams.get(beam);
      Set<Integer> banned = constraints.banned(text.tokens());
      int[] tokens = candidates.tokens()[firstRow + beam];
      float[] logProbabilities = candidates.logProbabilities()[firstRow + beam];
      for (int i = 0; i < tokens.length; i++) {
        if (!banned.contains(tokens[i]) && logProbabilities[i] > Float.NEGATIVE_INFINITY) {
          all.add(text.with(beam, tokens[i], logProbabilities[i]));
        }
      }
    }
    return all.stream()
        .sorted(
            Comparator.comparingDouble(Continuation::logProbability)
                .reversed()
                .thenComparingInt(Continuation::row)
                .thenComparingInt(Continuation::lastToken))
        .limit(looked())
        .toList();
  }

  /** Whether the search may end although {@code best}, of that length, could go on. */
  private boolean noBetter(Continuation best, int length) {
    if (finished.isEmpty()) {
      return false;
    }
    if (settings.stopping() == Stopping.NO_BETTER_LIKELY) {
      return finished.size() == settings.beams()
          && finished.get(finished.size() - 1).score() >= score(best.logProbability(), length);
    }
    // No token raises Σ log p, and a negative sum is least so over the largest power.
    int favourable = settings.lengthPenalty() > 0 ? maxNewTokens : length + 1;
    return finished.get(0).score() >= score(best.logProbability(), favourable);
  }

  private double score(double logProbability, int length) {
    return logProbability / Math.pow(length, settings.lengthPenalty());
  }

  /** Keeps a finished text, behind those that are as good. */
  private void finish(Continuation text, int[] tokens, boolean ended) {
    double score = score(text.logProbability(), Math.max(1, text.tokens().length));
    int place = 0;
    while (place < finished.size() && finished.get(place).score() >= score) {
      place++;
    }
    finished.add(place, new Generation(tokens, text.logProbability(), score, ended));
    if (finished.size() > settings.beams()) {
      finished.remove(finished.size() - 1);
    }
  }

  @Override
  public Generation result() {
    if (!beams.isEmpty()) {
      throw new IllegalStateException("the search is not over");
    }
    return finished.get(0);
  }
}
