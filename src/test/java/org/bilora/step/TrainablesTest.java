package org.bilora.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bilora.autodiff.Parameter;
import org.bilora.method.AdapterSettings;
import org.bilora.method.FullFineTuning;
import org.bilora.method.HeadOnly;
import org.bilora.model.EncoderHead;
import org.bilora.model.ModernBert;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.model.TinyEncoders;
import org.bilora.train.TinyRuns;
import org.bilora.train.TrainingDefaults;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @ParameterizedTest
  @CsvSource({
    "deberta-v3, 3, pooler.dense.weight pooler.dense.bias classifier.weight classifier.bias",
    "distilbert, 3, pre_classifier.weight pre_classifier.bias classifier.weight classifier.bias",
    "electra, 3, classifier.dense.weight classifier.dense.bias classifier.out_proj.weight"
        + " classifier.out_proj.bias",
    "mpnet, 3, classifier.dense.weight classifier.dense.bias classifier.out_proj.weight"
        + " classifier.out_proj.bias",
    "albert, 3, classifier.weight classifier.bias",
    "modernbert, 3, classifier.weight classifier.bias",
  })
  void whatAKindsPretrainingLackedOfItsHeadIsTrainedFromTheCheckpointsValues(
      String folder, int labels, String names) throws IOException {
    try (PretrainedEncoder model =
        PretrainedEncoders.load("src/test/resources/transformers/" + folder)) {
      Trainables trainables = headAlone(model, labels);
      assertEquals(
          List.of(names.split(" ")),
          trainables.lower().parameters().stream().map(Parameter::name).toList());
      for (String name : names.split(" ")) {
        assertArrayEquals(model.weights().get(name).values(), start(trainables, name), name);
      }
    }
  }

  @Test
  void aMissingHeadIsDrawnWithGainsOfOneAndBiasesOfZero() {
    PretrainedEncoder modernBert =
        TinyEncoders.otherKinds(0, 5).stream()
            .filter(model -> model.config().kind() instanceof ModernBert)
            .findFirst()
            .orElseThrow();
    Trainables trainables = headAlone(modernBert, LABELS);
    float[] ones = new float[TinyEncoders.HIDDEN];
    Arrays.fill(ones, 1);
    assertArrayEquals(ones, start(trainables, "head.norm.weight"));
    assertArrayEquals(new float[TinyEncoders.HIDDEN], start(trainables, "head.norm.bias"));
    assertArrayEquals(new float[LABELS], start(trainables, "classifier.bias"));
    assertFalse(trainables.trains("head.dense.bias"));
    assertEquals(
        TinyEncoders.HIDDEN * TinyEncoders.HIDDEN, start(trainables, "head.dense.weight").length);
  }

  private static Trainables headAlone(PretrainedEncoder model, int labels) {
    return new Trainables(
        new EncoderNetwork(model, new EncoderHead(model.config(), model.pooling(), labels), 0),
        new HeadOnly(),
        new AdapterSettings(2, 4, List.of("query")),
        List.of(),
        1);
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
