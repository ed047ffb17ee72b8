package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TargetModulesTest {
  private static final EncoderConfig CONFIG =
      EncoderConfigBuilder.builder()
          .kind(new Bert())
          .vocabSize(10)
          .hiddenSize(4)
          .layers(12)
          .heads(2)
          .intermediateSize(8)
          .maxPositions(16)
          .typeVocabSize(2)
          .layerNormEpsilon(1e-12)
          .hiddenDropoutProbability(0)
          .attentionDropoutProbability(0)
          .classifierDropoutProbability(0)
          .padTokenId(0)
          .activation(EncoderConfig.Activation.GELU)
          .build();

  @Test
  void aLastNameMeansThatLayerEverywhere() {
    List<String> found = TargetModules.match(CONFIG, List.of("value", "query"));
    assertEquals(24, found.size());
    assertEquals(
        List.of(
            "encoder.layer.0.attention.self.query",
            "encoder.layer.0.attention.self.value",
            "encoder.layer.1.attention.self.query"),
        found.subList(0, 3));
  }

  @Test
  void namesAreComparedWholeWordByWholeWord() {
    assertEquals(
        List.of("encoder.layer.0.attention.output.dense", "encoder.layer.0.output.dense"),
        TargetModules.match(CONFIG, List.of("output.dense")).subList(0, 2));
    assertEquals(36, TargetModules.match(CONFIG, List.of("dense")).size());
    assertThrows(
        IllegalArgumentException.class, () -> TargetModules.match(CONFIG, List.of("uery")));
  }

  @Test
  void aPatternSpansTheWholeName() {
    assertEquals(
        12, TargetModules.match(CONFIG, List.of("encoder.layer.*.attention.self.key")).size());
    assertEquals(
        List.of(
            "encoder.layer.1.intermediate.dense",
            "encoder.layer.10.intermediate.dense",
            "encoder.layer.11.intermediate.dense"),
        TargetModules.match(CONFIG, List.of("encoder.layer.1*intermediate.dense")));
    assertEquals(72, TargetModules.match(CONFIG, List.of("*")).size());
    assertThrows(
        IllegalArgumentException.class, () -> TargetModules.match(CONFIG, List.of("layer*key")));
  }

  @Test
  void aLayerThatTwoTargetsNameIsFoundOnce() {
    assertEquals(12, TargetModules.match(CONFIG, List.of("query", "self.query", "*quer*")).size());
  }

  @Test
  void aTargetThatMatchesNothingIsNamedBesideWhatThereIs() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> TargetModules.match(CONFIG, List.of("query", "q_proj")));
    assertTrue(
        refused
            .getMessage()
            .startsWith(
                "target module \"q_proj\" matches no dense layer; there are"
                    + " encoder.layer.*.attention.self.query, "),
        refused.getMessage());
    assertThrows(IllegalArgumentException.class, () -> TargetModules.match(CONFIG, List.of()));
  }
}
