package org.bilora.generate;

import com.google.common.primitives.Ints;
import java.util.ArrayList;
import java.util.List;

/** Runs the searches of a batch of prompts together, until the last one is over. */
final class BatchSearch {
  private final NextTokens model;

  /** Rows of every prompt: where it has fewer texts to pursue, its first one fills the others. */
  private final int rowsOfPrompt;

  BatchSearch(NextTokens model, int rowsOfPrompt) {
    this.model = model;
    this.rowsOfPrompt = rowsOfPrompt;
  }

  /**
   * Runs the searches.
   *
   * @param prompts token ids
   * @param searches one per prompt, fresh
   */
  void run(List<int[]> prompts, List<? extends Search> searches) {
    List<Integer> running = new ArrayList<>();
    for (int i = 0; i < searches.size(); i++) {
      running.add(i);
    }
    Candidates candidates = model.start(prompts, wanted(searches));
    int rows = 1;
    while (true) {
      for (int i = 0; i < running.size(); i++) {
        searches.get(running.get(i)).extend(candidates, i * rows);
      }
      List<Integer> kept = new ArrayList<>();
      for (int i = 0; i < running.size(); i++) {
        if (!searches.get(running.get(i)).continuations().isEmpty()) {
          kept.add(i);
        }
      }
      if (kept.isEmpty()) {
        return;
      }
      candidates = next(searches, running, kept, rows);
      running = new ArrayList<>(kept.stream().map(running::get).toList());
      rows = rowsOfPrompt;
    }
  }

  /**
   * Reads a token in each row.
   *
   * @param running searches of the step before
   * @param kept those of them that go on, as indices
   * @param rows of each search in the step before
   */
  private Candidates next(
      List<? extends Search> searches, List<Integer> running, List<Integer> kept, int rows) {
    int[] parents = new int[kept.size() * rowsOfPrompt];
    int[] tokens = new int[parents.length];
    List<Search> goingOn = new ArrayList<>();
    for (int i = 0; i < kept.size(); i++) {
      Search search = searches.get(running.get(kept.get(i)));
      goingOn.add(search);
      List<Continuation> texts = search.continuations();
      for (int row = 0; row < rowsOfPrompt; row++) {
        Continuation text = texts.get(row < texts.size() ? row : 0);
        parents[i * rowsOfPrompt + row] = kept.get(i) * rows + text.row();
        tokens[i * rowsOfPrompt + row] = text.lastToken();
      }
    }
    return model.next(Ints.toArray(kept), parents, tokens, wanted(goingOn));
  }

  private int wanted(List<? extends Search> searches) {
    return searches.stream()
        .mapToInt(search -> search.candidates(model.vocabularySize()))
        .max()
        .orElseThrow();
  }
}
