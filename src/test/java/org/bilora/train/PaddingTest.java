package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.Maps;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.step.StepBatches;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a training is padding, and batches that hold a number of tokens. */
class PaddingTest {
  private static final RunInputs INPUTS = new RunInputs.OfEncoder(TinyRuns.model(), TinyRuns.DATA);

  @Test
  void theShareOfPaddingIsThatOfTheBatches() {
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    TrainingPlan plan = INPUTS.data(settings).plan();
    int padding = 0;
    int computed = 0;
    for (StepBatches step : plan.epoch(0)) {
      Batch batch = step.lower().get(0);
      for (int i = 0; i < batch.rows() * batch.length(); i++) {
        boolean token = batch.attentionMask()[i] == 1 && batch.rowWeights()[i / batch.length()] > 0;
        padding += token ? 0 : 1;
        computed++;
      }
    }
    assertTrue(padding > 0);
    assertEquals((double) padding / computed, plan.paddedShare(), 1e-12);
  }

  @Test
  void batchesOfAnEncoderMayHoldANumberOfTokens() {
    TrainingSettings settings =
        TrainingSettingsBuilder.builder(TinyRuns.settings(TinyRuns.LORA))
            .batchTokens(OptionalInt.of(40))
            .build();
    TrainingPlan plan = INPUTS.data(settings).plan();
    for (StepBatches step : plan.epoch(0)) {
      Batch batch = step.lower().get(0);
      assertEquals(40 / batch.length(), batch.rows());
    }
  }

  /** What bounds the memory of a session, in which the step of every shape that is met stays. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTrainingMeetsNoMoreShapesThanLengthsHoweverLongItIs(boolean otherSplitEveryEpoch) {
    TrainingSettings settings =
        TrainingSettingsBuilder.builder(TinyRuns.settings(TinyRuns.BILORA))
            .epochs(40)
            .lengthBuckets(2)
            .batchTokens(otherSplitEveryEpoch ? OptionalInt.empty() : OptionalInt.of(40))
            .splitEveryEpoch(Optional.of(otherSplitEveryEpoch))
            .build();
    TrainingPlan plan =
        new RunInputs.OfEncoder(TinyRuns.model(), ofTwoLengths(TinyRuns.DATA))
            .data(settings)
            .plan();
    Set<StepBatches.StepShape> shapes = new HashSet<>();
    for (int epoch = 0; epoch < plan.epochs(); epoch++) {
      plan.epoch(epoch).forEach(step -> shapes.add(step.shape()));
    }
    assertEquals(2, shapes.size(), shapes.toString());
  }

  /** Every third text with itself as a second one. */
  private static Dataset ofTwoLengths(Dataset data) {
    return new Dataset(
        data.task(),
        Maps.transformValues(
            data.splits(),
            examples ->
                IntStream.range(0, examples.size())
                    .mapToObj(
                        i -> {
                          Example one = examples.get(i);
                          Optional<String> pair =
                              i % 3 == 0 ? Optional.of(one.text()) : Optional.empty();
                          return new Example(one.text(), pair, one.targets());
                        })
                    .toList()),
        data.source(),
        data.sha256());
  }
}
