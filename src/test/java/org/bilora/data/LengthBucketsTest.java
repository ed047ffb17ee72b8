package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Sets;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LengthBucketsTest {

  @Test
  void noOtherChoiceOfAsManyBucketsLeavesLessPadding() {
    for (int seed = 0; seed < 20; seed++) {
      int[] counts = Encodings.lengths(Encodings.random(60, 90, seed));
      for (int most = 1; most <= 4; most++) {
        LengthBuckets chosen = LengthBuckets.choose(counts, most);
        assertTrue(chosen.lengths().size() <= most);
        assertEquals(fewestTokens(counts, most), tokens(chosen, counts));
      }
    }
  }

  private static long fewestTokens(int[] counts, int most) {
    int longest = (Arrays.stream(counts).max().orElseThrow() + 7) / 8 * 8;
    Set<Integer> shorter =
        IntStream.range(1, longest / 8).mapToObj(i -> i * 8).collect(Collectors.toSet());
    long fewest = Long.MAX_VALUE;
    for (int others = 0; others < most; others++) {
      for (Set<Integer> combination :
          Sets.combinations(shorter, Math.min(others, shorter.size()))) {
        LengthBuckets buckets =
            new LengthBuckets(ImmutableList.sortedCopyOf(Sets.union(combination, Set.of(longest))));
        fewest = Math.min(fewest, tokens(buckets, counts));
      }
    }
    return fewest;
  }

  private static long tokens(LengthBuckets buckets, int[] counts) {
    return Arrays.stream(counts).mapToLong(buckets::bucketFor).sum();
  }

  @Test
  void bucketsThatSaveNothingAreLeftOut() {
    assertEquals(
        ImmutableList.of(8, 24), LengthBuckets.choose(new int[] {3, 8, 17, 24}, 6).lengths());
  }

  @Test
  void aLengthAboveTheLongestBucketIsRefused() {
    LengthBuckets buckets = new LengthBuckets(ImmutableList.of(8, 16));
    assertEquals(8, buckets.bucketFor(8));
    assertEquals(16, buckets.bucketFor(9));
    assertThrows(IllegalArgumentException.class, () -> buckets.bucketFor(17));
  }

  @Test
  void wrongSettingsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new LengthBuckets(ImmutableList.of(16, 8)));
    assertThrows(IllegalArgumentException.class, () -> LengthBuckets.choose(new int[0], 1));
    assertThrows(IllegalArgumentException.class, () -> LengthBuckets.choose(new int[] {1}, 0));
  }
}
