package org.bilora.bench.study;

import java.util.Collection;
import java.util.Comparator;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Says what a misspelt name may have meant. */
final class NearestName {
  private static final int LONGEST = 60;

  private NearestName() {}

  /** A name as a message shows it: what is longer than any name is cut. */
  static String shortened(String name) {
    return name.length() <= LONGEST ? name : name.substring(0, LONGEST) + "…";
  }

  /**
   * The end of an error message: the nearest known name, and all of them where they are few.
   *
   * @param known not empty
   */
  static String hint(String name, Collection<String> known) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    String compared = shortened(name);
    String nearest =
        known.stream()
            .min(
                Comparator.<String>comparingInt(k -> distance.apply(compared, k))
                    .thenComparing(k -> k))
            .orElseThrow();
    return "the nearest known name is '%s' (known: %s)"
        .formatted(nearest, String.join(", ", known.stream().sorted().toList()));
  }
}
