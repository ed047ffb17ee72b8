package org.bilora.bench.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.bilora.data.Batch;
import org.bilora.model.EncoderConfig;
import org.bilora.model.TinyEncoders;
import org.junit.jupiter.api.Test;

class SyntheticBatchesTest {
  private static final EncoderConfig ROBERTA = TinyEncoders.roberta(1).config();

  @Test
  void everyRowIsFullOfTokens() {
    Batch batch = new SyntheticBatches(ROBERTA, 64, 8, 5).next();
    assertEquals(64, batch.examples());
    assertTrue(Arrays.stream(batch.attentionMask()).allMatch(mask -> mask == 1));
    assertTrue(
        Arrays.stream(batch.inputIds())
            .allMatch(id -> id >= 0 && id < ROBERTA.vocabSize() && id != ROBERTA.padTokenId()));
    assertEquals(
        ROBERTA.vocabSize() - 1, Arrays.stream(batch.inputIds()).distinct().count(), "ids in use");
  }

  @Test
  void equalSeedsGiveEqualBatchesAndEachIsNew() {
    SyntheticBatches one = new SyntheticBatches(ROBERTA, 4, 8, 5);
    SyntheticBatches other = new SyntheticBatches(ROBERTA, 4, 8, 5);
    int[] first = one.next().inputIds();
    assertArrayEquals(first, other.next().inputIds());
    int[] second = one.next().inputIds();
    assertArrayEquals(second, other.next().inputIds());
    assertFalse(Arrays.equals(first, second));
  }

  @Test
  void rowsLongerThanTheModelReadsAreRefused() {
    int most = ROBERTA.maxTokens();
    new SyntheticBatches(ROBERTA, 1, most, 5);
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class, () -> new SyntheticBatches(ROBERTA, 1, most + 1, 5));
    assertEquals(
        "seq is %d; this model reads from 1 to %d tokens".formatted(most + 1, most),
        refusal.getMessage());
    assertThrows(IllegalArgumentException.class, () -> new SyntheticBatches(ROBERTA, 0, most, 5));
  }
}
