package org.bilora.data;

import com.google.common.primitives.Floats;
import com.google.common.primitives.Ints;
import java.util.Arrays;
import java.util.List;
import org.bilora.text.Encoding;

/**
 * Examples padded to one length, row-major, ready to be fed to a step.
 *
 * @param rows number of rows, padding rows included
 * @param length tokens per row, padding included
 * @param inputIds token ids, {@code [rows, length]}
 * @param tokenTypeIds segments, {@code [rows, length]}
 * @param attentionMask 1 for a token, 0 for padding, {@code [rows, length]}; a padding row keeps
 *     its first token visible so that attention stays finite
 * @param targets class index, or a number per label or score, or per token the class of the word
 *     that begins there and {@link #NO_WORD} elsewhere; 0 where there is no label, {@code [rows,
 *     targets per row]}
 * @param rowWeights 1 for an example, 0 for a padding row, {@code [rows]}
 * @param indices position of each row's example in its data set, -1 for a padding row, {@code
 *     [rows]}
 * @param predictions tokens that a language model is asked for ({@link PredictedTokens}), padding
 *     included; 0 in other batches
 */
public record Batch(
    int rows,
    int length,
    int[] inputIds,
    int[] tokenTypeIds,
    int[] attentionMask,
    float[] targets,
    float[] rowWeights,
    int[] indices,
    int predictions) {
  /** Target of a token with which no word begins. */
  public static final float NO_WORD = -1;

  /** Checks every array against {@code rows} and {@code length}. */
  public Batch {
    int tokens = rows * length;
    if (inputIds.length != tokens
        || tokenTypeIds.length != tokens
        || attentionMask.length != tokens
        || targets.length == 0
        || targets.length % rows != 0
        || rowWeights.length != rows
        || indices.length != rows) {
      throw new IllegalArgumentException(
          "a batch of %d rows of %d tokens got arrays of other sizes".formatted(rows, length));
    }
  }

  /** A batch without predictions. */
  public Batch(
      int rows,
      int length,
      int[] inputIds,
      int[] tokenTypeIds,
      int[] attentionMask,
      float[] targets,
      float[] rowWeights,
      int[] indices) {
    this(rows, length, inputIds, tokenTypeIds, attentionMask, targets, rowWeights, indices, 0);
  }

  /**
   * Pads examples to one length, and their number to {@code rows}. Padding is token 0, which the
   * attention mask hides; a padding row's target is 0.
   *
   * @throws IllegalArgumentException when there are more examples than rows, or one is too long
   */
  public static Batch of(List<EncodedExample> examples, int rows, int length) {
    return of(examples, rows, length, 0);
  }

  /**
   * The same for a language model.
   *
   * @param predictions room for all tokens that the loss counts
   * @throws IllegalArgumentException as above
   */
  static Batch of(List<EncodedExample> examples, int rows, int length, int predictions) {
    if (examples.size() > rows) {
      throw new IllegalArgumentException(
          "%d examples do not fit %d rows".formatted(examples.size(), rows));
    }
    int[] inputIds = new int[rows * length];
    int[] tokenTypeIds = new int[rows * length];
    int[] attentionMask = new int[rows * length];
    int width = targetsPerRow(examples, length);
    float[] targets = new float[rows * width];
    boolean words = ofWords(examples);
    if (words) {
      Arrays.fill(targets, NO_WORD);
    }
    float[] rowWeights = new float[rows];
    int[] indices = new int[rows];
    Arrays.fill(indices, -1);
    for (int row = 0; row < rows; row++) {
      int start = row * length;
      if (row >= examples.size()) {
        attentionMask[start] = 1;
        continue;
      }
      EncodedExample example = examples.get(row);
      Encoding encoding = example.encoding();
      if (encoding.length() > length) {
        throw new IllegalArgumentException(
            "an example of %d tokens does not fit rows of %d".formatted(encoding.length(), length));
      }
      System.arraycopy(encoding.inputIds(), 0, inputIds, start, encoding.length());
      System.arraycopy(encoding.tokenTypeIds(), 0, tokenTypeIds, start, encoding.length());
      Arrays.fill(attentionMask, start, start + encoding.length(), 1);
      put(example, targets, row * width);
      rowWeights[row] = 1;
      indices[row] = example.index();
    }
    return new Batch(
        rows,
        length,
        inputIds,
        tokenTypeIds,
        attentionMask,
        targets,
        rowWeights,
        indices,
        predictions);
  }

  private static boolean ofWords(List<EncodedExample> examples) {
    return !examples.isEmpty() && examples.get(0).firstTokens().isPresent();
  }

  private static int targetsPerRow(List<EncodedExample> examples, int length) {
    return ofWords(examples)
        ? length
        : examples.stream()
            .mapToInt(example -> example.targets().map(List::size).orElse(1))
            .max()
            .orElse(1);
  }

  /** Targets of an example, behind one another or each at its word's first token. */
  private static void put(EncodedExample example, float[] targets, int start) {
    List<Double> own = example.targets().orElse(List.of());
    for (int i = 0; i < own.size(); i++) {
      int at = example.firstTokens().isPresent() ? example.firstTokens().get().get(i) : i;
      if (at != EncodedExample.CUT) {
        targets[start + at] = own.get(i).floatValue();
      }
    }
  }

  /**
   * Batches of one shape as one, the rows of each behind those of the one before.
   *
   * @throws IllegalArgumentException when there is none, or they differ in rows or length
   */
  public static Batch stacked(List<Batch> batches) {
    if (batches.isEmpty()) {
      throw new IllegalArgumentException("no batch to stack");
    }
    Batch first = batches.get(0);
    for (Batch batch : batches) {
      if (batch.rows != first.rows
          || batch.length != first.length
          || batch.targets.length != first.targets.length
          || batch.predictions != first.predictions) {
        throw new IllegalArgumentException(
            "a batch of %d rows of %d tokens beside one of %d rows of %d; they must be of one shape"
                .formatted(batch.rows, batch.length, first.rows, first.length));
      }
    }
    return new Batch(
        batches.size() * first.rows,
        first.length,
        Ints.concat(batches.stream().map(Batch::inputIds).toArray(int[][]::new)),
        Ints.concat(batches.stream().map(Batch::tokenTypeIds).toArray(int[][]::new)),
        Ints.concat(batches.stream().map(Batch::attentionMask).toArray(int[][]::new)),
        Floats.concat(batches.stream().map(Batch::targets).toArray(float[][]::new)),
        Floats.concat(batches.stream().map(Batch::rowWeights).toArray(float[][]::new)),
        Ints.concat(batches.stream().map(Batch::indices).toArray(int[][]::new)),
        batches.size() * first.predictions);
  }

  /** Number of tokens of the examples, padding left out. */
  public long tokens() {
    long count = 0;
    for (int row = 0; row < rows; row++) {
      if (rowWeights[row] > 0) {
        count += Arrays.stream(attentionMask, row * length, (row + 1) * length).sum();
      }
    }
    return count;
  }

  /** Number of examples, padding rows left out. */
  public int examples() {
    int count = 0;
    for (float weight : rowWeights) {
      count += weight > 0 ? 1 : 0;
    }
    return count;
  }
}
