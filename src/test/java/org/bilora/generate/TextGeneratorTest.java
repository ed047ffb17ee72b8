package org.bilora.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.bilora.generate.DecodingMethod.BeamSearch;
import org.bilora.generate.DecodingMethod.BeamSearch.Stopping;
import org.bilora.generate.DecodingMethod.Greedy;
import org.bilora.generate.DecodingMethod.Sampling;
import org.bilora.model.DecoderConfig;
import org.bilora.model.DecoderConfigBuilder;
import org.bilora.model.GenerationConfig;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedDecoders;
import org.bilora.model.TinyDecoders;
import org.bilora.text.WordTokenizer;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The decoder with a cache against the whole forward pass, and against Transformers. */
class TextGeneratorTest {
  private static final Path GPT2 = Path.of("src/test/resources/transformers/gpt2");

  /** The end of a text has a long embedding, so that it often comes first or last of all tokens. */
  private static PretrainedDecoder tiny(long seed) {
    DecoderConfig config = TinyDecoders.config(0);
    Map<String, HostTensor> weights = new HashMap<>(TinyDecoders.weights(config, seed));
    float[] embedding = weights.get("wte.weight").values().clone();
    for (int i = config.endOfTextId() * config.hiddenSize(); i < embedding.length; i++) {
      embedding[i] *= 2.5f;
    }
    weights.put("wte.weight", HostTensor.of(embedding, config.vocabSize(), config.hiddenSize()));
    return new PretrainedDecoder(
        "tiny",
        config,
        ImmutableMap.copyOf(weights),
        new WordTokenizer(config.vocabSize(), 1),
        GenerationConfig.of(config),
        "test",
        "",
        ImmutableMap.of());
  }

  /** Texts of 1 to 14 tokens, the last of which leaves 10 positions. */
  private static List<int[]> prompts(long seed) {
    Random random = new Random(seed);
    List<int[]> prompts = new ArrayList<>();
    for (int length : new int[] {3, 1, 9, 14, 3}) {
      prompts.add(random.ints(length, 0, TinyDecoders.VOCABULARY).toArray());
    }
    return prompts;
  }

  private static List<Generation> generate(
      PretrainedDecoder model, List<int[]> prompts, DecodingSettings settings) {
    List<Integer> finished = new ArrayList<>();
    try (TextGenerator generator = new TextGenerator(model, settings)) {
      List<Generation> texts = generator.generate(prompts, (done, all) -> finished.add(done));
      assertEquals((prompts.size() + settings.batch() - 1) / settings.batch(), finished.size());
      assertEquals(prompts.size(), finished.get(finished.size() - 1));
      return texts;
    }
  }

  private static List<Integer> withEnd(Generation text, int endOfText) {
    List<Integer> tokens = new ArrayList<>(Arrays.stream(text.tokens()).boxed().toList());
    if (text.ended()) {
      tokens.add(endOfText);
    }
    return tokens;
  }

  @ParameterizedTest
  @CsvSource({"1, 0, 0", "3, 2, 0", "10, 4, 2", "10, 1, 0"})
  void beamSearchWithACacheFindsTheTextsOfTheSlowSearch(int beams, int noRepeat, int least) {
    int ended = 0;
    int texts = 0;
    for (long seed = 1; seed <= 3; seed++) {
      try (PretrainedDecoder model = tiny(seed);
          WholePrefix slow = new WholePrefix(model)) {
        List<int[]> prompts = prompts(seed);
        BeamSearch method = new BeamSearch(beams, 0.9, Stopping.NO_BETTER_POSSIBLE);
        List<Generation> found =
            generate(model, prompts, new DecodingSettings(method, noRepeat, least, 12, 3, true));
        for (int i = 0; i < prompts.size(); i++) {
          int[] prompt = prompts.get(i);
          SlowSearch.Text expected =
              new SlowSearch(
                      slow::logProbabilities,
                      Arrays.stream(prompt).boxed().toList(),
                      model.config().endOfTextId(),
                      noRepeat,
                      least,
                      Math.min(12, TinyDecoders.POSITIONS - prompt.length))
                  .beam(beams, 0.9);
          assertEquals(
              expected.tokens(), withEnd(found.get(i), model.config().endOfTextId()), "" + seed);
          assertEquals(expected.score(), found.get(i).score(), 1e-4);
          ended += found.get(i).ended() ? 1 : 0;
          texts++;
        }
      }
    }
    assertTrue(ended > 0 && ended < texts, ended + " of " + texts);
  }

  @Test
  void greedyWithACacheFindsTheTextsOfTheWholeForwardPass() {
    try (PretrainedDecoder model = tiny(4);
        WholePrefix slow = new WholePrefix(model)) {
      List<Generation> found =
          generate(model, prompts(4), new DecodingSettings(new Greedy(), 3, 0, 10, 4, true));
      for (int i = 0; i < found.size(); i++) {
        List<Integer> prompt = Arrays.stream(prompts(4).get(i)).boxed().toList();
        int end = model.config().endOfTextId();
        assertEquals(
            new SlowSearch(slow::logProbabilities, prompt, end, 3, 0, 10).greedy(),
            withEnd(found.get(i), end));
      }
    }
  }

