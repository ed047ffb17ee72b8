package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.collect.ImmutableMap;
import org.bilora.data.Dataset;
import org.junit.jupiter.api.Test;

class GivenD2Test {
  /** 30 training examples as D1, and 10 as D2. */
  private static Dataset data() {
    Dataset whole = TinyRuns.DATA;
    return new Dataset(
        whole.task(),
        ImmutableMap.of(
            Dataset.TRAIN,
            whole.split(Dataset.TRAIN).subList(0, 30),
            Dataset.D2,
            whole.split(Dataset.TRAIN).subList(30, 40),
            Dataset.DEV,
            whole.split(Dataset.DEV)),
        "given",
        "given");
  }

  @Test
  void aMethodOfTwoLevelsTakesTheGivenD2() {
    TrainingData data =
        TrainingData.of(TinyRuns.model(), data(), TinyRuns.settings(TinyRuns.FIRST_ORDER));
    assertEquals(30, data.counts().lower());
    assertEquals(10, data.counts().upper());
  }

  @Test
  void aMethodOfOneLevelLearnsFromBoth() {
    TrainingData data = TrainingData.of(TinyRuns.model(), data(), TinyRuns.settings(TinyRuns.LORA));
    assertEquals(40, data.counts().lower());
    assertEquals(0, data.counts().upper());
  }
}
