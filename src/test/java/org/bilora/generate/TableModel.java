package org.bilora.generate;

import com.google.common.hash.Hashing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A model without weights. */
final class TableModel implements NextTokens {
  private final int vocabularySize;
  private final Function<List<Integer>, float[]> table;
  private List<List<Integer>> rows = List.of();
  private int prompts;

  TableModel(int vocabularySize, Function<List<Integer>, float[]> table) {
    this.vocabularySize = vocabularySize;
    this.table = table;
  }

  /** Log probabilities are of few values, drawn from the text, so that many are equal. */
  TableModel(int vocabularySize, long seed) {
    this(vocabularySize, text -> drawn(vocabularySize, seed, text));
  }

  private static float[] drawn(int vocabularySize, long seed, List<Integer> text) {
    var hasher = Hashing.murmur3_128().newHasher().putLong(seed);
    text.forEach(hasher::putInt);
    Random random = new Random(hasher.hash().asLong());
    float[] logs = new float[vocabularySize];
    for (int token = 0; token < vocabularySize; token++) {
      logs[token] = -0.5f * (1 + random.nextInt(4));
    }
    return logs;
  }

  float[] logProbabilities(List<Integer> text) {
    return table.apply(text);
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public Candidates start(List<int[]> texts, int count) {
    rows = texts.stream().map(text -> Arrays.stream(text).boxed().toList()).toList();
    prompts = texts.size();
    return candidates(count);
  }

  @Override
  public Candidates next(int[] kept, int[] parents, int[] tokens, int count) {
    int rowsBefore = rows.size() / prompts;
    int rowsNow = parents.length / kept.length;
    List<List<Integer>> longer = new ArrayList<>();
    for (int row = 0; row < parents.length; row++) {
      if (parents[row] / rowsBefore != kept[row / rowsNow]) {
        throw new AssertionError("row %d continues another prompt's text".formatted(row));
      }
      longer.add(SlowSearch.plus(rows.get(parents[row]), tokens[row]));
    }
    rows = longer;
    prompts = kept.length;
    return candidates(count);
  }

  private Candidates candidates(int count) {
    int[][] tokens = new int[rows.size()][];
    float[][] logs = new float[rows.size()][count];
    for (int row = 0; row < tokens.length; row++) {
      float[] all = logProbabilities(rows.get(row));
      tokens[row] =
          IntStream.range(0, vocabularySize)
              .boxed()
              .sorted(Comparator.comparingDouble(token -> -all[token]))
              .limit(count)
              .mapToInt(token -> token)
              .toArray();
      for (int i = 0; i < count; i++) {
        logs[row][i] = all[tokens[row][i]];
      }
    }
    return new Candidates(tokens, logs);
  }

  @Override
  public void close() {}
}
