package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bilora.generate.DecodingMethod;
import org.bilora.generate.DecodingSettings;
import org.bilora.generate.Generation;
import org.bilora.generate.Prompt;
import org.bilora.generate.TextGenerator;
import org.bilora.model.DecoderConfig;
import org.bilora.model.DecoderConfigBuilder;
import org.bilora.model.GenerationConfig;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.TinyDecoders;
import org.bilora.text.BytePairTraining;
import org.bilora.text.JsonTokenizer;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/** A GPT-2 that decodes inside its SavedModel, against {@link TextGenerator}. */
class DecoderExportTest {
  private static final List<String> TEXTS =
      List.of("the mill", "", "naïve 🙂 river", "the old river, the old mill, the ".repeat(3), "x");

  @TempDir private Path folder;

  /** The end of a text has a long embedding, so that it often comes first or last of all tokens. */
  private static PretrainedDecoder model(long seed) throws IOException {
    BytePairTraining training = new BytePairTraining();
    training.add("the mill, the river, the old mill 🙂");
    DecoderConfig config =
        DecoderConfigBuilder.builder(TinyDecoders.config(0))
            .vocabSize(266)
            .maxPositions(24)
            .build();
    byte[] tokenizer = training.train(262).definition();
    Map<String, HostTensor> weights = new HashMap<>(TinyDecoders.weights(config, seed));
    float[] embedding = weights.get("wte.weight").values().clone();
    int end = config.endOfTextId();
    for (int i = end * config.hiddenSize(); i < (end + 1) * config.hiddenSize(); i++) {
      embedding[i] *= 3;
    }
    weights.put("wte.weight", HostTensor.of(embedding, config.vocabSize(), config.hiddenSize()));
    return new PretrainedDecoder(
        "tiny",
        config,
        ImmutableMap.copyOf(weights),
        JsonTokenizer.of(tokenizer, JsonTokenizer.Segments.NONE, "test"),
        GenerationConfig.of(config),
        "test",
        "cafe",
        ImmutableMap.of());
  }

  private static TrainedDecoder trained(
      PretrainedDecoder model, boolean contexts, int maxNewTokens, int noRepeatNGram) {
    return new TrainedDecoder(
        model,
        model,
        Increments.none(),
        Map.of(),
        contexts,
        new DecodingSettings(
            new DecodingMethod.Greedy(), noRepeatNGram, 0, maxNewTokens, 16, true));
  }

