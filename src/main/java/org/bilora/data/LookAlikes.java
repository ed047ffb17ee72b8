package org.bilora.data;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Names that a reader takes for one and a program for two. */
final class LookAlikes {
  private LookAlikes() {}

  /**
   * What a name looks like: letters with their accents are one character, spaces of any kind one
   * space, and what shows nothing is left out (joiners, marks of direction).
   */
  static String seen(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFC)
        .replaceAll("\\p{Cf}", "")
        .replaceAll("[\\s\\p{Z}]+", " ")
        .strip();
  }

  /** Names that differ in capitals alone, as a warning; empty where there are none. */
  static Optional<String> byCase(List<String> names) {
    Map<String, List<String>> alike = new LinkedHashMap<>();
    for (String name : names) {
      alike.computeIfAbsent(name.toLowerCase(Locale.ROOT), key -> new ArrayList<>()).add(name);
    }
    return alike.values().stream()
        .filter(spellings -> spellings.size() > 1)
        .findFirst()
        .map(
            spellings ->
                "warning: %s are classes of their own; write them alike if they are one"
                    .formatted(Targets.named(spellings)));
  }
}
