package org.bilora.generate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * Beam search as its definition reads: every step asks for the probabilities of all tokens after
 * each whole text, sorts all continuations, and goes on to the last step.
 *
 * @param model log probability of every next token after a text, prompt included
 */
record SlowSearch(
    Function<List<Integer>, float[]> model,
    List<Integer> prompt,
    int endOfText,
    int noRepeatNGram,
    int minNewTokens,
    int maxNewTokens) {

  /** A text, end included, and its score. */
  record Text(List<Integer> tokens, double logProbability, double score) {}

  Text beam(int beams, double lengthPenalty) {
    List<Text> pursued = List.of(new Text(List.of(), 0, 0));
    List<Text> finished = new ArrayList<>();
    for (int length = 1; length <= maxNewTokens; length++) {
      List<Text> all = new ArrayList<>();
      for (Text text : pursued) { // in order, and sorting is stable: ties keep this order
        float[] logs = logs(text.tokens());
        for (int token = 0; token < logs.length; token++) {
          if (!banned(text.tokens(), token)) {
            double sum = text.logProbability() + logs[token];
            all.add(
                new Text(plus(text.tokens(), token), sum, sum / Math.pow(length, lengthPenalty)));
          }
        }
      }
      all.sort(Comparator.comparingDouble(text -> -text.logProbability()));
      List<Text> next = new ArrayList<>();
      for (int rank = 0; rank < Math.min(2 * beams, all.size()); rank++) {
        Text text = all.get(rank);
        boolean ended = text.tokens().get(length - 1) == endOfText;
        if (rank < beams && (ended || length == maxNewTokens)) {
          finished.add(text);
        }
        if (!ended && next.size() < beams) {
          next.add(text);
        }
      }
      if (all.isEmpty()) {
        finished.addAll(pursued);
      }
      pursued = next;
    }
    Text best = finished.get(0);
    for (Text text : finished) {
      best = text.score() > best.score() ? text : best;
    }
    return best;
  }

  List<Integer> greedy() {
    List<Integer> text = new ArrayList<>();
    while (text.size() < maxNewTokens
        && (text.isEmpty() || text.get(text.size() - 1) != endOfText)) {
      float[] logs = logs(text);
      int best = -1;
      for (int token = 0; token < logs.length; token++) {
        if (!banned(text, token) && (best < 0 || logs[token] > logs[best])) {
          best = token;
        }
      }
      if (best < 0) {
        return text;
      }
      text.add(best);
    }
    return text;
  }

  private float[] logs(List<Integer> generated) {
    List<Integer> whole = new ArrayList<>(prompt);
    whole.addAll(generated);
    return model.apply(whole);
  }

  private boolean banned(List<Integer> text, int token) {
    if (token == endOfText && text.size() < minNewTokens) {
      return true;
    }
    List<Integer> longer = plus(text, token);
    int n = noRepeatNGram;
    if (n == 0 || longer.size() < n) {
      return false;
    }
    List<Integer> last = longer.subList(longer.size() - n, longer.size());
    for (int at = 0; at + n < longer.size(); at++) {
      if (longer.subList(at, at + n).equals(last)) {
        return true;
      }
    }
    return false;
  }

  static List<Integer> plus(List<Integer> text, int token) {
    List<Integer> longer = new ArrayList<>(text);
    longer.add(token);
    return longer;
  }
}
