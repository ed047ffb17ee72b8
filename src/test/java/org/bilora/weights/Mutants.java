package org.bilora.weights;

import java.util.Arrays;
import java.util.Random;

/** Damaged copies of a file's bytes, drawn from a seed: what disks, editors and transfers do. */
public final class Mutants {
  private Mutants() {}

  /** A copy that is damaged in one place. */
  public static byte[] of(byte[] whole, Random random) {
    int at = random.nextInt(whole.length);
    int length = 1 + random.nextInt(Math.min(24, whole.length));
    int end = Math.min(whole.length, at + length);
    return switch (random.nextInt(6)) {
      case 0 -> flipped(whole, at, 1 << random.nextInt(8));
      case 1 -> flipped(whole, at, random.nextInt(1, 256));
      case 2 -> Arrays.copyOf(whole, at);
      case 3 -> joined(Arrays.copyOf(whole, at), Arrays.copyOfRange(whole, end, whole.length));
      case 4 -> joined(Arrays.copyOf(whole, end), Arrays.copyOfRange(whole, at, whole.length));
      default -> {
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        yield joined(
            joined(Arrays.copyOf(whole, at), noise), Arrays.copyOfRange(whole, at, whole.length));
      }
    };
  }

  private static byte[] flipped(byte[] whole, int at, int bits) {
    byte[] copy = whole.clone();
    copy[at] ^= (byte) bits;
    return copy;
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
