package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.List;
import java.util.Map;

/**
 * A task with its examples.
 *
 * @param splits examples by split: {@link #TRAIN}, {@link #DEV}, {@link #TEST}, {@link #D2} and,
 *     for MNLI, {@code dev_mismatched} and {@code test_mismatched}; only splits that exist
 * @param source where they came from: file names without their folder, or Maven coordinates
 * @param sha256 of the files' bytes, hexadecimal, for the run record
 * @param notes what was understood of a user's own files, and what was left out of them: a line
 *     each
 */
public record Dataset(
    Task task, Map<String, List<Example>> splits, String source, String sha256, List<String> notes)
    implements TaskData {
  /** Keeps copies of the collections. */
  public Dataset {
    splits = ImmutableMap.copyOf(Maps.transformValues(splits, ImmutableList::copyOf));
    notes = ImmutableList.copyOf(notes);
  }

  /** What is trained on. */
  public static final String TRAIN = "train";

  /**
   * The upper level's part of the training set, where a data set says itself which it is: {@link
   * #TRAIN} then is D1 alone, and what is learnt on one level is learnt from both.
   */
  public static final String D2 = "d2";

  /** What is reported. */
  public static final String DEV = "dev";

  /** Held back; without labels in GLUE. */
  public static final String TEST = "test";

  /** All of one file. */
  public static final String ALL = "all";

  /** A data set of which there is nothing to say. */
  public Dataset(Task task, Map<String, List<Example>> splits, String source, String sha256) {
    this(task, splits, source, sha256, ImmutableList.of());
  }

  /**
   * The examples of one split.
   *
   * @throws IllegalArgumentException naming the splits there are
   */
  public List<Example> split(String name) {
    return split(task.name(), splits, name);
  }

  /**
   * One split of a task.
   *
   * @throws IllegalArgumentException naming the splits there are
   */
  static <E> List<E> split(String task, Map<String, List<E>> splits, String name) {
    List<E> examples = splits.get(name);
    if (examples == null) {
      throw new IllegalArgumentException(
          "task %s has no split '%s'; it has %s".formatted(task, name, splits.keySet()));
    }
    return examples;
  }
}
