package org.bilora.data;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.util.Random;

/** Orders that depend on nothing but their keys, on every machine and Java version alike. */
final class SeededOrder {
  private SeededOrder() {}

  /**
   * Shuffles in place.
   *
   * @param keys the seed and whatever tells this order from others under the same seed
   */
  static void shuffle(int[] values, long... keys) {
    Random random = random(keys);
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = values[i];
      values[i] = values[j];
      values[j] = swapped;
    }
  }

  /** The numbers from 0 below {@code size}, shuffled. */
  static int[] permutation(int size, long... keys) {
    int[] values = new int[size];
    for (int i = 0; i < size; i++) {
      values[i] = i;
    }
    shuffle(values, keys);
    return values;
  }

  private static Random random(long... keys) {
    // java.util.Random's algorithm is part of its contract; neighbouring seeds are hashed apart.
    Hasher hasher = Hashing.sha256().newHasher();
    for (long key : keys) {
      hasher.putLong(key);
    }
    return new Random(hasher.hash().asLong());
  }
}
