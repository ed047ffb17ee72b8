package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.bilora.data.EpochPlan.Iteration;
import org.bilora.text.Encoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Batches by tokens, and their room for predictions. */
class TokenBudgetTest {
  private static final LengthBuckets BUCKETS = new LengthBuckets(ImmutableList.of(8, 16, 32, 64));

  /** Sequences of every length up to the longest, whose last tokens count. */
  static List<EncodedExample> sequences(int count, int longest, long seed) {
    Random random = new Random(seed);
    List<EncodedExample> sequences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = 3 + random.nextInt(longest - 2);
      int[] counted = new int[length];
      Arrays.fill(counted, 1 + random.nextInt(length - 1), length, 1);
      sequences.add(new EncodedExample(new Encoding(new int[length], counted, false), 0, i));
    }
    return sequences;
  }

  @ParameterizedTest
  @CsvSource({"200, 0, 128, 1, 0", "200, 40, 128, 1, 1", "150, 9, 200, 2, 3", "7, 3, 64, 1, 1"})
  void noBatchExceedsTheBudgetAndEachBucketHasOneShape(
      int lowerCount, int upperCount, int tokens, int lowerSteps, int upperSteps) {
    int epochs = 4;
    EpochPlan plan =
        new EpochPlan(
                sequences(lowerCount, 64, 1),
                sequences(upperCount, 64, 2),
                BUCKETS,
                BatchSize.tokens(tokens),
                lowerSteps,
                upperSteps,
                5)
            .withPredictions(epochs);
    Map<String, Set<String>> shapes = new HashMap<>();
    Map<String, Integer> fullest = new HashMap<>();
    for (int number = 0; number < epochs; number++) {
      List<Iteration> epoch = plan.epoch(number);
      assertEquals(plan.iterationsPerEpoch(), epoch.size());
      int[] met = new int[lowerCount];
      for (Iteration iteration : epoch) {
        iteration.lower().forEach(batch -> check("lower", batch, tokens, shapes, fullest));
        iteration.upper().forEach(batch -> check("upper", batch, tokens, shapes, fullest));
        iteration
            .lower()
            .forEach(
                batch ->
                    Arrays.stream(batch.indices())
                        .filter(index -> index >= 0)
                        .forEach(index -> met[index]++));
      }
      assertTrue(Arrays.stream(met).allMatch(times -> times >= 1), "every sequence is met");
      assertTrue(
          Arrays.stream(met).sum() - lowerCount < lowerSteps, "none is met again without need");
    }
    shapes.values().forEach(ofBucket -> assertEquals(1, ofBucket.size(), shapes.toString()));
    // The room is just what the fullest batch needs.
    fullest.forEach(
        (bucket, most) ->
            assertTrue(
                shapes.get(bucket).iterator().next().endsWith("/" + (most + 7) / 8 * 8),
                bucket + shapes + most));
  }

  private static void check(
      String level,
      Batch batch,
      int tokens,
      Map<String, Set<String>> shapes,
      Map<String, Integer> fullest) {
    assertTrue(batch.rows() * batch.length() <= tokens);
    assertTrue((batch.rows() + 1) * batch.length() > tokens, "as many rows as fit");
    assertTrue(batch.examples() > 0);
    String bucket = level + batch.length();
    shapes
        .computeIfAbsent(bucket, b -> new HashSet<>())
        .add("%dx%d/%d".formatted(batch.rows(), batch.length(), batch.predictions()));
    fullest.merge(bucket, PredictedTokens.of(batch).count(), Math::max);
  }

  @Test
  void aPlanWithRoomForPredictionsMeetsTheSameExamples() {
    EpochPlan plan =
        new EpochPlan(sequences(90, 64, 1), List.of(), BUCKETS, BatchSize.rows(8), 1, 0, 5);
    EpochPlan roomy = plan.withPredictions(2);
    for (int i = 0; i < plan.iterationsPerEpoch(); i++) {
      Batch without = plan.epoch(1).get(i).lower().get(0);
      Batch with = roomy.epoch(1).get(i).lower().get(0);
      assertEquals(0, without.predictions());
      assertEquals(
          Arrays.stream(without.indices()).boxed().toList(),
          Arrays.stream(with.indices()).boxed().toList());
    }
  }

  @Test
  void aTextThatABatchCannotHoldIsRefused() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new EpochPlan(
                        sequences(9, 64, 1), List.of(), BUCKETS, BatchSize.tokens(63), 1, 0, 5))
            .getMessage();
    assertTrue(message.startsWith("batchTokens is 63, but there are texts that take 64"), message);
    assertThrows(IllegalArgumentException.class, () -> BatchSize.tokens(0));
  }

  @Test
  void evaluationMeetsEachSequenceOnceWithinTheBudget() {
    List<EncodedExample> set = sequences(75, 40, 3);
    Set<Integer> met = new HashSet<>();
    int predictions = 0;
    for (Batch batch : EvaluationBatches.ofSequences(set, BatchSize.tokens(100))) {
      assertTrue(batch.rows() * batch.length() <= 100);
      assertEquals(PredictedTokens.of(batch).count(), batch.predictions());
      predictions += batch.predictions();
      Arrays.stream(batch.indices()).forEach(index -> assertTrue(met.add(index)));
    }
    assertEquals(IntStream.range(0, 75).boxed().toList(), met.stream().sorted().toList());
    assertEquals(set.stream().mapToInt(EncodedExample::predictions).sum(), predictions);
  }
}
