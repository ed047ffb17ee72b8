package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.Ints;
import java.util.List;
import org.bilora.step.TinySequences;
import org.junit.jupiter.api.Test;

class BatchPartsTest {
  private static final List<Batch> BATCHES =
      EvaluationBatches.ofSequences(
          TinySequences.DATA.cut(Dataset.TRAIN, 20).examples(), BatchSize.rows(7));

  @Test
  void partsAreTheRowsInOrderAsEvenAsTheyCanBe() {
    for (Batch batch : BATCHES) {
      List<Batch> parts = BatchParts.of(batch, 3);
      assertEquals(3, parts.size());
      assertArrayEquals(
          batch.inputIds(), Ints.concat(parts.stream().map(Batch::inputIds).toArray(int[][]::new)));
      assertArrayEquals(
          batch.indices(), Ints.concat(parts.stream().map(Batch::indices).toArray(int[][]::new)));
      int least = batch.rows() / 3;
      assertTrue(parts.stream().allMatch(p -> p.rows() == least || p.rows() == least + 1));
    }
  }

  @Test
  void partsTogetherAreAskedForTheSameTokens() {
    for (Batch batch : BATCHES) {
      List<Batch> parts = BatchParts.of(batch, 3);
      assertEquals(
          PredictedTokens.of(batch).count(),
          parts.stream().mapToInt(part -> PredictedTokens.of(part).count()).sum());
      assertEquals(1, parts.stream().map(Batch::predictions).distinct().count());
      assertTrue(parts.get(0).predictions() <= batch.predictions());
    }
  }

  @Test
  void moreWorkersThanRowsGetARowEachOrNone() {
    Batch batch = BATCHES.get(0);
    assertEquals(batch.rows(), BatchParts.of(batch, 100).size());
    assertSame(batch, BatchParts.of(batch, 1).get(0));
  }
}