  private static List<Generation> expected(TrainedDecoder trained, List<int[]> prompts) {
    try (TextGenerator generator = new TextGenerator(trained.merged(), trained.decoding())) {
      return generator.generate(prompts, (finished, all) -> {});
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 100, 4", "2, 5, 0", "3, 100, 2", "4, 100, 1"})
  void promptsOfManyLengthsAreContinuedAsByGreedyDecoding(long seed, int most, int noRepeat)
      throws IOException {
    try (PretrainedDecoder model = model(seed)) {
      TrainedDecoder trained = trained(model, false, most, noRepeat);
      Written written = DecoderExport.write(trained, folder.resolve("model"));
      assertEquals(
          List.of("serving_default", "serving_int64", "serving_text"),
          written.facts().get("signatures"));
      Random random = new Random(seed);
      List<int[]> prompts = new ArrayList<>();
      for (int length : new int[] {3, 1, 9, 20, 23, 3, 6, 2}) {
        prompts.add(random.ints(length, 0, 262).toArray());
      }
      List<Generation> expected = expected(trained, prompts);
      assertTrue(expected.stream().map(each -> each.tokens().length).distinct().count() > 2);
      try (SavedModelBundle bundle = load(written)) {
        for (boolean before : new boolean[] {false, true}) {
          try (Result result = run(bundle, prompts, before)) {
            for (int row = 0; row < prompts.size(); row++) {
              assertArrayEquals(
                  expected.get(row).tokens(),
                  tokens(result, row),
                  "prompt %d, padded before: %s".formatted(row, before));
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void textsAreReadAndWrittenAsGenerateDoes(boolean contexts) throws IOException {
    try (PretrainedDecoder model = model(5)) {
      TrainedDecoder trained = trained(model, contexts, 9, 4);
      List<int[]> prompts =
          TEXTS.stream()
              .map(
                  text ->
                      (contexts
                              ? Prompt.ofContext(model, text, 9)
                              : Prompt.ofBeginning(model, text, 9))
                          .tokens())
              .toList();
      List<Generation> expected = expected(trained, prompts);
      try (SavedModelBundle bundle = load(DecoderExport.write(trained, folder.resolve("model")));
          TString texts =
              TString.tensorOf(
                  StandardCharsets.UTF_8, NdArrays.vectorOfObjects(TEXTS.toArray(String[]::new)))) {
        SignatureDef signature = bundle.metaGraphDef().getSignatureDefOrThrow("serving_text");
        assertEquals(
            Set.of("generated_text", "output_ids", "length"), signature.getOutputsMap().keySet());
        try (Result result =
            bundle
                .session()
                .runner()
                .feed(signature.getInputsOrThrow("text").getName(), texts)
                .fetch(signature.getOutputsOrThrow("output_ids").getName())
                .fetch(signature.getOutputsOrThrow("length").getName())
                .fetch(signature.getOutputsOrThrow("generated_text").getName())
                .run()) {
          for (int row = 0; row < TEXTS.size(); row++) {
            int[] tokens = expected.get(row).tokens();
            assertArrayEquals(tokens, tokens(result, row), TEXTS.get(row));
            assertEquals(
                model.tokenizer().decode(tokens), ((TString) result.get(2)).getObject(row));
          }
        }
      }
    }
  }

  @Test
  void rowsBehindTheirEndAreFilledUpWithIt() throws IOException {
    // A third of all tokens end a text, so that rows end at different places.
    Set<Integer> ends = IntStream.range(90, 180).boxed().collect(Collectors.toSet());
    try (PretrainedDecoder model =
        generatingBy(model(1), new GenerationConfig(ends, 1, Optional.empty()))) {
      TrainedDecoder trained = trained(model, false, 12, 2);
      List<int[]> prompts = new ArrayList<>();
      Random random = new Random(3);
      for (int i = 0; i < 12; i++) {
        prompts.add(random.ints(1 + i % 5, 0, 262).toArray());
      }
      List<Generation> expected = expected(trained, prompts);
      try (SavedModelBundle bundle = load(DecoderExport.write(trained, folder.resolve("model")));
          Result result = run(bundle, prompts, false)) {
        TInt32 ids = (TInt32) result.get(0);
        int columns = (int) ids.shape().get(1);
        Set<Integer> lengths = new HashSet<>();
        for (int row = 0; row < prompts.size(); row++) {
          int[] tokens = tokens(result, row);
          assertArrayEquals(expected.get(row).tokens(), tokens);
          lengths.add(tokens.length);
          if (tokens.length < columns) {
            assertTrue(ends.contains(ids.getInt(row, tokens.length)));
          }
          for (int at = tokens.length + 1; at < columns; at++) {
            assertEquals(90, ids.getInt(row, at));
          }
        }
        assertTrue(lengths.size() > 2, lengths.toString());
        assertEquals(
            Math.min(12, 1 + lengths.stream().max(Integer::compare).orElseThrow()), columns);
      }
    }
  }

  private static PretrainedDecoder generatingBy(
      PretrainedDecoder model, GenerationConfig generation) {
    return new PretrainedDecoder(
        model.name(),
        model.config(),
        model.weights(),
        model.tokenizer(),
        generation,
        model.source(),
        model.sha256(),
        model.files());
  }

  @Test
  void aPromptWithoutATokenFailsTheRun() throws IOException {
    try (PretrainedDecoder model = model(1);
        SavedModelBundle bundle =
            load(DecoderExport.write(trained(model, false, 5, 4), folder.resolve("model")))) {
      SignatureDef signature = bundle.metaGraphDef().getSignatureDefOrThrow("serving_default");
      for (int ones : new int[] {0, 24}) {
        int[] mask = new int[24];
        Arrays.fill(mask, 0, ones, 1);
        try (TInt32 ids = TInt32.tensorOf(StdArrays.ndCopyOf(new int[1][24]));
            TInt32 masks = TInt32.tensorOf(StdArrays.ndCopyOf(new int[][] {mask}))) {
          TFInvalidArgumentException refused =
              assertThrows(
                  TFInvalidArgumentException.class,
                  () ->
                      bundle
                          .session()
                          .runner()
                          .feed(signature.getInputsOrThrow("input_ids").getName(), ids)
                          .feed(signature.getInputsOrThrow("attention_mask").getName(), masks)
                          .fetch(signature.getOutputsOrThrow("output_ids").getName())
                          .run());
          assertTrue(refused.getMessage().contains("24 positions"), refused.getMessage());
        }
      }
    }
  }

  @Test
  void whatAGraphDoesNotDoIsRefusedByName() throws IOException {
    try (PretrainedDecoder model = model(1)) {
      PretrainedDecoder penalized =
          generatingBy(
              model, new GenerationConfig(model.generation().ends(), 1.2, Optional.empty()));
      ExportRefusedException refused =
          assertThrows(
              ExportRefusedException.class,
              () -> DecoderExport.write(trained(penalized, false, 5, 4), folder.resolve("m")));
      assertTrue(refused.getMessage().contains("repetition_penalty is 1.2"), refused.getMessage());
      assertFalse(Files.exists(folder.resolve("m")));
    }
    try (PretrainedDecoder words = TinyDecoders.model(0, 1)) {
      Written written = DecoderExport.write(trained(words, false, 5, 4), folder.resolve("words"));
      assertEquals(
          "model words; WordPiece and BPE are known", written.facts().get("no_text_signature"));
      assertFalse(Files.readString(folder.resolve("words/README.md")).contains("serving_text"));
      IOException closed =
          assertThrows(IOException.class, () -> ServedModel.open(folder.resolve("words")));
      assertTrue(closed.getMessage().contains("is a language model"), closed.getMessage());
    }
  }

  private static SavedModelBundle load(Written written) {
    return SavedModelBundle.load(written.directory().toString(), "serve");
  }

  private static int[] tokens(Result result, int row) {
    int[] tokens = new int[((TInt32) result.get(1)).getInt(row)];
    for (int at = 0; at < tokens.length; at++) {
      tokens[at] = ((TInt32) result.get(0)).getInt(row, at);
    }
    return tokens;
  }

  private static Result run(SavedModelBundle bundle, List<int[]> prompts, boolean before) {
    SignatureDef signature = bundle.metaGraphDef().getSignatureDefOrThrow("serving_default");
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    int[][] ids = new int[prompts.size()][longest];
    int[][] mask = new int[prompts.size()][longest];
    for (int row = 0; row < ids.length; row++) {
      int length = prompts.get(row).length;
      int from = before ? longest - length : 0;
      System.arraycopy(prompts.get(row), 0, ids[row], from, length);
      Arrays.fill(mask[row], from, from + length, 1);
    }
    try (TInt32 idTensor = TInt32.tensorOf(StdArrays.ndCopyOf(ids));
        TInt32 maskTensor = TInt32.tensorOf(StdArrays.ndCopyOf(mask))) {
      return bundle
          .session()
          .runner()
          .feed(signature.getInputsOrThrow("input_ids").getName(), idTensor)
          .feed(signature.getInputsOrThrow("attention_mask").getName(), maskTensor)
          .fetch(signature.getOutputsOrThrow("output_ids").getName())
          .fetch(signature.getOutputsOrThrow("length").getName())
          .run();
    }
  }
}
