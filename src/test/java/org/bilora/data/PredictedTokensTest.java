package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.bilora.text.Encoding;
import org.junit.jupiter.api.Test;

class NextTokensTest {
  private static final EncodedExample PAIR =
      new EncodedExample(
          new Encoding(new int[] {5, 6, 9, 7, 8, 9}, new int[] {0, 0, 0, 1, 1, 1}, false), 0, 0);
  private static final EncodedExample PLAIN =
      new EncodedExample(new Encoding(new int[] {3, 4}, new int[] {1, 1}, false), 0, 1);

  @Test
  void eachTokenThatCountsIsAskedForAtThePositionBeforeIt() {
    PredictedTokens next = PredictedTokens.of(Batch.of(List.of(PAIR, PLAIN), 3, 8, 6));
    assertArrayEquals(new int[] {2, 3, 4, 8, 0, 0}, next.positions());
    assertArrayEquals(new int[] {7, 8, 9, 4, 0, 0}, next.targets());
    assertArrayEquals(new float[] {1, 1, 1, 1, 0, 0}, next.weights());
    assertEquals(4, next.count());
    assertEquals(3, PAIR.predictions());
    assertEquals(1, PLAIN.predictions());
  }

  @Test
  void moreTokensThanThereIsRoomForAreRefused() {
    Batch small = Batch.of(List.of(PAIR), 1, 8, 2);
    assertThrows(IllegalArgumentException.class, () -> PredictedTokens.of(small));
  }
}
