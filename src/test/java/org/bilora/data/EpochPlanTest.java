package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Ints;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bilora.data.EpochPlan.Iteration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EpochPlanTest {
  private static final LengthBuckets BUCKETS = new LengthBuckets(ImmutableList.of(8, 16, 32, 64));

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 1",
    "3, 2, 8, 1, 1",
    "7, 1, 8, 2, 3",
    "40, 9, 8, 1, 1",
    "100, 30, 8, 2, 2",
    "321, 80, 16, 3, 1",
    "320, 80, 16, 1, 2",
    "500, 0, 32, 1, 0",
    "17, 0, 32, 1, 0"
  })
  void everyEpochMeetsEachLowerExampleOnceInBatchesOfTheSameShapes(
      int lowerCount, int upperCount, int batchSize, int lowerSteps, int upperSteps) {
    List<EncodedExample> lower = Encodings.random(lowerCount, 64, 1);
    List<EncodedExample> upper = Encodings.random(upperCount, 64, 2);
    EpochPlan plan = new EpochPlan(lower, upper, BUCKETS, batchSize, lowerSteps, upperSteps, 5);
    List<Integer> shapes = null;
    for (int number = 0; number < 4; number++) {
      List<Iteration> epoch = plan.epoch(number);
      assertEquals(plan.iterationsPerEpoch(), epoch.size());
      List<Integer> lengths = new ArrayList<>();
      int[] met = new int[lowerCount];
      for (int i = 0; i < epoch.size(); i++) {
        Iteration iteration = epoch.get(i);
        assertEquals(lowerSteps, iteration.lower().size());
        assertEquals(upperSteps, iteration.upper().size());
        int length = iteration.lower().get(0).length();
        lengths.add(length);
        assertTrue(BUCKETS.lengths().contains(length));
        for (Batch batch : iteration.lower()) {
          assertEquals(batchSize, batch.rows());
          assertEquals(length, batch.length());
          assertTrue(batch.examples() > 0, "no batch is empty");
          assertTrue(batch.examples() == batchSize || i == epoch.size() - 1);
          examples(batch).forEach(index -> met[index]++);
        }
        for (Batch batch : iteration.upper()) {
          assertEquals(batchSize, batch.rows());
          assertEquals(length, batch.length());
          assertTrue(batch.examples() > 0, "no batch is empty");
        }
      }
      for (int index = 0; index < lowerCount; index++) {
        assertTrue(met[index] >= 1);
      }
      int again = Arrays.stream(met).sum() - lowerCount;
      assertTrue(again < lowerSteps, "only the last iteration's empty batches repeat examples");
      Collections.sort(lengths);
      shapes = shapes == null ? lengths : shapes;
      assertEquals(shapes, lengths);
    }
  }

  @Test
  void oneLowerStepNeverRepeatsAnExample() {
    List<EncodedExample> lower = Encodings.random(333, 64, 1);
    EpochPlan plan = new EpochPlan(lower, Encodings.random(50, 64, 2), BUCKETS, 16, 1, 1, 5);
    List<Integer> met = new ArrayList<>();
    for (Iteration iteration : plan.epoch(2)) {
      met.addAll(examples(iteration.lower().get(0)));
    }
    Collections.sort(met);
    assertEquals(IntStream.range(0, 333).boxed().toList(), met);
    assertEquals((333 + 15) / 16, plan.iterationsPerEpoch());
  }

  @Test
  void aPlanIsAFunctionOfDataSeedAndEpoch() {
    List<EncodedExample> lower = Encodings.random(200, 64, 1);
    List<EncodedExample> upper = Encodings.random(50, 64, 2);
    EpochPlan plan = new EpochPlan(lower, upper, BUCKETS, 8, 1, 1, 5);
    EpochPlan same = new EpochPlan(lower, upper, BUCKETS, 8, 1, 1, 5);
    plan.epoch(0);
    plan.epoch(6);
    assertEquals(order(same.epoch(7)), order(plan.epoch(7)));
    assertNotEquals(order(plan.epoch(6)), order(plan.epoch(7)));
    EpochPlan other = new EpochPlan(lower, upper, BUCKETS, 8, 1, 1, 6);
    assertNotEquals(order(other.epoch(7)), order(plan.epoch(7)));
  }

  @Test
  void leftoversMoveIntoTheNextLongerBucket() {
    // 5 of length 8 and 3 of length 16 in batches of 4: one short batch, one mixed, none padded.
    List<EncodedExample> lower = Encodings.ofLengths(8, 8, 8, 8, 8, 16, 16, 16);
    EpochPlan plan = new EpochPlan(lower, List.of(), BUCKETS, 4, 1, 0, 5);
    assertEquals(2, plan.iterationsPerEpoch());
    for (Iteration iteration : plan.epoch(0)) {
      Batch batch = iteration.lower().get(0);
      assertEquals(4, batch.examples());
      if (batch.length() == 16) {
        assertTrue(examples(batch).containsAll(List.of(5, 6, 7)));
      } else {
        assertEquals(8, batch.length());
      }
    }
  }

  @Test
  void upperBatchesCycleEvenlyThroughTheirOwnBucketOverEpochs() {
    List<EncodedExample> lower = Encodings.random(400, 64, 1);
    List<EncodedExample> upper = Encodings.random(100, 64, 2);
    EpochPlan plan = new EpochPlan(lower, upper, BUCKETS, 4, 1, 1, 5);
    Map<Integer, Integer> met = new HashMap<>();
    for (int number = 0; number < 5; number++) {
      for (Iteration iteration : plan.epoch(number)) {
        Batch batch = iteration.upper().get(0);
        for (int index : examples(batch)) {
          assertEquals(batch.length(), BUCKETS.bucketFor(upper.get(index).encoding().length()));
          met.merge(index, 1, Integer::sum);
        }
      }
    }
    assertEquals(100, met.size());
    for (int length : BUCKETS.lengths()) {
      int[] counts =
          met.entrySet().stream()
              .filter(e -> BUCKETS.bucketFor(upper.get(e.getKey()).encoding().length()) == length)
              .mapToInt(Map.Entry::getValue)
              .toArray();
      assertTrue(Ints.max(counts) - Ints.min(counts) <= 1, Arrays.toString(counts));
    }
  }

  @Test
  void aBucketWithoutUpperExamplesTakesShorterOnes() {
    List<EncodedExample> lower = Encodings.ofLengths(40, 40, 40, 40);
    List<EncodedExample> upper = Encodings.ofLengths(5, 5, 5, 5, 5, 12, 12, 12);
    EpochPlan plan = new EpochPlan(lower, upper, BUCKETS, 4, 1, 3, 5);
    HashSet<Integer> met = new HashSet<>();
    for (Iteration iteration : plan.epoch(0)) {
      for (Batch batch : iteration.upper()) {
        assertEquals(64, batch.length());
        assertEquals(4, batch.examples());
        met.addAll(examples(batch));
      }
    }
    assertEquals(8, met.size());
  }

  @Test
  void lowerExamplesShorterThanEveryUpperExampleMoveUpToThem() {
    List<EncodedExample> lower = Encodings.ofLengths(5, 5, 5, 12, 12, 40, 40, 40);
    List<EncodedExample> upper = Encodings.ofLengths(30, 30, 30, 30);
    EpochPlan plan = new EpochPlan(lower, upper, BUCKETS, 4, 1, 1, 5);
    List<Integer> lengths =
        plan.epoch(0).stream().map(i -> i.lower().get(0).length()).sorted().toList();
    assertEquals(List.of(32, 64), lengths);
    plan.epoch(0).forEach(i -> assertEquals(4, i.upper().get(0).examples()));
  }

  @Test
  void fewerUpperExamplesThanABatchFillItWithPaddingRows() {
    EpochPlan plan =
        new EpochPlan(Encodings.random(20, 8, 1), Encodings.ofLengths(4, 6), BUCKETS, 8, 1, 2, 5);
    for (Iteration iteration : plan.epoch(3)) {
      for (Batch batch : iteration.upper()) {
        assertEquals(2, batch.examples());
        assertEquals(List.of(0, 1), examples(batch).stream().sorted().toList());
      }
    }
  }

  @Test
  void fewerExamplesThanLowerStepsAreRepeated() {
    EpochPlan plan = new EpochPlan(Encodings.ofLengths(4, 6), List.of(), BUCKETS, 8, 3, 0, 5);
    assertEquals(1, plan.iterationsPerEpoch());
    plan.epoch(0).get(0).lower().forEach(batch -> assertEquals(1, batch.examples()));
  }

  @Test
  void aHundredThousandExamplesTakeNoTimeToSpeakOf() {
    List<EncodedExample> lower = Encodings.random(100_000, 64, 1);
    List<EncodedExample> upper = Encodings.random(25_000, 64, 2);
    assertTimeout(
        Duration.ofSeconds(5),
        () -> {
          EpochPlan plan = new EpochPlan(lower, upper, BUCKETS, 32, 1, 1, 5);
          for (int number = 0; number < 3; number++) {
            for (Iteration iteration : plan.epoch(number)) {
              assertFalse(iteration.lower().isEmpty());
            }
          }
        });
  }

  @Test
  void settingsOutOfRangeAreNamed() {
    List<EncodedExample> one = Encodings.ofLengths(4);
    assertMessage(
        "batchSize is 0; it must be 1 or more", () -> new EpochPlan(one, one, BUCKETS, 0, 1, 1, 5));
    assertMessage(
        "upperSteps is 1 and there are 0 upper examples; both must be 0 or neither",
        () -> new EpochPlan(one, List.of(), BUCKETS, 1, 1, 1, 5));
    assertMessage(
        "an example of 65 tokens fits none of the buckets [8, 16, 32, 64];"
            + " choose the buckets over every set",
        () -> new EpochPlan(Encodings.ofLengths(65), one, BUCKETS, 1, 1, 1, 5));
  }

  private static void assertMessage(String message, Runnable code) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, code::run).getMessage());
  }

  private static List<Integer> examples(Batch batch) {
    return Arrays.stream(batch.indices()).filter(index -> index >= 0).boxed().toList();
  }

  private static List<List<Integer>> order(List<Iteration> epoch) {
    List<List<Integer>> order = new ArrayList<>();
    for (Iteration iteration : epoch) {
      iteration.lower().forEach(batch -> order.add(Ints.asList(batch.indices())));
      iteration.upper().forEach(batch -> order.add(Ints.asList(batch.indices())));
    }
    return order;
  }

  @Test
  void sizesThatNoMachineHoldsAreRefusedBeforeAnythingIsMade() {
    List<EncodedExample> examples = Encodings.random(40, 64, 1);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> new EpochPlan(examples, List.of(), BUCKETS, Integer.MAX_VALUE, 1, 0, 5))
            .getMessage();
    assertTrue(message.startsWith("a batch × 2147483647 examples of 8 tokens"), message);
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> new EpochPlan(examples, examples, BUCKETS, 8, 1, Integer.MAX_VALUE, 5))
            .getMessage();
    assertTrue(message.contains("it must be at most 16777216"), message);
  }
}
