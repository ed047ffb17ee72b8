package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.bilora.bilevel.Darts;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.Unroll;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EncodedSet;
import org.bilora.data.EvaluationBatches;
import org.bilora.method.AdapterSettings;
import org.bilora.method.FullFineTuning;
import org.bilora.method.HeadOnly;
import org.bilora.method.Method;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyDecoders;
import org.bilora.model.TinyEncoders;
import org.bilora.settings.LayerSelection;
import org.bilora.step.AdaptedModules;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.ExecutionSettings.PrefixCaching;
import org.bilora.step.FineTuning;
import org.bilora.step.FrozenPrefix;
import org.bilora.step.PrefixCache;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepResult;
import org.bilora.step.TinySequences;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Frozen lower layers that are computed once for each text. */
class FrozenPrefixTest {
  private static final PretrainedEncoder MODEL = TinyEncoders.bertWithoutDropout(3);
  private static final List<EncodedExample> EXAMPLES =
      EncodedSet.of(MODEL.tokenizer(), TinyRuns.DATA.split(Dataset.DEV), 16).examples();
  private static final List<Batch> BATCHES = EvaluationBatches.of(EXAMPLES, 8);

  @TempDir Path folder;

  static Stream<Method> methods() {
    return Stream.of(
        TinyRuns.LORA,
        HeadOnly.USUAL,
        TinyRuns.bilora(new Exact(Unroll.STEADY)),
        TinyRuns.bilora(new Darts(0.01)));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aStepFromKeptStatesIsTheStepThroughAllLayers(Method method) throws Exception {
    try (FineTuning through = open(method, Optional.empty());
        FineTuning kept = open(method, Optional.of(prefix(method)))) {
      for (int step = 0; step < 3; step++) {
        StepResult expected = step(through, method, step);
        StepResult found = step(kept, method, step);
        assertClose(expected.lowerLoss(), found.lowerLoss());
        assertClose(expected.upperLoss(), found.upperLoss());
        assertClose(expected.lowerGradientNorm(), found.lowerGradientNorm());
        assertClose(expected.upperGradientNorm(), found.upperGradientNorm());
        assertEquals(expected.terms().isPresent(), found.terms().isPresent());
      }
      float[][] expected = through.logits(BATCHES.get(2));
      float[][] found = kept.logits(BATCHES.get(2));
      for (int row = 0; row < expected.length; row++) {
        assertArrayEquals(expected[row], found[row], 1e-5f);
      }
      assertEquals(through.loss(BATCHES.get(0)), kept.loss(BATCHES.get(0)), 1e-5);
      assertEquals(through.frozenSha256(), kept.frozenSha256());
    }
  }

  @Test
  void aRunFromKeptStatesGoesOnBitForBitAlsoWhenTheyAreLost() throws IOException {
    TrainingSettings settings =
        lastLayer(TinyRuns.settings(TinyRuns.bilora(new Exact(Unroll.STEADY))));
    RunRecord whole = trainer("whole", settings).train();
    assertEquals(Optional.of(new RunRecord.FrozenLayers(1, false)), whole.frozenLayers());
    assertEquals(
        RunRecord.Status.INTERRUPTED,
        TinyRuns.interrupted(folder.resolve("cut"), settings, 4).status());
    for (Path file : files(PrefixCache.usual().folder())) {
      Files.deleteIfExists(file);
    }
    List<String> notes = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void noted(String message) {
            notes.add(message);
          }
        };
    RunRecord resumed = trainer("cut", settings, listener).resume();
    assertEquals(whole.trainedSha256(), resumed.trainedSha256());
    assertTrue(notes.get(0).startsWith("computing the lower 1 of 2 layers of "), notes.get(0));
    assertEquals(
        "the lower 1 of 2 layers are computed once for each text, without dropout", notes.get(1));
    try (TrainedRun run = TrainedRun.open(folder.resolve("cut"), name -> TinyRuns.model())) {
      assertEquals(2, run.modules().size());
      double dev = run.evaluate(TinyRuns.DATA, Dataset.DEV).loss();
      assertEquals(resumed.bestEpoch().orElseThrow().devLoss(), dev, 1e-5);
    }
  }

  @Test
  void aLanguageModelLearnsTheSameFromKeptStates() throws IOException {
    TrainingSettings settings = lastLayer(TinySequences.settings(TinyRuns.LORA, 2, 24));
    double kept = languageModel("kept", settings).epochs().get(1).devLoss();
    double through =
        languageModel("through", caching(settings, PrefixCaching.OFF)).epochs().get(1).devLoss();
    assertEquals(through, kept, 1e-5);
  }

