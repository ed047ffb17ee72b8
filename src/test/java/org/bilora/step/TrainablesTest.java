package org.bilora.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.bilora.autodiff.Parameter;
import org.bilora.method.AdapterSettings;
import org.bilora.method.FullFineTuning;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;
import org.bilora.train.TinyRuns;
import org.bilora.train.TrainingDefaults;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;

class TrainablesTest {
  private static final String QUERY = "encoder.layer.0.attention.self.query";
  private static final int LABELS = 3;

  @Test
  void aRobertaHeadStartsFromTheCheckpointsValues() {
    PretrainedEncoder model = TinyEncoders.fineTunedRoberta(LABELS, 5);
    Trainables trainables = trainables(model, LABELS);
    for (String name :
        List.of(
            "classifier.dense.weight",
            "classifier.dense.bias",
            "classifier.out_proj.weight",
            "classifier.out_proj.bias")) {
      assertArrayEquals(model.weights().get(name).values(), start(trainables, name));
      assertTrue(trainables.trains(name));
    }
  }

  @Test
  void aBertPoolerStaysFrozenAndItsClassifierStartsFromTheCheckpointsValues() {
    PretrainedEncoder model = TinyEncoders.fineTunedBert(LABELS, 5);
    Trainables trainables = trainables(model, LABELS);
    assertFalse(trainables.trains("pooler.dense.weight"));
    assertArrayEquals(
        model.weights().get("classifier.weight").values(), start(trainables, "classifier.weight"));
  }

  @Test
  void aHeadForAnotherNumberOfLabelsIsDrawnAnew() {
    PretrainedEncoder model = TinyEncoders.fineTunedRoberta(LABELS, 5);
    Trainables trainables = trainables(model, LABELS + 1);
    assertEquals(
        (LABELS + 1) * TinyEncoders.HIDDEN, start(trainables, "classifier.out_proj.weight").length);
    assertArrayEquals(new float[LABELS + 1], start(trainables, "classifier.out_proj.bias"));
    assertArrayEquals(
        model.weights().get("classifier.dense.weight").values(),
        start(trainables, "classifier.dense.weight"));
  }

  @Test
  void trainedHeadWeightsAreNotFrozenToo() {
    PretrainedEncoder model = TinyEncoders.fineTunedRoberta(LABELS, 5);
    EncoderHead head = new EncoderHead(model.config(), model.pooling(), LABELS);
    Map<String, HostTensor> backbone = new java.util.HashMap<>(model.weights());
    backbone.keySet().removeIf(name -> name.startsWith("classifier."));
    try (FineTuning fineTuning =
        FineTuning.open(model, head, List.of(QUERY), TinyRuns.settings(TinyRuns.LORA).step())) {
      assertEquals(NetworkFineTuning.sha256(backbone), fineTuning.frozenSha256());
      assertTrue(fineTuning.trained().containsKey("lower/classifier.dense.weight"));
    }
  }

  @Test
  void aRankAboveTheMatrixIsRefused() {
    PretrainedEncoder model = TinyEncoders.bert(5);
    EncoderHead head = new EncoderHead(model.config(), model.pooling(), LABELS);
    AdapterSettings tooLarge = new AdapterSettings(TinyEncoders.HIDDEN + 1, 1, List.of("query"));
    assertEquals(
        "rank is 17; %s is 16 × 16, so it must be from 1 to 16".formatted(QUERY),
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new Trainables(
                        new EncoderNetwork(model, head, 0),
                        TinyRuns.LORA,
                        tooLarge,
                        List.of(QUERY),
                        1))
            .getMessage());
  }

  @Test
  void scoresHaveNoLabelsToSmooth() {
    PretrainedEncoder model = TinyEncoders.bert(5);
    EncoderHead scores = new EncoderHead(model.config(), model.pooling(), 1);
    assertEquals(
        "labelSmoothing is 0.1, but the task has scores, not labels; it must be 0",
        assertThrows(IllegalArgumentException.class, () -> new EncoderNetwork(model, scores, 0.1))
            .getMessage());
  }

  private static Trainables trainables(PretrainedEncoder model, int labels) {
    return new Trainables(
        new EncoderNetwork(model, new EncoderHead(model.config(), model.pooling(), labels), 0),
        TinyRuns.LORA,
        new AdapterSettings(2, 4, List.of("query")),
        List.of(QUERY),
        1);
  }

  private static float[] start(Trainables trainables, String name) {
    return trainables.lower().parameters().stream()
        .filter(parameter -> parameter.name().equals(name))
        .map(Parameter::initial)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void fullFineTuningFreezesNothingAndSparesBiasesAndNormsTheDecay() {
    PretrainedEncoder model = TinyEncoders.fineTunedBert(2, 5);
    EncoderHead head = new EncoderHead(model.config(), model.pooling(), 2);
    Trainables trainables =
        new Trainables(
            new EncoderNetwork(model, head, 0),
            FullFineTuning.USUAL,
            TrainingDefaults.ADAPTER,
            List.of("query"),
            1);
    assertEquals(List.of(), trainables.modules());
    assertTrue(model.weights().keySet().stream().allMatch(trainables::trains));
    trainables
        .lower()
        .parameters()
        .forEach(
            parameter -> {
              boolean matrix = parameter.shape().length == 2;
              assertEquals(matrix, parameter.decayed(), parameter.name());
            });
  }
}
