package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.primitives.Ints;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which examples meet in which step. A pure function of the data, the seed and the epoch's number,
 * so that an interrupted run finds its place again.
 *
 * <p>All batches of one iteration share one length (one compiled shape), and as many rows as {@link
 * BatchSize} says of that length, so there are no more shapes than buckets, the same ones in every
 * epoch.
 *
 * <p><b>Lower batches</b> come from one bucket of D1, shuffled. What is left of a bucket when no
 * whole iteration can be made of it moves into the next longer bucket. Every example is met once
 * per epoch. Only the epoch's last iteration has padding rows, spread evenly over its batches; if
 * fewer than T1 examples are left for it, they are met again so that no batch is empty.
 *
 * <p><b>Upper batches</b> come from D2's same bucket, cycled through in a shuffled order of their
 * own that goes on from epoch to epoch, so that a bucket's examples are met equally often. A bucket
 * in which D2 has less than a batch also takes the next shorter examples of D2, padded; when even
 * those are too few, an upper batch is all of them and padding rows. Where D2 has nothing as short
 * as a bucket, that bucket's lower examples move up to D2's shortest one. Examples of D2 that are
 * longer than every iteration are not met.
 */
public final class EpochPlan {
  private static final int LOWER = 1;
  private static final int UPPER = 2;
  private static final int ITERATIONS = 3;
  private static final int PREDICTIONS_MULTIPLE = 8;

  /** Of a level's batches in an iteration. */
  private static final int MOST_TOKENS = 1 << 24;

  /** Examples of D2 that an epoch draws: as many positions are held at once. */
  private static final int MOST_DRAWS = 1 << 28;

  private final List<EncodedExample> lower;
  private final List<EncodedExample> upper;
  private final List<Integer> lengths;

  /** Rows of a batch of each bucket. */
  private final int[] rows;

  private final int lowerSteps;
  private final int upperSteps;
  private final long seed;

  /** Positions in D1 by bucket. */
  private final int[][] lowerBuckets;

  /** Positions in D2 that a bucket's iterations draw from; empty where there are none. */
  private final int[][] upperPools;

  /** Iterations of each bucket in one epoch. */
  private final int[] iterations;

  /** Room for predictions in a lower and in an upper batch of each bucket. */
  private final int[] lowerPredictions;

  private final int[] upperPredictions;

  /**
   * One step's batches, all of one length.
   *
   * @param lower T1 batches of D1, or one batch of the training set
   * @param upper T2 batches of D2; empty for a single-level method
   */
  public record Iteration(List<Batch> lower, List<Batch> upper) {}

  /** Positions in D1 and D2 of one iteration's examples. */
  private record Draw(int bucket, int[] lower, int[] upper) {}

  /**
   * @param lower D1, or the training set
   * @param upper D2; empty for a single-level method
   * @param buckets chosen over both
   * @param lowerSteps T1
   * @param upperSteps T2; 0 for a single-level method
   */
  public EpochPlan(
      List<EncodedExample> lower,
      List<EncodedExample> upper,
      LengthBuckets buckets,
      int batchSize,
      int lowerSteps,
      int upperSteps,
      long seed) {
    this(lower, upper, buckets, BatchSize.rows(batchSize), lowerSteps, upperSteps, seed);
  }

  /**
   * The same for batches of any size.
   *
   * @throws IllegalArgumentException when a batch cannot hold a text of the longest bucket
   */
  public EpochPlan(
      List<EncodedExample> lower,
      List<EncodedExample> upper,
      LengthBuckets buckets,
      BatchSize batchSize,
      int lowerSteps,
      int upperSteps,
      long seed) {
    atLeast("lowerSteps", lowerSteps, 1);
    atLeast("upperSteps", upperSteps, 0);
    atLeast("the number of lower examples", lower.size(), 1);
    if (upper.isEmpty() != (upperSteps == 0)) {
      throw new IllegalArgumentException(
          "upperSteps is %d and there are %d upper examples; both must be 0 or neither"
              .formatted(upperSteps, upper.size()));
    }
    this.lower = ImmutableList.copyOf(lower);
    this.upper = ImmutableList.copyOf(upper);
    this.lengths = buckets.lengths();
    this.rows = lengths.stream().mapToInt(batchSize::rowsOf).toArray();
    requireSmall(Math.max(lowerSteps, upperSteps));
    this.lowerSteps = lowerSteps;
    this.upperSteps = upperSteps;
    this.seed = seed;
    int[][] upperBuckets = byBucket(this.upper, buckets);
    int shortest = 0;
    while (upperSteps > 0 && upperBuckets[shortest].length == 0) {
      shortest++;
    }
    this.lowerBuckets = byBucket(this.lower, buckets);
    for (int b = 0; b < shortest; b++) {
      lowerBuckets[shortest] = Ints.concat(lowerBuckets[b], lowerBuckets[shortest]);
      lowerBuckets[b] = new int[0];
    }
    this.iterations = iterations(lowerBuckets, upperBuckets);
    this.upperPools = pools(upperBuckets, iterations, rows);
    for (int b = 0; b < rows.length; b++) {
      long draws = (long) iterations[b] * upperSteps * Math.min(rows[b], upperPools[b].length);
      if (draws > MOST_DRAWS) {
        throw new IllegalArgumentException(
            "upperSteps is %d, so that an epoch takes %d examples of D2; it must be at most %d: make upperSteps or batchSize smaller"
                .formatted(upperSteps, draws, MOST_DRAWS));
      }
    }
    this.lowerPredictions = new int[lengths.size()];
    this.upperPredictions = new int[lengths.size()];
  }

