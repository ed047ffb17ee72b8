package org.bilora.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.bilora.bench.report.SearchReport;
import org.bilora.data.Dataset;
import org.bilora.data.GenerationDataset;
import org.bilora.data.GenerationExample;
import org.bilora.eval.generation.GenerationMetric;
import org.bilora.eval.generation.GenerationScores;
import org.bilora.eval.generation.TercomWords;
import org.bilora.generate.Prompt;
import org.bilora.generate.TextGenerator;
import org.bilora.model.PretrainedDecoder;
import org.bilora.train.TrainedLanguageModel;
import org.bilora.train.TrainingListener;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A study of a generation task, from training to the scores of what was written. */
class GenerationStudyTest {
  @TempDir static Path folder;
  private static final Study STUDY =
      TinyGeneration.study(OptionalInt.empty(), OptionalInt.empty(), "lora", "first-order");
  private static Path whole;

  /** Keeps the run directories, to be looked into. */
  @BeforeAll
  static void runWhole() throws IOException {
    whole = folder.resolve("whole");
    StudyRunner.Conduct keeping =
        new StudyRunner.Conduct(Optional.empty(), true, TinyStudies.SITTING.checkpointing());
    try (PretrainedDecoder model = TinyGeneration.model()) {
      StudyRunner.Summary outcome =
          new StudyRunner(Cell.of(STUDY), whole, keeping, new TinyStudies.Heard())
              .run(TinyGeneration.bed(model));
      assertEquals(new StudyRunner.Summary(2, 0, 0, false), outcome);
    }
  }

  private static Map<Cell, CellResult> results(Study study, Path directory) throws IOException {
    return new ResultStore(directory, warning -> {}).read(Cell.of(study));
  }

  @Test
  void categoriesThatTheTrainingSetHasAreScoredApartFromOthers() throws IOException {
    GenerationDataset plain = TinyGeneration.task("e2e");
    Map<String, List<GenerationExample>> splits = new HashMap<>();
    for (String split : List.of(Dataset.TRAIN, Dataset.DEV, Dataset.TEST)) {
      List<GenerationExample> examples = new ArrayList<>();
      for (GenerationExample each : plain.split(split)) {
        boolean unseen = split.equals(Dataset.TEST) && examples.size() % 3 == 0;
        examples.add(
            new GenerationExample(
                each.context(), each.references(), Optional.of(unseen ? "Artist" : "Food")));
      }
      splits.put(split, examples);
    }
    GenerationDataset named =
        new GenerationDataset(plain.task(), splits, plain.source(), plain.sha256());
    Study study = TinyGeneration.study(OptionalInt.of(20), OptionalInt.empty(), "lora");
    Path directory = folder.resolve("categories");
    try (PretrainedDecoder model = TinyGeneration.model()) {
      new StudyRunner(Cell.of(study), directory, TinyStudies.SITTING, new TinyStudies.Heard())
          .run(new DecoderTestBed(model, task -> named, new TercomWords(), Optional.empty()));
    }
    GenerationResult texts =
        results(study, directory).values().iterator().next().generation().orElseThrow();
    List<String> unseen = new ArrayList<>();
    List<List<String>> references = new ArrayList<>();
    for (int i = 0; i < texts.inputs(); i += 3) {
      unseen.add(texts.outputs().get(i));
      references.add(plain.split(Dataset.TEST).get(i).references());
    }
    GenerationResult.Group group = texts.groups().get("unseen categories");
    assertEquals(unseen.size(), group.inputs());
    assertEquals(
        GenerationScores.of(unseen, references, new TercomWords(), Optional.empty()).values(),
        group.scores());
    assertEquals(texts.inputs() - unseen.size(), texts.groups().get("seen categories").inputs());
    assertTrue(
        results(STUDY, whole).values().stream()
            .allMatch(result -> result.generation().orElseThrow().groups().isEmpty()));
  }