  private RunRecord languageModel(String name, TrainingSettings settings) throws IOException {
    return new Trainer(
            TinyDecoders.model(0, 3),
            TinySequences.DATA,
            settings,
            folder.resolve(name),
            TinyRuns.BY_EPOCH)
        .train();
  }

  @Test
  void statesAreKeptOnlyWhereLayersWereChosenUnlessTheSettingsSayOtherwise() {
    RunInputs inputs = new RunInputs.OfEncoder(MODEL, TinyRuns.DATA);
    TrainingSettings everywhere = TinyRuns.settings(TinyRuns.LORA);
    TrainingSettings last = lastLayer(everywhere);
    TrainingSettings head = TinyRuns.settings(HeadOnly.USUAL);
    assertEquals(0, inputs.prefixLayers(everywhere));
    assertEquals(1, inputs.prefixLayers(last));
    assertEquals(0, inputs.prefixLayers(caching(last, PrefixCaching.OFF)));
    assertEquals(0, inputs.prefixLayers(head));
    assertEquals(2, inputs.prefixLayers(caching(head, PrefixCaching.ON)));
    assertEquals(0, inputs.prefixLayers(lastLayer(TinyRuns.settings(FullFineTuning.USUAL))));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> inputs.prefixLayers(caching(everywhere, PrefixCaching.ON)));
    assertTrue(refused.getMessage().startsWith("prefixCache is on, but lora"), refused.toString());
  }

  @Test
  void settingsThatSayNothingOfLayersAreWrittenAsBefore() {
    String json = new String(RunJson.write(TinyRuns.settings(TinyRuns.LORA)));
    assertFalse(json.contains("layers") || json.contains("prefix"), json);
    assertEquals(
        TinyRuns.settings(TinyRuns.LORA),
        caching(TinyRuns.settings(TinyRuns.LORA), PrefixCaching.AUTO));
  }

  @Test
  void layersThatAModelDoesNotHaveAreRefused() {
    assertRefused("last:3", "layers is 'last:3'; the model has 2 layers, 0 to 1");
    assertRefused("1-2", "layers is '1-2'; the model has 2 layers, 0 to 1");
    assertEquals(
        List.of("encoder.layer.1.attention.self.query", "encoder.layer.1.attention.self.value"),
        AdaptedModules.of(MODEL, layers("1")));
    assertEquals(
        AdaptedModules.of(MODEL, TinyRuns.settings(TinyRuns.LORA).adapter()),
        AdaptedModules.of(MODEL, layers("0,1")));
    PretrainedEncoder sharing = TinyEncoders.kindsOfTwoLayers(4).get(3);
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> AdaptedModules.of(sharing, layers("last:1")));
    assertTrue(refused.getMessage().contains("belongs to one layer of"), refused.getMessage());
  }

  private static void assertRefused(String layers, String message) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> AdaptedModules.of(MODEL, layers(layers)));
    assertEquals(message, refused.getMessage());
  }

  @Test
  void aFileIsReadAgainAndDamagedOnesAreComputedAnew() throws IOException {
    PrefixCache cache = new PrefixCache(folder.resolve("cache"), 1 << 20);
    List<String> news = new ArrayList<>();
    float[] first = prefix(cache, EXAMPLES, news).states().of(BATCHES.get(1));
    List<EncodedExample> reversed = new ArrayList<>(EXAMPLES);
    Collections.reverse(reversed);
    assertArrayEquals(first, prefix(cache, reversed, news).states().of(BATCHES.get(1)), 0);
    assertEquals(1, news.size());
    Path file = files(cache.folder()).get(0);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 5));
    assertArrayEquals(first, prefix(cache, EXAMPLES, news).states().of(BATCHES.get(1)), 0);
    assertEquals(2, news.size());
    bytes[7]++;
    Files.write(file, bytes);
    FrozenPrefix changed = prefix(cache, EXAMPLES, news);
    IllegalStateException found =
        assertThrows(
            IllegalStateException.class,
            () -> BATCHES.forEach(batch -> changed.states().of(batch)));
    assertTrue(found.getMessage().contains("is damaged; delete it"), found.getMessage());
  }

  @Test
  void whatWasNotUsedForLongestMakesRoom() throws IOException {
    List<String> news = new ArrayList<>();
    PrefixCache roomy = new PrefixCache(folder.resolve("cache"), 1 << 20);
    prefix(roomy, EXAMPLES, news);
    long bytes = Files.size(files(roomy.folder()).get(0));
    PrefixCache tight = new PrefixCache(roomy.folder(), bytes + bytes / 2);
    Files.setLastModifiedTime(files(roomy.folder()).get(0), FileTime.fromMillis(1000));
    prefix(tight, EXAMPLES.subList(0, 8), news);
    assertEquals(2, files(roomy.folder()).size());
    Files.setLastModifiedTime(newest(roomy.folder()), FileTime.fromMillis(2000));
    prefix(tight, EXAMPLES, news);
    assertEquals(2, news.size());
    prefix(tight, EXAMPLES.subList(1, 20), news);
    assertEquals(3, news.size());
    assertTrue(
        files(roomy.folder()).stream().mapToLong(f -> f.toFile().length()).sum() <= bytes * 1.5);
    PrefixCache tiny = new PrefixCache(folder.resolve("tiny"), bytes - 1);
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> prefix(tiny, EXAMPLES, news));
    assertTrue(refused.getMessage().contains("set BILORA_CACHE_GB higher"), refused.getMessage());
  }

  @Test
  void otherTextsAreRefused() throws IOException {
    PrefixCache cache = new PrefixCache(folder.resolve("cache"), 1 << 20);
    FrozenPrefix prefix = prefix(cache, EXAMPLES.subList(0, 3), new ArrayList<>());
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> BATCHES.forEach(batch -> prefix.states().of(batch)));
    assertTrue(refused.getMessage().contains("is none of the texts whose states"));
  }

  private static FrozenPrefix prefix(
      PrefixCache cache, List<EncodedExample> examples, List<String> news) throws IOException {
    return cache.prefix(MODEL, 1, ExecutionSettings.Precision.F32, examples, news::add);
  }

  private FrozenPrefix prefix(Method method) throws IOException {
    TrainingSettings settings = lastLayer(TinyRuns.settings(method));
    int depth =
        FrozenPrefix.depth(
            MODEL, method, settings.adapter(), AdaptedModules.of(MODEL, settings.adapter()));
    assertEquals(method.trainsHeadAlone() ? 2 : 1, depth);
    return new PrefixCache(folder.resolve("states"), 1 << 20)
        .prefix(MODEL, depth, ExecutionSettings.Precision.F32, EXAMPLES, news -> {});
  }

  private static FineTuning open(Method method, Optional<FrozenPrefix> prefix) {
    TrainingSettings settings = lastLayer(TinyRuns.settings(method));
    return FineTuning.open(
        MODEL,
        new EncoderHead(MODEL.config(), MODEL.pooling(), TinyRuns.DATA.task().outputs()),
        AdaptedModules.of(MODEL, settings.adapter()),
        settings.step(),
        prefix);
  }

  private static StepResult step(FineTuning fineTuning, Method method, int step) {
    StepKind kind = method.phases().get(0).kind();
    return fineTuning.step(
        new StepBatches(
            kind,
            BATCHES.subList(0, kind.lowerBatches()),
            BATCHES.subList(1, 1 + kind.upperBatches())),
        new StepRates(step, 0.02f, 0.05f, 0.02f));
  }

  private static void assertClose(OptionalDouble expected, OptionalDouble found) {
    assertEquals(expected.isPresent(), found.isPresent());
    if (expected.isPresent()) {
      double value = expected.getAsDouble();
      assertEquals(value, found.getAsDouble(), 1e-5 * Math.max(1, Math.abs(value)));
    }
  }

  private Trainer trainer(String name, TrainingSettings settings, TrainingListener... listeners) {
    return TinyRuns.trainer(folder.resolve(name), settings, listeners);
  }

  private static TrainingSettings lastLayer(TrainingSettings settings) {
    return changed(settings, Optional.of(new LayerSelection("last:1")), Optional.empty());
  }

  private static TrainingSettings caching(TrainingSettings settings, PrefixCaching caching) {
    return changed(settings, settings.adapter().layers(), Optional.of(caching));
  }

  private static AdapterSettings layers(String layers) {
    return changed(
            TinyRuns.settings(TinyRuns.LORA),
            Optional.of(new LayerSelection(layers)),
            Optional.empty())
        .adapter();
  }

  private static TrainingSettings changed(
      TrainingSettings settings, Optional<LayerSelection> layers, Optional<PrefixCaching> caching) {
    AdapterSettings adapter = settings.adapter();
    ExecutionSettings execution = settings.execution();
    return settings
        .withAdapter(
            new AdapterSettings(adapter.rank(), adapter.alpha(), adapter.targets(), layers))
        .withExecution(execution.withPrefixCache(caching));
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static Path newest(Path folder) throws IOException {
    return files(folder).stream()
        .max(Comparator.comparingLong(file -> file.toFile().lastModified()))
        .orElseThrow();
  }
}
