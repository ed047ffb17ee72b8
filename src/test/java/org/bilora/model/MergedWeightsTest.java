package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bilora.adapter.LowRankValues;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What merging promises, of encoders and decoders alike. */
class MergedWeightsTest {
  private static final int RANK = 2;

  static Stream<PretrainedModel> models() {
    return Stream.concat(
        Stream.of(TinyEncoders.bert(1), TinyDecoders.model(0, 1)),
        TinyEncoders.otherKinds(0, 1).stream());
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyLayerBecomesItsWeightAndItsIncrementAndAllElseStays(PretrainedModel model) {
    try (model) {
      Map<String, LowRankValues> increments = increments(model, 1);
      Map<String, HostTensor> merged = model.mergedWeights(increments, Map.of());
      assertEquals(model.weights().keySet(), merged.keySet());
      PretrainedModel changed = with(model, merged);
      increments.forEach(
          (layer, increment) -> {
            float[] expected = model.linearWeight(layer).clone();
            for (int o = 0; o < increment.out(); o++) {
              for (int i = 0; i < increment.in(); i++) {
                for (int r = 0; r < RANK; r++) {
                  expected[o * increment.in() + i] +=
                      (float)
                          (increment.left()[o * RANK + r]
                              * increment.gains()[r]
                              * increment.right()[r * increment.in() + i]);
                }
              }
            }
            assertArrayEquals(expected, changed.linearWeight(layer), 1e-5f, layer);
          });
      long unchanged =
          merged.entrySet().stream()
              .filter(entry -> entry.getValue().equals(model.weights().get(entry.getKey())))
              .count();
      assertTrue(unchanged > 0 && unchanged < merged.size(), unchanged + " unchanged");
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void weightsThatAreNotFiniteAreRefusedByName(PretrainedModel model) {
    try (model) {
      Map<String, LowRankValues> increments = increments(model, 1);
      String layer = increments.keySet().iterator().next();
      LowRankValues first = increments.get(layer);
      increments.put(
          layer, new LowRankValues(first.left(), first.right(), new double[] {Double.NaN, 1}));
      String message =
          assertThrows(
                  NonFiniteWeightException.class, () -> model.mergedWeights(increments, Map.of()))
              .getMessage();
      assertTrue(message.contains(" is NaN at position "), message);
      String head = model.weights().keySet().iterator().next();
      float[] values = model.weights().get(head).values().clone();
      values[3] = Float.POSITIVE_INFINITY;
      HostTensor infinite = HostTensor.of(values, model.weights().get(head).shape());
      message =
          assertThrows(
                  NonFiniteWeightException.class,
                  () -> model.mergedWeights(Map.of(), Map.of(head, infinite)))
              .getMessage();
      assertTrue(message.startsWith(head + " is Infinity at position 3"), message);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void incrementsOfUnknownLayersOrOtherShapesAreRefused(PretrainedModel model) {
    try (model) {
      Map<String, LowRankValues> increments = increments(model, 1);
      LowRankValues any = increments.values().iterator().next();
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> model.mergedWeights(Map.of("nowhere", any), Map.of()))
              .getMessage();
      assertTrue(message.contains("nowhere") && message.contains("no such layer"), message);
      LowRankValues other = new LowRankValues(new float[RANK], any.right(), new double[RANK]);
      String layer = increments.keySet().iterator().next();
      assertNotEquals(1, any.out());
      assertThrows(
          IllegalArgumentException.class,
          () -> model.mergedWeights(Map.of(layer, other), Map.of()));
    }
  }

  private static Map<String, LowRankValues> increments(PretrainedModel model, long seed) {
    Random random = new Random(seed);
    Map<String, LowRankValues> increments = new LinkedHashMap<>();
    model
        .linearLayers()
        .forEach(
            (layer, shape) ->
                increments.put(
                    layer,
                    new LowRankValues(
                        drawn(random, (int) shape[0] * RANK),
                        drawn(random, (int) shape[1] * RANK),
                        new double[] {0.5, 2})));
    return increments;
  }

  private static float[] drawn(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static PretrainedModel with(PretrainedModel model, Map<String, HostTensor> weights) {
    if (model instanceof PretrainedDecoder d) {
      return new PretrainedDecoder(
          d.name(),
          d.config(),
          weights,
          d.tokenizer(),
          d.generation(),
          d.source(),
          d.sha256(),
          d.files());
    }
    PretrainedEncoder e = (PretrainedEncoder) model;
    return new PretrainedEncoder(
        e.name(),
        e.config(),
        weights,
        e.tokenizer(),
        e.pooling(),
        e.source(),
        e.sha256(),
        e.files());
  }
}
