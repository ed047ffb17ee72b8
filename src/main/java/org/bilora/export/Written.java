package org.bilora.export;

import com.google.common.collect.ImmutableMap;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What was exported.
 *
 * @param directory with the files
 * @param largestDifference between a logit of the export and of the trained model; empty where the
 *     weights were compared instead
 * @param comparedTexts how many texts were compared
 * @param facts for programs, by name
 * @param notes for people, a sentence each
 */
public record Written(
    Path directory,
    OptionalDouble largestDifference,
    int comparedTexts,
    Map<String, Object> facts,
    List<String> notes) {

  /** Copies what could change. */
  public Written {
    facts = ImmutableMap.copyOf(facts);
    notes = List.copyOf(notes);
  }

  /** Compared by logits. */
  static Written compared(
      Path directory,
      double largestDifference,
      int comparedTexts,
      Map<String, Object> facts,
      List<String> notes) {
    return new Written(
        directory, OptionalDouble.of(largestDifference), comparedTexts, facts, notes);
  }

  /** Read back and found to be the same. */
  static Written same(Path directory, Map<String, Object> facts, List<String> notes) {
    return new Written(directory, OptionalDouble.empty(), 0, facts, notes);
  }
}