  @Test
  void aSearchComparesPerplexitiesOfTheDevSplitAndWritesNoTexts() throws IOException {
    Overrides settings =
        new Overrides(
            ImmutableMap.copyOf(
                Maps.filterKeys(
                    TinyGeneration.SETTINGS.values(), setting -> !setting.equals("epochs"))));
    Study search =
        UsualRanges.search(
            TinyGeneration.study(
                List.of("e2e"), settings, OptionalInt.of(20), OptionalInt.empty(), "lora"),
            2,
            OptionalInt.empty(),
            Budget.ofSteps(4));
    Path directory = folder.resolve("search");
    List<Cell> cells = Cell.of(search);
    try (PretrainedDecoder model = TinyGeneration.model()) {
      new StudyRunner(cells, directory, TinyStudies.SITTING, new TinyStudies.Heard())
          .run(TinyGeneration.bed(model));
    }
    Map<Cell, CellResult> results = results(search, directory);
    assertEquals(2, results.size());
    results.values().forEach(result -> assertTrue(result.generation().isEmpty()));
    SearchReport report = new SearchReport(search, cells, results, directory);
    report.write();
    Cell best =
        Collections.min(
                results.entrySet(),
                Comparator.comparingDouble(
                    each -> each.getValue().run().best().orElseThrow().value()))
            .getKey();
    JsonNode rows =
        new ObjectMapper().readTree(directory.resolve("search.json").toFile()).at("/trials/rows");
    rows.forEach(
        row ->
            assertEquals(
                row.path("trial").asText().equals(best.method()) ? "yes" : "",
                row.path("chosen").asText()));
    String text = Files.readString(directory.resolve(SearchReport.FILE));
    assertTrue(text.contains("the test split was not looked at"), text);
  }

  @Test
  void resultsAreWhatTheBestValuesWriteAndItsScores() throws IOException {
    List<GenerationExample> inputs = TinyGeneration.task("e2e").split(Dataset.TEST);
    for (CellResult result : results(STUDY, whole).values()) {
      GenerationResult texts = result.generation().orElseThrow();
      Path run = whole.resolve("runs").resolve(result.cell().fileName());
      // One input at a time, by the trained values as they lie in the run directory.
      ImmutableList.Builder<String> slow = ImmutableList.builder();
      try (TrainedLanguageModel trained =
              TrainedLanguageModel.open(run, name -> TinyGeneration.model());
          TextGenerator generator =
              new TextGenerator(
                  trained.merged(), result.cell().decoding().orElseThrow().settings())) {
        for (GenerationExample input : inputs) {
          int[] prompt = Prompt.ofContext(trained.merged(), input.context(), 5).tokens();
          slow.add(
              generator
                  .generate(List.of(prompt), (finished, all) -> {})
                  .get(0)
                  .text(trained.merged().tokenizer()));
        }
      }
      assertEquals(slow.build(), texts.outputs(), result.cell().title());
      assertEquals(
          GenerationScores.of(
                  texts.outputs(),
                  inputs.stream().map(GenerationExample::references).toList(),
                  new TercomWords(),
                  Optional.empty())
              .values(),
          texts.scores());
      assertFalse(texts.scores().containsKey(GenerationMetric.METEOR));
      assertEquals(TinyGeneration.INPUTS, texts.inputs());
      assertEquals(List.of(1, 5, 9, 13, 17), texts.samples().stream().map(s -> s.input()).toList());
      GenerationResult.Sample third = texts.samples().get(2);
      assertEquals(inputs.get(8).context(), third.context());
      assertEquals(inputs.get(8).references(), third.references());
      assertEquals(texts.outputs().get(8), texts.output(third));
    }
  }

