package org.bilora.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.data.TinyTasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Subset sizes, wrong labels and budgets of a study. */
class StudyRegimesTest {
  @TempDir Path folder;

  private static final String NOISY =
      """
      tasks: [cola, rte]
      model: minilm-l6
      seeds: [1, 2]
      train_examples: [100, 300]
      label_noise: [0, 0.4]
      budget: {steps: 400}
      per_task:
        rte: {train_examples: 50}
      methods:
        - name: lora
        - name: bilora
      """;

  private Study read(String yaml) throws IOException {
    return StudyFile.read(Files.writeString(folder.resolve("study.yaml"), yaml));
  }

  private String problem(String yaml) {
    return assertThrows(IOException.class, () -> read(yaml)).getMessage();
  }

  @Test
  void sizesAndSharesOfWrongLabelsAreComparedEachForItself() throws IOException {
    Study study = read(NOISY);
    assertEquals(
        List.of(
            "cola, 100 examples",
            "cola, 100 examples, 40% wrong labels",
            "cola, 300 examples",
            "cola, 300 examples, 40% wrong labels",
            "rte",
            "rte, 40% wrong labels"),
        study.regimes().stream().map(study::label).toList());
    List<Cell> cells = Cell.of(study);
    assertEquals(2 * 6 * 2, cells.size());
    assertEquals(24, cells.stream().map(Cell::fileName).distinct().count());
    assertEquals(OptionalInt.of(50), cells.get(8).trainExamples());
    assertEquals(Optional.empty(), cells.get(0).noise());
    assertEquals(0.4, cells.get(2).noise().orElseThrow().share());
    assertEquals(0.2, cells.get(2).noise().orElseThrow().cleanShare(), 1e-12);
  }

  @Test
  void everyRunOfABudgetOfStepsTakesThem() throws IOException {
    for (Cell cell : Cell.of(read(NOISY))) {
      assertEquals(400, cell.settings().maxSteps());
      assertEquals(400, cell.settings().epochs());
    }
  }

  @Test
  void aCellWithoutNoiseAndBudgetKeepsItsKey() throws IOException {
    String plain = NOISY.replaceAll("(budget|label_noise).*\\n", "").replace("[100, 300]", "100");
    Cell cell = Cell.of(read(plain)).get(0);
    Cell clean = Cell.of(read(plain + "label_noise: 0\n")).get(0);
    assertEquals(cell.key(), clean.key());
    String json = SettingNames.JSON.writeValueAsString(cell);
    assertFalse(json.contains("noise") || json.contains("seconds"), json);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertTrue(problem(NOISY.replace("0.4]", "1.0]")).contains("label_noise is 1.0"));
    assertTrue(problem(NOISY.replace("0.4]", "0.0]")).contains("label_noise names 0.0 twice"));
    assertTrue(problem(NOISY.replace("[100, 300]", "[100, 0]")).contains("train_examples is 0"));
    assertTrue(problem(NOISY.replace("steps: 400", "steps: 0")).contains("steps is 0"));
    assertTrue(
        problem(NOISY.replace("steps: 400", "steps: 4, seconds: 3")).contains("either steps or"));
    assertTrue(
        problem(NOISY + "settings: {epochs: 3}\n").contains("leave epochs out"),
        problem(NOISY + "settings: {epochs: 3}\n"));
    assertTrue(
        problem("clean_share: 0.3\n" + NOISY.replaceFirst("label_noise.*\\n", ""))
            .contains("clean_share goes with label_noise"));
  }

  private static Study noisy(String bilora, Overrides more) {
    Study study =
        TinyStudies.study(
            List.of("classes"), 1, TinyStudies.SETTINGS.with(more), List.of("lora", bilora));
    return study.withLabelNoise(List.of(0.5));
  }

  private static Map<String, Double> labels(List<Example> examples) {
    Map<String, Double> labels = new HashMap<>();
    examples.forEach(example -> labels.put(example.text(), example.target().orElseThrow()));
    return labels;
  }

