package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StratifiedSplitTest {
  private static final Task CLASSES =
      new Task("t", false, ImmutableList.of("a", "b", "c"), ImmutableList.of(MetricName.ACCURACY));
  private static final Task SCORES =
      new Task("s", false, ImmutableList.of(), ImmutableList.of(MetricName.PEARSON));

  @Test
  void eachClassIsCutInTheSameProportion() {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < 1003; i++) {
      examples.add(example(i, i % 10 == 0 ? 2 : i % 3 == 0 ? 1 : 0));
    }
    StratifiedSplit split = StratifiedSplit.of(examples, CLASSES, 0.8, 7);
    assertEquals(Math.round(1003 * 0.8), split.lower().size());
    for (int label = 0; label < 3; label++) {
      double share = count(split.lower(), label) / (double) count(examples, label);
      assertEquals(0.8, share, 1.0 / count(examples, label));
    }
    HashSet<Example> union = new HashSet<>(split.lower());
    union.addAll(split.upper());
    assertEquals(1003, split.lower().size() + split.upper().size());
    assertEquals(new HashSet<>(examples), union);
  }

  @Test
  void eachFifthOfTheScoresRangeIsCutInTheSameProportion() {
    Random random = new Random(3);
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      examples.add(example(i, 5 * Math.pow(random.nextDouble(), 2)));
    }
    StratifiedSplit split = StratifiedSplit.of(examples, SCORES, 0.8, 7);
    double lowest = examples.stream().mapToDouble(e -> e.requireTarget()).min().orElseThrow();
    double highest = examples.stream().mapToDouble(e -> e.requireTarget()).max().orElseThrow();
    for (int fifth = 0; fifth < 5; fifth++) {
      double from = lowest + fifth * (highest - lowest) / 5;
      double to = fifth == 4 ? Double.MAX_VALUE : lowest + (fifth + 1) * (highest - lowest) / 5;
      long all = within(examples, from, to);
      assertEquals(0.8, within(split.lower(), from, to) / (double) all, 1.0 / all);
    }
  }

  @Test
  void theSeedDecidesAndTheOrderIsKept() {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      examples.add(example(i, i % 3));
    }
    StratifiedSplit split = StratifiedSplit.of(examples, CLASSES, 0.8, 7);
    assertEquals(split, StratifiedSplit.of(examples, CLASSES, 0.8, 7));
    assertNotEquals(split, StratifiedSplit.of(examples, CLASSES, 0.8, 8));
    assertEquals(examples.stream().filter(split.lower()::contains).toList(), split.lower());
  }

  @Test
  void bothSidesGetAnExample() {
    List<Example> two = List.of(example(0, 1), example(1, 1));
    for (double fraction : new double[] {0.001, 0.5, 0.999}) {
      StratifiedSplit split = StratifiedSplit.of(two, CLASSES, fraction, 7);
      assertEquals(1, split.lower().size());
      assertEquals(1, split.upper().size());
    }
    StratifiedSplit constant =
        StratifiedSplit.of(List.of(example(0, 2.5), example(1, 2.5)), SCORES, 0.8, 7);
    assertEquals(1, constant.upper().size());
    List<Example> three = List.of(example(0, 0), example(1, 1), example(2, 2));
    StratifiedSplit most = StratifiedSplit.of(three, CLASSES, 0.99, 7);
    assertTrue(most.lower().size() == 2 && most.upper().size() == 1);
  }

  @Test
  void whatCannotBeSplitIsRefused() {
    List<Example> one = List.of(example(0, 1));
    assertThrows(IllegalArgumentException.class, () -> StratifiedSplit.of(one, CLASSES, 0.8, 7));
    List<Example> two = List.of(example(0, 1), example(1, 1));
    assertThrows(IllegalArgumentException.class, () -> StratifiedSplit.of(two, CLASSES, 1, 7));
    List<Example> unlabelled = List.of(Example.of("a"), example(1, 1));
    assertThrows(
        IllegalArgumentException.class, () -> StratifiedSplit.of(unlabelled, CLASSES, 0.8, 7));
  }

  private static Example example(int number, double target) {
    return new Example("text " + number, Optional.empty(), target);
  }

  private static long count(List<Example> examples, int label) {
    return examples.stream().filter(example -> example.requireTarget() == label).count();
  }

  private static long within(List<Example> examples, double from, double to) {
    return examples.stream()
        .filter(e -> e.requireTarget() >= from && e.requireTarget() < to)
        .count();
  }
}