  /** No machine holds the activations of that many tokens, and their number is an int. */
  private void requireSmall(int steps) {
    for (int b = 0; b < rows.length; b++) {
      double tokens = (double) rows[b] * lengths.get(b) * steps;
      if (tokens > MOST_TOKENS) {
        throw new IllegalArgumentException(
            "%s × %d examples of %d tokens in an iteration are %.0f tokens; it must be at most %d: make batchSize, maxLength or the steps of a level smaller"
                .formatted(
                    steps == 1 ? "a batch" : steps + " batches",
                    rows[b],
                    lengths.get(b),
                    tokens,
                    MOST_TOKENS));
      }
    }
  }

  private EpochPlan(EpochPlan like, int[] lowerPredictions, int[] upperPredictions) {
    this.lower = like.lower;
    this.upper = like.upper;
    this.lengths = like.lengths;
    this.rows = like.rows;
    this.lowerSteps = like.lowerSteps;
    this.upperSteps = like.upperSteps;
    this.seed = like.seed;
    this.lowerBuckets = like.lowerBuckets;
    this.upperPools = like.upperPools;
    this.iterations = like.iterations;
    this.lowerPredictions = lowerPredictions;
    this.upperPredictions = upperPredictions;
  }

  /**
   * The same plan for a language model. Each bucket's batches have room for as many predictions as
   * the fullest of them has in the first epochs: one shape per bucket still, and hardly any logits
   * that nothing asks for.
   *
   * @param epochs that will be asked for
   */
  public EpochPlan withPredictions(int epochs) {
    int[] inLower = new int[lengths.size()];
    int[] inUpper = new int[lengths.size()];
    for (int epoch = 0; epoch < epochs; epoch++) {
      for (Draw draw : draws(epoch)) {
        raise(inLower, draw.bucket(), lower, deal(draw.lower(), lowerSteps));
        raise(inUpper, draw.bucket(), upper, deal(draw.upper(), upperSteps));
      }
    }
    return new EpochPlan(this, inLower, inUpper);
  }

  private static void raise(int[] most, int bucket, List<EncodedExample> set, List<int[]> batches) {
    for (int[] batch : batches) {
      int predictions = 0;
      for (int position : batch) {
        predictions += set.get(position).predictions();
      }
      int room = (predictions + PREDICTIONS_MULTIPLE - 1) / PREDICTIONS_MULTIPLE;
      most[bucket] = Math.max(most[bucket], room * PREDICTIONS_MULTIPLE);
    }
  }

  /** Iterations in every epoch; the same for all. */
  public int iterationsPerEpoch() {
    return Arrays.stream(iterations).sum();
  }

  /**
   * The iterations of one epoch, in order. An iteration's batches are made when it is asked for.
   *
   * @param number counted from 0
   */
  public List<Iteration> epoch(int number) {
    atLeast("number", number, 0);
    return Lists.transform(draws(number), this::iteration);
  }

