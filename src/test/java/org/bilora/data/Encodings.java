package org.bilora.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.bilora.text.Encoding;

/** Encoded examples made up for tests. */
final class Encodings {
  private Encodings() {}

  /** An example whose every token id is its index + 1. */
  static EncodedExample ofLength(int length, int index) {
    int[] ids = new int[length];
    Arrays.fill(ids, index + 1);
    return new EncodedExample(new Encoding(ids, new int[length], false), index % 2, index);
  }

  static List<EncodedExample> ofLengths(int... lengths) {
    return IntStream.range(0, lengths.length).mapToObj(i -> ofLength(lengths[i], i)).toList();
  }

  /** Many short examples and few long ones. */
  static List<EncodedExample> random(int count, int longest, long seed) {
    Random random = new Random(seed);
    List<EncodedExample> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double share = Math.pow(random.nextDouble(), 3);
      examples.add(ofLength(3 + (int) (share * (longest - 2)), i));
    }
    return examples;
  }

  static int[] lengths(List<EncodedExample> examples) {
    return examples.stream().mapToInt(example -> example.encoding().length()).toArray();
  }
}