  @Test
  void wrongLabelsAreTheSameForAllMethodsAndNoneIsInD2() throws IOException {
    StudyData data = new StudyData(TinyStudies::task);
    Map<String, Double> right = labels(TinyTasks.classes(40, 24, 7).split(Dataset.TRAIN));
    List<Map<String, Double>> learnt = new ArrayList<>();
    for (Cell cell : Cell.of(noisy("first-order", Overrides.NONE))) {
      Dataset dataset = data.of(cell);
      assertEquals(26, dataset.split(Dataset.TRAIN).size());
      assertEquals(6, dataset.split(Dataset.D2).size());
      long wrong =
          dataset.split(Dataset.TRAIN).stream()
              .filter(example -> right.get(example.text()) != example.target().orElseThrow())
              .count();
      assertEquals(13, wrong);
      dataset
          .split(Dataset.D2)
          .forEach(
              example -> assertEquals(right.get(example.text()), example.target().orElseThrow()));
      learnt.add(labels(dataset.split(Dataset.TRAIN)));
    }
    assertEquals(learnt.get(0), learnt.get(1));
  }

  @Test
  void aStudyMayEvaluateOnAPartOfTheDevSplitThatIsSpreadOverIt() throws IOException {
    Study study = read(NOISY + "dev_examples: 5\n");
    assertTrue(
        Cell.of(study).stream().allMatch(cell -> cell.devExamples().equals(OptionalInt.of(5))));
    assertEquals(
        Cell.of(read(NOISY)).get(0).key(),
        CellBuilder.builder(Cell.of(study).get(0)).devExamples(OptionalInt.empty()).build().key());
    List<Example> dev = TinyTasks.classes(40, 24, 7).split(Dataset.DEV);
    Dataset cut =
        new StudyData(TinyStudies::task)
            .of(
                CellBuilder.builder(Cell.of(TinyStudies.study(1)).get(0))
                    .devExamples(OptionalInt.of(5))
                    .build());
    assertEquals(
        List.of(dev.get(0), dev.get(4), dev.get(9), dev.get(14), dev.get(19)),
        cut.split(Dataset.DEV));
    assertTrue(cut.source().contains("5 of 24 dev examples"), cut.source());
    assertTrue(problem(NOISY + "dev_examples: 0\n").contains("dev_examples is 0"));
  }

  @Test
  void aSmallerD2IsAPartOfWhatIsRightAndALargerOneIsRefused() throws IOException {
    StudyData data = new StudyData(TinyStudies::task);
    Map<String, Double> right = labels(TinyTasks.classes(40, 24, 7).split(Dataset.TRAIN));
    Cell small = Cell.of(noisy("bilora", Overrides.of("lower_fraction", "0.9"))).get(1);
    assertEquals(3, data.of(small).split(Dataset.D2).size());
    assertEquals(
        13,
        data.of(small).split(Dataset.TRAIN).stream()
            .filter(example -> right.get(example.text()) != example.target().orElseThrow())
            .count());
    Cell large = Cell.of(noisy("bilora", Overrides.of("lower_fraction", "0.5"))).get(1);
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> data.of(large));
    assertTrue(refused.getMessage().contains("set clean_share"), refused.getMessage());
  }

  @Test
  void aBudgetOfTimeIsANumberOfStepsThatAllSeedsOfAMethodTake() throws IOException {
    Study study =
        TinyStudies.study(
                List.of("classes"),
                2,
                new Overrides(
                    TinyStudies.SETTINGS.values().entrySet().stream()
                        .filter(setting -> !setting.getKey().equals("epochs"))
                        .collect(
                            ImmutableMap.toImmutableMap(Map.Entry::getKey, Map.Entry::getValue))),
                List.of("lora"))
            .withBudget(new Budget(OptionalInt.empty(), OptionalDouble.of(0.05)));
    Path directory = folder.resolve("timed");
    assertEquals(2, TinyStudies.run(study, directory, new TinyStudies.Heard()).finished());
    List<CellResult> results =
        List.copyOf(new ResultStore(directory, warning -> {}).read(Cell.of(study)).values());
    assertEquals(results.get(0).run().steps(), results.get(1).run().steps());
    assertTrue(results.get(0).run().steps() >= 1);
    assertEquals(results.get(0).run().steps(), results.get(0).run().settings().maxSteps());
  }
}