  /**
   * Ends a session as a kill does: nothing is cleaned up but the lock, which dies with a process.
   */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1;
  }

  private static final class KilledWhen extends TinyStudies.Heard {
    private final int steps;
    private final int texts;
    private int seen;

    KilledWhen(int steps, int texts) {
      this.steps = steps;
      this.texts = texts;
    }

    @Override
    public List<TrainingListener> followers(Cell cell, Duration leftAfterwards) {
      return List.of(
          new TrainingListener() {
            @Override
            public void stepFinished(Progress progress) {
              if (++seen == steps) {
                throw new Killed();
              }
            }
          });
    }

    @Override
    public void decoded(Cell cell, int finished, int all) {
      if (finished >= texts) {
        throw new Killed();
      }
    }
  }

  @Test
  void aStudyKilledInTrainingAndInDecodingEndsWithTheSameResults() throws IOException {
    Path killed = folder.resolve("killed");
    int never = Integer.MAX_VALUE;
    assertThrows(Killed.class, () -> TinyGeneration.run(STUDY, killed, new KilledWhen(3, never)));
    assertThrows(Killed.class, () -> TinyGeneration.run(STUDY, killed, new KilledWhen(never, 16)));
    assertEquals(0, results(STUDY, killed).size());
    TinyStudies.Heard heard = new TinyStudies.Heard();
    assertEquals(new StudyRunner.Summary(2, 0, 0, false), TinyGeneration.run(STUDY, killed, heard));
    assertEquals(List.of(), heard.warnings);
    assertSameTexts(results(STUDY, whole), results(STUDY, killed));
    try (Stream<Path> runs = Files.list(killed.resolve("runs"))) {
      assertEquals(0, runs.count());
    }
  }

  @Test
  void aRequestToStopEndsDecodingAndTheNextSittingGoesOn() throws IOException {
    Path directory = folder.resolve("stopped");
    try (PretrainedDecoder model = TinyGeneration.model()) {
      StudyRunner[] runner = new StudyRunner[1];
      TinyStudies.Heard stopping =
          new TinyStudies.Heard() {
            @Override
            public void decoded(Cell cell, int finished, int all) {
              runner[0].requestStop();
            }
          };
      runner[0] = new StudyRunner(Cell.of(STUDY), directory, TinyStudies.SITTING, stopping);
      assertEquals(
          new StudyRunner.Summary(0, 2, 0, true), runner[0].run(TinyGeneration.bed(model)));
    }
    TinyGeneration.run(STUDY, directory, new TinyStudies.Heard());
    assertSameTexts(results(STUDY, whole), results(STUDY, directory));
  }

  private static void assertSameTexts(
      Map<Cell, CellResult> expected, Map<Cell, CellResult> actual) {
    StudyRunnerTest.assertSameNumbers(expected, actual);
    expected.forEach(
        (cell, result) -> {
          GenerationResult before = result.generation().orElseThrow();
          GenerationResult now = actual.get(cell).generation().orElseThrow();
          assertEquals(before.outputs(), now.outputs(), cell.title());
          assertEquals(before.scores(), now.scores(), cell.title());
          assertEquals(before.samples(), now.samples(), cell.title());
          assertEquals(before.tokens(), now.tokens(), cell.title());
        });
  }

  @Test
  void fewerPairsAndInputsAreTakenWhenAskedFor() throws IOException {
    Study small = TinyGeneration.study(OptionalInt.of(16), OptionalInt.of(4), "lora");
    Path directory = folder.resolve("small");
    TinyGeneration.run(small, directory, new TinyStudies.Heard());
    CellResult result = results(small, directory).values().iterator().next();
    assertEquals(16, result.run().examples().lower());
    assertEquals(4, result.generation().orElseThrow().outputs().size());
    List<GenerationExample> all = TinyGeneration.task("e2e").split(Dataset.TEST);
    assertEquals(
        List.of(0, 5, 10, 15).stream().map(i -> all.get(i).context()).toList(),
        result.generation().orElseThrow().samples().stream().map(s -> s.context()).toList());
  }

  @Test
  void aTestSetWithoutTextsIsRefusedBeforeAnythingIsTrained() throws IOException {
    GenerationDataset with = TinyGeneration.task("e2e");
    List<GenerationExample> bare =
        ImmutableList.of(new GenerationExample("name : p1", ImmutableList.of()));
    GenerationDataset without =
        new GenerationDataset(
            with.task(),
            ImmutableMap.of(
                Dataset.TRAIN, with.split(Dataset.TRAIN),
                Dataset.DEV, with.split(Dataset.DEV),
                Dataset.TEST, bare),
            "made up",
            "other");
    TinyStudies.Heard heard = new TinyStudies.Heard();
    try (PretrainedDecoder model = TinyGeneration.model()) {
      StudyRunner runner =
          new StudyRunner(Cell.of(STUDY), folder.resolve("bare"), TinyStudies.SITTING, heard);
      IOException refused =
          assertThrows(
              IOException.class,
              () ->
                  runner.run(
                      TestBed.of(model, task -> without, new TercomWords(), Optional.empty())));
      assertTrue(refused.getMessage().contains("no reference for 'name : p1'"));
    }
    assertEquals(List.of(), heard.ran);
  }

  @Test
  void lengthPenaltyAndDefaultsAreTheTasksOwn() {
    Study study =
        TinyGeneration.study(
            List.of("e2e", "dart"),
            Overrides.of("label_smoothing", "0.2").with(Overrides.of("batch-tokens", "0")),
            OptionalInt.empty(),
            OptionalInt.empty(),
            "lora");
    Cell e2e = Cell.of(study).get(0);
    Cell dart = Cell.of(study).get(1);
    assertEquals(0.9, e2e.decoding().orElseThrow().lengthPenalty().orElseThrow());
    assertEquals(0.8, dart.decoding().orElseThrow().lengthPenalty().orElseThrow());
    assertEquals(0.01, e2e.settings().optimizer().weightDecay());
    assertEquals(0, dart.settings().optimizer().weightDecay());
    assertEquals(0.2, dart.settings().labelSmoothing().orElseThrow());
    assertTrue(e2e.settings().batchTokens().isEmpty());
    assertEquals(8, e2e.settings().batchSize());
  }
}