  @Test
  void whatIsGeneratedDependsNeitherOnTheBatchNorOnTheCache() {
    List<DecodingMethod> methods =
        List.of(
            new BeamSearch(4, 0.8, Stopping.NO_BETTER_LIKELY),
            new Sampling(0.8, 0, 0.9, 5),
            new Sampling(2, 7, 1, 6));
    try (PretrainedDecoder model = tiny(5)) {
      for (DecodingMethod method : methods) {
        List<Generation> together =
            generate(model, prompts(5), new DecodingSettings(method, 4, 0, 10, 5, true));
        for (DecodingSettings settings :
            List.of(
                new DecodingSettings(method, 4, 0, 10, 1, true),
                new DecodingSettings(method, 4, 0, 10, 2, true),
                new DecodingSettings(method, 4, 0, 10, 5, false))) {
          List<Generation> apart = generate(model, prompts(5), settings);
          for (int i = 0; i < apart.size(); i++) {
            assertArrayEquals(together.get(i).tokens(), apart.get(i).tokens(), settings.toString());
            assertEquals(together.get(i).score(), apart.get(i).score(), 1e-4);
          }
        }
      }
    }
  }

  @Test
  void drawingFromTheMostProbableTokenAloneIsGreedy() {
    try (PretrainedDecoder model = tiny(6)) {
      List<Generation> greedy =
          generate(model, prompts(6), new DecodingSettings(new Greedy(), 0, 0, 9, 5, true));
      List<Generation> drawn =
          generate(
              model, prompts(6), new DecodingSettings(new Sampling(1, 1, 1, 0), 0, 0, 9, 5, true));
      assertEquals(greedy.size(), drawn.size());
      for (int i = 0; i < drawn.size(); i++) {
        assertArrayEquals(greedy.get(i).tokens(), drawn.get(i).tokens());
      }
    }
  }

  @Test
  void idsWithoutATokenAreNotGenerated() {
    DecoderConfig config = TinyDecoders.config(0);
    try (PretrainedDecoder fewer =
        new PretrainedDecoder(
            "tiny",
            config,
            TinyDecoders.weights(config, 7),
            new WordTokenizer(10, 1),
            GenerationConfig.of(config),
            "test",
            "",
            ImmutableMap.of())) {
      for (Generation text :
          generate(
              fewer,
              prompts(7),
              new DecodingSettings(
                  new BeamSearch(3, 1, Stopping.NO_BETTER_POSSIBLE), 2, 0, 10, 5, true))) {
        assertEquals(10, text.tokens().length);
        assertTrue(Arrays.stream(text.tokens()).allMatch(token -> token < 10), text.toString());
      }
    }
  }

  @Test
  void promptsThatLeaveNoRoomAreRefused() {
    try (PretrainedDecoder model = tiny(1);
        TextGenerator generator =
            new TextGenerator(model, new DecodingSettings(new Greedy(), 0, 0, 5, 2, true))) {
      for (int length : new int[] {0, TinyDecoders.POSITIONS}) {
        String refused =
            assertThrows(
                    IllegalArgumentException.class,
                    () ->
                        generator.generate(
                            List.of(new int[] {1}, new int[length]), (done, all) -> {}))
                .getMessage();
        assertTrue(refused.startsWith("prompt 2 has %d tokens".formatted(length)), refused);
      }
      int[] longest = new int[TinyDecoders.POSITIONS - 1];
      assertTrue(
          generator.generate(List.of(longest), (done, all) -> {}).get(0).tokens().length <= 1);
    }
  }

  @Test
  void greedyAndBeamSearchAgreeWithTransformers() throws IOException {
    JsonNode cases = new ObjectMapper().readTree(GPT2.resolve("generated.json").toFile());
    assertEquals(5, cases.size());
    int ended = 0;
    try (PretrainedDecoder pretrained = PretrainedDecoders.load("gpt2", GPT2)) {
      for (JsonNode each : cases) {
        PretrainedDecoder model = endingWith(pretrained, each.get("eos_token_id").asInt());
        int beams = each.get("num_beams").asInt();
        DecodingMethod method =
            beams == 1
                ? new Greedy()
                : new BeamSearch(
                    beams,
                    each.get("length_penalty").asDouble(),
                    each.get("early_stopping").isTextual()
                        ? Stopping.NO_BETTER_POSSIBLE
                        : Stopping.NO_BETTER_LIKELY);
        DecodingSettings settings =
            new DecodingSettings(
                method,
                each.get("no_repeat_ngram_size").asInt(),
                each.get("min_new_tokens").asInt(),
                each.get("max_new_tokens").asInt(),
                8,
                true);
        List<int[]> prompts = new ArrayList<>();
        List<List<Integer>> expected = new ArrayList<>();
        for (JsonNode text : each.get("texts")) {
          prompts.add(new ObjectMapper().convertValue(text.get("prompt"), int[].class));
          expected.add(
              Arrays.stream(new ObjectMapper().convertValue(text.get("generated"), int[].class))
                  .boxed()
                  .toList());
        }
        List<Generation> texts = generate(model, prompts, settings);
        for (int i = 0; i < texts.size(); i++) {
          assertEquals(
              expected.get(i),
              withEnd(texts.get(i), model.config().endOfTextId()),
              each.toString());
          ended += texts.get(i).ended() ? 1 : 0;
        }
      }
    }
    assertTrue(ended > 5, "" + ended);
  }

  private static PretrainedDecoder endingWith(PretrainedDecoder model, int endOfText) {
    DecoderConfig config = model.config();
    DecoderConfig ended =
        DecoderConfigBuilder.builder(config)
            .embeddingDropoutProbability(0)
            .residualDropoutProbability(0)
            .attentionDropoutProbability(0)
            .endOfText(OptionalInt.of(endOfText))
            .build();
    return new PretrainedDecoder(
        model.name(),
        ended,
        model.weights(),
        model.tokenizer(),
        GenerationConfig.of(ended),
        model.source(),
        model.sha256(),
        model.files());
  }
}
