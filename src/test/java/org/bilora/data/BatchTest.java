package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bilora.text.Encoding;
import org.bilora.text.TokenSpans;
import org.bilora.text.Tokenizer;
import org.junit.jupiter.api.Test;

class BatchTest {

  @Test
  void examplesArePaddedToTheLengthAndTheRows() {
    EncodedExample first =
        new EncodedExample(new Encoding(new int[] {7, 8}, new int[] {0, 1}, false), 1, 4);
    EncodedExample second =
        new EncodedExample(new Encoding(new int[] {9}, new int[] {0}, false), 0.5f, 2);
    Batch batch = Batch.of(List.of(first, second), 3, 3);
    assertArrayEquals(new int[] {7, 8, 0, 9, 0, 0, 0, 0, 0}, batch.inputIds());
    assertArrayEquals(new int[] {0, 1, 0, 0, 0, 0, 0, 0, 0}, batch.tokenTypeIds());
    assertArrayEquals(new int[] {1, 1, 0, 1, 0, 0, 1, 0, 0}, batch.attentionMask());
    assertArrayEquals(new float[] {1, 0.5f, 0}, batch.targets());
    assertArrayEquals(new float[] {1, 1, 0}, batch.rowWeights());
    assertArrayEquals(new int[] {4, 2, -1}, batch.indices());
    assertEquals(2, batch.examples());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    List<EncodedExample> examples = Encodings.ofLengths(4, 5);
    assertThrows(IllegalArgumentException.class, () -> Batch.of(examples, 1, 8));
    assertThrows(IllegalArgumentException.class, () -> Batch.of(examples, 2, 4));
  }

  @Test
  void evaluationCoversEveryExampleOnceWithLittlePadding() {
    List<EncodedExample> examples = Encodings.random(101, 64, 3);
    List<Integer> met = new ArrayList<>();
    long computed = 0;
    for (Batch batch : EvaluationBatches.of(examples, 8)) {
      assertEquals(batch.rows(), batch.examples());
      computed += (long) batch.rows() * batch.length();
      for (int row = 0; row < batch.rows(); row++) {
        int index = batch.indices()[row];
        met.add(index);
        assertEquals(index + 1, batch.inputIds()[row * batch.length()]);
        assertEquals(examples.get(index).target().orElseThrow(), batch.targets()[row]);
      }
    }
    assertEquals(IntStream.range(0, 101).boxed().toList(), met.stream().sorted().toList());
    int own = IntStream.of(Encodings.lengths(examples)).sum();
    assertTrue(computed < 1.25 * own, computed + " tokens computed for " + own);
  }

  @Test
  void examplesAreEncodedInTheirOrder() {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      examples.add(new Example("x".repeat(1 + i % 9), Optional.of("y"), i % 3));
    }
    EncodedSet set = EncodedSet.of(new CharacterTokenizer(), examples, 6);
    assertEquals(500, set.examples().size());
    int truncated = 0;
    for (int i = 0; i < 500; i++) {
      int length = 2 + i % 9;
      truncated += length > 6 ? 1 : 0;
      assertEquals(Math.min(6, length), set.tokenCounts()[i]);
      assertEquals(i, set.examples().get(i).index());
      assertEquals(i % 3, set.examples().get(i).target().orElseThrow());
    }
    assertEquals(truncated, set.truncated());
  }

  @Test
  void aSplitWithoutLabelsKeepsThemMissing() {
    Example unlabelled = Example.of("text");
    EncodedSet set = EncodedSet.of(new CharacterTokenizer(), ImmutableList.of(unlabelled), 6);
    assertTrue(set.examples().get(0).target().isEmpty());
  }

  /** One token per character. */
  private static final class CharacterTokenizer implements Tokenizer {
    @Override
    public TokenSpans encodeWithSpans(String text, int maxLength) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Encoding encode(String text, Optional<String> pair, int maxLength) {
      int[] ids = (text + pair.orElse("")).chars().toArray();
      int length = Math.min(maxLength, ids.length);
      return new Encoding(Arrays.copyOf(ids, length), new int[length], length < ids.length);
    }

    @Override
    public String decode(int[] ids) {
      return new String(ids, 0, ids.length);
    }

    @Override
    public int vocabularySize() {
      return Character.MAX_VALUE;
    }

    @Override
    public boolean hasSegments() {
      return false;
    }

    @Override
    public byte[] definition(int maxLength) {
      return definition();
    }

    @Override
    public byte[] definition() {
      return new byte[0];
    }

    @Override
    public void close() {}
  }
}
