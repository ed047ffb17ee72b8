package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A file cut into a training and a dev split, by class ({@link StratifiedSplit}). The only example
 * of a class is trained on: what is never seen cannot be learnt.
 *
 * @param train larger part
 * @param dev smaller part
 */
record OneFileSplit(List<Example> train, List<Example> dev) {
  /** Keeps copies of the collections. */
  OneFileSplit {
    train = ImmutableList.copyOf(train);
    dev = ImmutableList.copyOf(dev);
  }

  /**
   * A seeded split, either part in the examples' order.
   *
   * @param fraction share of the training split
   * @throws IOException when there are too few examples for two parts
   */
  static OneFileSplit of(
      List<Example> examples, Task task, double fraction, long seed, TextFile file)
      throws IOException {
    if (examples.size() < 2) {
      throw file.problem("it has a single example; there must be two or more");
    }
    Map<Double, Integer> counts = new HashMap<>();
    boolean classes = task.type() == TaskType.CLASSIFICATION;
    if (classes) {
      examples.forEach(e -> counts.merge(e.requireTarget(), 1, Integer::sum));
    }
    List<Example> several =
        !classes
            ? examples
            : examples.stream().filter(e -> counts.get(e.requireTarget()) > 1).toList();
    if (several.size() < 2) {
      throw file.problem(
          "each of its %d classes has a single example, too few for a dev split; add examples, or"
                  .formatted(counts.size())
              + " give a folder with train and dev files");
    }
    StratifiedSplit split = StratifiedSplit.of(several, task, fraction, seed);
    if (several.size() == examples.size()) {
      return new OneFileSplit(split.lower(), split.upper());
    }
    Set<Double> shared = new HashSet<>();
    several.forEach(e -> shared.add(e.requireTarget()));
    ImmutableList.Builder<Example> train = ImmutableList.builder();
    int taken = 0;
    int heldBack = 0;
    for (Example example : examples) {
      if (!shared.contains(example.requireTarget())) {
        train.add(example);
      } else if (heldBack < split.upper().size() && split.upper().get(heldBack) == example) {
        heldBack++;
      } else {
        train.add(split.lower().get(taken++));
      }
    }
    return new OneFileSplit(train.build(), split.upper());
  }
}
