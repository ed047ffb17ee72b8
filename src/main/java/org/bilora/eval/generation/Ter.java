package org.bilora.eval.generation;

import java.util.ArrayList;
import java.util.List;

/**
 * Translation edit rate of a corpus (Snover and others 2006), as a share of 1, on {@link
 * TercomWords}.
 *
 * <pre>
 *   TER = Σ over examples of the fewest edits to any reference / Σ mean reference length
 * </pre>
 *
 * <p>An edit inserts, deletes or replaces a word, or shifts a run of words; each costs 1. Shifts
 * are found greedily as by tercom with its default options: the one that lessens the edit distance
 * most is taken (then the longest, then the first, then the one to the earliest place) while there
 * is one, among runs of up to 10 words that occur in the reference up to 50 positions away, that
 * are not right where they are, and whose place is not right yet. The search ends for a pair of
 * texts at 1000 candidates. Edit distances keep within 25 words of the diagonal.
 *
 * <p>That is sacreBLEU's TER without options (its number is 100 times this one). Nothing is
 * normalized and no punctuation removed: {@code end.} and {@code end} are two words.
 */
public record Ter() implements CorpusMetric {
  private static final int MAX_RUN = 10;
  private static final int MAX_DISTANCE = 50;
  private static final int MAX_CANDIDATES = 1000;

  /** A run of words moved elsewhere. */
  private record Shift(int gain, int length, int start, int target, List<String> words) {
    boolean isBetterThan(Shift other) {
      if (gain != other.gain) {
        return gain > other.gain;
      }
      if (length != other.length) {
        return length > other.length;
      }
      return start != other.start ? start < other.start : target < other.target;
    }
  }

  @Override
  public double score(TokenizedCorpus corpus) {
    long edits = 0;
    double length = 0;
    for (int i = 0; i < corpus.size(); i++) {
      List<String> output = corpus.outputs().get(i);
      List<List<String>> references = corpus.references().get(i);
      edits += references.stream().mapToInt(each -> edits(output, each)).min().orElseThrow();
      length += references.stream().mapToInt(List::size).average().orElseThrow();
    }
    return length > 0 ? edits / length : Math.min(1, edits);
  }

  /** Edits, shifts included, that make {@code output} the reference. */
  static int edits(List<String> output, List<String> reference) {
    if (reference.isEmpty()) {
      return output.size();
    }
    List<String> words = output;
    int shifts = 0;
    int candidates = 0;
    while (true) {
      Search search = new Search(words, reference, candidates);
      search.run();
      candidates = search.candidates;
      if (candidates >= MAX_CANDIDATES || search.best == null || search.best.gain <= 0) {
        return shifts + search.alignment.distance();
      }
      words = search.best.words;
      shifts++;
    }
  }

  /** Finds the best shift of {@code words}. */
  private static final class Search {
    private final List<String> words;
    private final List<String> reference;
    private final EditAlignment alignment;
    private int candidates;
    private Shift best;

    private Search(List<String> words, List<String> reference, int candidates) {
      this.words = words;
      this.reference = reference;
      this.candidates = candidates;
      this.alignment = EditAlignment.of(words, reference);
    }

    private void run() {
      for (int from = 0; from < words.size(); from++) {
        int last = Math.min(reference.size() - 1, from + MAX_DISTANCE);
        for (int to = Math.max(0, from - MAX_DISTANCE); to <= last; to++) {
          for (int length = 1; length <= MAX_RUN && matches(from, to, length); length++) {
            if (isWorthShifting(from, to, length)) {
              tryTargets(from, to, length);
              if (candidates >= MAX_CANDIDATES) {
                return;
              }
            }
          }
        }
      }
    }

    /** Whether the run's last word is the reference's too; that of a shorter run is known. */
    private boolean matches(int from, int to, int length) {
      return from + length <= words.size()
          && to + length <= reference.size()
          && words.get(from + length - 1).equals(reference.get(to + length - 1));
    }

    private boolean isWorthShifting(int from, int to, int length) {
      int place = alignment.wordAt(to);
      return alignment.anyWordWrong(from, length)
          && alignment.anyReferenceWrong(to, length)
          && !(from <= place && place < from + length);
    }

    private void tryTargets(int from, int to, int length) {
      int previous = -1;
      for (int position = to - 1; position < to + length; position++) {
        int target = position < 0 ? 0 : alignment.wordAt(position) + 1;
        if (target == previous) {
          continue;
        }
        previous = target;
        candidates++;
        List<String> shifted = shift(words, from, length, target);
        int gain = alignment.distance() - EditAlignment.of(shifted, reference).distance();
        Shift candidate = new Shift(gain, length, from, target, shifted);
        if (best == null || candidate.isBetterThan(best)) {
          best = candidate;
        }
      }
    }
  }

  /**
   * Moves a run of words.
   *
   * @param target where it goes, before which word of the original; a target within the run moves
   *     it as far to the right as the target lies from the run's start
   */
  static List<String> shift(List<String> words, int start, int length, int target) {
    List<String> run = words.subList(start, start + length);
    List<String> rest = new ArrayList<>(words.subList(0, start));
    rest.addAll(words.subList(start + length, words.size()));
    int place = target;
    if (target > start + length) {
      place = target - length;
    }
    rest.addAll(Math.min(place, rest.size()), run);
    return rest;
  }
}