  private List<Draw> draws(int number) {
    List<Draw> whole = new ArrayList<>();
    List<Draw> last = new ArrayList<>();
    int[] waiting = {};
    for (int b = 0; b < iterations.length; b++) {
      int perIteration = rows[b] * lowerSteps;
      int[] shuffled = lowerBuckets[b].clone();
      SeededOrder.shuffle(shuffled, seed, LOWER, number, b);
      // Examples that already moved up come first: they are not to move up, and be padded, again.
      waiting = Ints.concat(waiting, shuffled);
      int used = Math.min(iterations[b] * perIteration, waiting.length);
      int[] taken = Arrays.copyOf(waiting, used);
      SeededOrder.shuffle(taken, seed, LOWER, number, b);
      int[] drawn = upperDraws(b, number);
      int perUpper = iterations[b] == 0 ? 0 : drawn.length / iterations[b];
      for (int i = 0; i < iterations[b]; i++) {
        int[] own =
            Arrays.copyOfRange(taken, i * perIteration, Math.min((i + 1) * perIteration, used));
        (own.length == perIteration ? whole : last)
            .add(new Draw(b, own, Arrays.copyOfRange(drawn, i * perUpper, (i + 1) * perUpper)));
      }
      waiting = Arrays.copyOfRange(waiting, used, waiting.length);
    }
    List<Draw> draws = new ArrayList<>();
    for (int i : SeededOrder.permutation(whole.size(), seed, ITERATIONS, number)) {
      draws.add(whole.get(i));
    }
    draws.addAll(last);
    return draws;
  }

  private Iteration iteration(Draw draw) {
    int bucket = draw.bucket();
    return new Iteration(
        batches(lower, deal(draw.lower(), lowerSteps), bucket, lowerPredictions[bucket]),
        batches(upper, deal(draw.upper(), upperSteps), bucket, upperPredictions[bucket]));
  }

  private List<Batch> batches(
      List<EncodedExample> set, List<int[]> dealt, int bucket, int predictions) {
    ImmutableList.Builder<Batch> batches = ImmutableList.builder();
    for (int[] positions : dealt) {
      batches.add(
          Batch.of(
              Lists.transform(Ints.asList(positions), set::get),
              rows[bucket],
              lengths.get(bucket),
              predictions));
    }
    return batches.build();
  }

  /** Deals positions out to batches, as evenly as they go. */
  private static List<int[]> deal(int[] positions, int steps) {
    List<int[]> batches = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      batches.add(
          positions.length < steps
              ? new int[] {positions[step % positions.length]}
              : Arrays.copyOfRange(
                  positions,
                  (int) ((long) positions.length * step / steps),
                  (int) ((long) positions.length * (step + 1) / steps)));
    }
    return batches;
  }

  /** Positions in D2 for all upper batches that a bucket needs in an epoch, in order. */
  private int[] upperDraws(int bucket, int epoch) {
    int[] pool = upperPools[bucket];
    int count = iterations[bucket] * upperSteps * Math.min(rows[bucket], pool.length);
    int[] drawn = new int[count];
    int[] order = {};
    for (int i = 0; i < count; i++) {
      long position = (long) epoch * count + i;
      int place = (int) (position % pool.length);
      if (i == 0 || place == 0) {
        order = SeededOrder.permutation(pool.length, seed, UPPER, bucket, position / pool.length);
      }
      drawn[i] = pool[order[place]];
    }
    return drawn;
  }

  private int[] iterations(int[][] lowerBuckets, int[][] upperBuckets) {
    int longest = 0;
    for (int b = 0; b < lowerBuckets.length; b++) {
      longest = lowerBuckets[b].length + upperBuckets[b].length > 0 ? b : longest;
    }
    int[] iterations = new int[lowerBuckets.length];
    int waiting = 0;
    for (int b = 0; b <= longest; b++) {
      int perIteration = Math.multiplyExact(rows[b], lowerSteps);
      waiting += lowerBuckets[b].length;
      iterations[b] = waiting / perIteration + (b == longest && waiting % perIteration > 0 ? 1 : 0);
      waiting %= perIteration;
    }
    return iterations;
  }

  private static int[][] pools(int[][] upperBuckets, int[] iterations, int[] rows) {
    int[][] pools = new int[iterations.length][0];
    int next = 0;
    for (int b = 0; b < iterations.length; b++) {
      if (iterations[b] > 0) {
        int from = next;
        pools[b] = Ints.concat(Arrays.copyOfRange(upperBuckets, from, b + 1));
        while (pools[b].length < rows[b] && from > 0) {
          from--;
          pools[b] = Ints.concat(pools[b], upperBuckets[from]);
        }
        next = b + 1;
      }
    }
    return pools;
  }

  private static int[][] byBucket(List<EncodedExample> examples, LengthBuckets buckets) {
    List<Integer> lengths = buckets.lengths();
    List<List<Integer>> positions = new ArrayList<>();
    lengths.forEach(length -> positions.add(new ArrayList<>()));
    for (int i = 0; i < examples.size(); i++) {
      int length = buckets.bucketFor(examples.get(i).encoding().length());
      positions.get(lengths.indexOf(length)).add(i);
    }
    return positions.stream().map(Ints::toArray).toArray(int[][]::new);
  }

  private static void atLeast(String field, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s is %d; it must be %d or more".formatted(field, value, least));
    }
  }
}
