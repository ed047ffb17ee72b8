package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;

/**
 * A generation task's examples.
 *
 * @param splits examples by split: {@link Dataset#TRAIN}, {@link Dataset#DEV} and, where it exists,
 *     {@link Dataset#TEST}
 * @param source names of the files they came from
 * @param sha256 of the files' bytes, hexadecimal, for the run record
 */
public record GenerationDataset(
    GenerationTask task,
    ImmutableMap<String, ImmutableList<GenerationExample>> splits,
    String source,
    String sha256) {

  /**
   * The examples of one split.
   *
   * @throws IllegalArgumentException naming the splits there are
   */
  public ImmutableList<GenerationExample> split(String name) {
    ImmutableList<GenerationExample> examples = splits.get(name);
    if (examples == null) {
      throw new IllegalArgumentException(
          "task %s has no split '%s'; it has %s".formatted(task.id(), name, splits.keySet()));
    }
    return examples;
  }

  /**
   * What a language model is trained on: each context with each of its references, in the order of
   * the files.
   *
   * @throws IllegalArgumentException naming the splits there are
   */
  public ImmutableList<GenerationExample.Pair> pairs(String split) {
    return split(split).stream()
        .flatMap(example -> example.pairs().stream())
        .collect(ImmutableList.toImmutableList());
  }
}
