package org.bilora.bench.study;

import java.util.Collection;
import java.util.Comparator;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Says what a misspelt name may have meant. */
final class NearestName {
  private NearestName() {}

  /**
   * The end of an error message: the nearest known name, and all of them where they are few.
   *
   * @param known not empty
   */
  static String hint(String name, Collection<String> known) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    String nearest =
        known.stream()
            .min(
                Comparator.<String>comparingInt(k -> distance.apply(name, k)).thenComparing(k -> k))
            .orElseThrow();
    return "the nearest known name is '%s' (known: %s)"
        .formatted(nearest, String.join(", ", known.stream().sorted().toList()));
  }
}
