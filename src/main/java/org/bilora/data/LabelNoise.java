package org.bilora.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Wrong labels on purpose, to study how methods learn from labels that cannot all be trusted. A
 * seeded choice of the rounded share of the examples is mislabelled: a class becomes one of the
 * other classes, all of them equally likely (symmetric noise, Angluin and Laird 1988); a score
 * becomes that of the next chosen example, so that the scores keep their distribution.
 */
public final class LabelNoise {
  /** Keys apart from those of splits and orders of the same seed. */
  private static final long CHOICE = 0x6e6f697365L;

  private static final long CLASSES = 0x666c6970L;

  private LabelNoise() {}

  /**
   * The examples with noise, in their order.
   *
   * @param share of them that is mislabelled, from 0 to below 1; of a smaller share of the same
   *     seed, the same examples are mislabelled in the same way, and fewer of them, but for scores
   * @throws IllegalArgumentException when the share is out of its range, or an example has no label
   */
  public static List<Example> of(List<Example> examples, Task task, double share, long seed) {
    if (!(share >= 0 && share < 1)) {
      throw new IllegalArgumentException(
          "the share of wrong labels is %s; it must be from 0 to below 1".formatted(share));
    }
    if (task.type() != TaskType.CLASSIFICATION && (!task.regression() || task.outputs() != 1)) {
      throw new IllegalArgumentException(
          "wrong labels on purpose are for one class or one score per text; task %s is %s"
              .formatted(task.name(), task.type().id()));
    }
    int count = (int) Math.round(share * examples.size());
    int[] chosen = Arrays.copyOf(SeededOrder.permutation(examples.size(), seed, CHOICE), count);
    List<Example> noisy = new ArrayList<>(examples);
    for (int i = 0; i < count; i++) {
      Example example = examples.get(chosen[i]);
      double wrong =
          task.regression()
              ? examples.get(chosen[(i + 1) % count]).requireTarget()
              : otherClass((int) example.requireTarget(), task.labels().size(), chosen[i], seed);
      noisy.set(chosen[i], new Example(example.text(), example.pair(), wrong));
    }
    return noisy;
  }

  private static int otherClass(int label, int classes, int example, long seed) {
    // The first of a shuffled list of the others.
    int other = SeededOrder.permutation(classes - 1, seed, CLASSES, example)[0];
    return other < label ? other : other + 1;
  }
}
