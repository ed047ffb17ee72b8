package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LabelNoiseTest {
  private static final Task THREE =
      new Task(
          "three", false, ImmutableList.of("a", "b", "c"), ImmutableList.of(MetricName.ACCURACY));
  private static final Task SCORES =
      new Task("scores", false, ImmutableList.of(), ImmutableList.of(MetricName.PEARSON));

  private static List<Example> examples(int count) {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      examples.add(new Example("text " + i, Optional.empty(), i % 3));
    }
    return examples;
  }

  private static List<Integer> changed(List<Example> before, List<Example> after) {
    List<Integer> changed = new ArrayList<>();
    for (int i = 0; i < before.size(); i++) {
      assertEquals(before.get(i).text(), after.get(i).text());
      if (!before.get(i).equals(after.get(i))) {
        changed.add(i);
      }
    }
    return changed;
  }

  @Test
  void theSharesExamplesBecomeOfAnotherClassAndNoOthers() {
    List<Example> clean = examples(300);
    List<Example> noisy = LabelNoise.of(clean, THREE, 0.4, 1);
    assertEquals(120, changed(clean, noisy).size());
    int[] moved = new int[3];
    for (int i : changed(clean, noisy)) {
      int step =
          Math.floorMod((int) noisy.get(i).requireTarget() - (int) clean.get(i).requireTarget(), 3);
      moved[step]++;
    }
    assertEquals(0, moved[0]);
    assertTrue(
        moved[1] > 40 && moved[2] > 40, "both other classes: %d, %d".formatted(moved[1], moved[2]));
  }

  @Test
  void aSmallerShareIsAPartOfALargerOne() {
    List<Example> clean = examples(100);
    List<Example> some = LabelNoise.of(clean, THREE, 0.2, 5);
    List<Example> more = LabelNoise.of(clean, THREE, 0.4, 5);
    assertTrue(changed(clean, more).containsAll(changed(clean, some)));
    changed(clean, some).forEach(i -> assertEquals(some.get(i), more.get(i)));
    assertNotEquals(changed(clean, some), changed(clean, LabelNoise.of(clean, THREE, 0.2, 6)));
    assertEquals(clean, LabelNoise.of(clean, THREE, 0, 5));
  }

  @Test
  void scoresKeepTheirDistribution() {
    List<Example> clean = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      clean.add(new Example("text " + i, Optional.empty(), i / 10.0));
    }
    List<Example> noisy = LabelNoise.of(clean, SCORES, 0.5, 2);
    assertEquals(25, changed(clean, noisy).size());
    assertEquals(
        clean.stream().map(Example::requireTarget).sorted().toList(),
        noisy.stream().map(Example::requireTarget).sorted().toList());
  }

  @Test
  void aShareOfAllIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> LabelNoise.of(examples(9), THREE, 1, 1));
  }
}
