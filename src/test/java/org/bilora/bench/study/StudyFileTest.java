package org.bilora.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.FirstOrder;
import org.bilora.generate.DecodingMethod;
import org.bilora.generate.DecodingSettings;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.bilora.model.HiddenKey;
import org.bilora.settings.LayerSelection;
import org.bilora.step.ExecutionSettings;
import org.bilora.train.TrainingSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyFileTest {
  @TempDir Path folder;

  private static final String WHOLE =
      """
      description: A test.
      tasks: [cola, rte]
      model: minilm-l6
      seeds: [3, 1]
      train_examples: 500
      settings: {lr: 5e-4, max-length: 64, lambda: real, rank: 4, jit: off}
      per_task:
        rte: {train_examples: 200, settings: {epochs: 7, rank: 2}}
      methods:
        - name: lora
          settings: {method.dropout: 0.1}
        - name: quick
          base: bilora
          settings: {hypergradient: first-order, targets: key}
          per_task: {rte: {rank: 3}}
          sweep: {lower_steps: [1, 2], gamma1: [0, 0.5]}
      """;

  private Study read(String yaml) throws IOException {
    return StudyFile.read(Files.writeString(folder.resolve("study.yaml"), yaml));
  }

  private String problem(String yaml) {
    IOException wrong = assertThrows(IOException.class, () -> read(yaml));
    assertFalse(wrong.getMessage().contains("\n"), wrong.getMessage());
    assertTrue(
        wrong.getMessage().startsWith(folder.resolve("study.yaml").toString()), wrong.getMessage());
    return wrong.getMessage();
  }

  private static Cell cell(List<Cell> cells, String task, String method) {
    return cells.stream()
        .filter(c -> c.task().equals(task) && c.method().equals(method))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void cellsAdvanceSeedBySeedThenTaskByTask() throws IOException {
    List<Cell> cells = Cell.of(read(WHOLE));
    assertEquals(2 * 2 * 5, cells.size());
    assertEquals("cola, lora, seed 3", cells.get(0).title());
    assertEquals("cola, quick lower_steps=1 gamma1=0, seed 3", cells.get(1).title());
    assertEquals("rte, lora, seed 3", cells.get(5).title());
    assertEquals("cola, lora, seed 1", cells.get(10).title());
    assertEquals(20, cells.stream().map(Cell::fileName).distinct().count());
  }

  @Test
  void whatIsSaidNearerToACellWins() throws IOException {
    List<Cell> cells = Cell.of(read(WHOLE));
    TrainingSettings lora = cell(cells, "rte", "lora").settings();
    assertEquals(new Lora(0.1), lora.method());
    assertEquals(5e-4, lora.optimizer().learningRate());
    assertEquals(64, lora.maxLength());
    assertEquals(ExecutionSettings.Jit.OFF, lora.execution().jit());
    assertEquals(7, lora.epochs());
    assertEquals(2, lora.adapter().rank());
    Cell quick = cell(cells, "rte", "quick lower_steps=2 gamma1=0.5");
    assertEquals(3, quick.settings().adapter().rank());
    assertEquals(List.of("key"), quick.settings().adapter().targets());
    BiLora method = (BiLora) quick.settings().method();
    assertEquals(Lambda.REAL, method.lambda());
    assertEquals(new FirstOrder(), method.hypergradient());
    assertEquals(2, method.lowerSteps());
    assertEquals(0.5, method.gamma1());
    assertEquals(OptionalInt.of(200), quick.trainExamples());
    assertEquals(4, cell(cells, "cola", "lora").settings().adapter().rank());
    assertEquals(OptionalInt.of(500), cell(cells, "cola", "lora").trainExamples());
  }

  @Test
  void layersAndTheirCacheAreSettings() throws IOException {
    String lr = "lr: 5e-4";
    Cell cell = Cell.of(read(WHOLE.replace(lr, lr + ", layers: last:2, prefix-cache: off"))).get(0);
    assertEquals(Optional.of(new LayerSelection("last:2")), cell.settings().adapter().layers());
    assertEquals(
        Optional.of(ExecutionSettings.PrefixCaching.OFF),
        cell.settings().execution().prefixCache());
    Cell one = Cell.of(read(WHOLE.replace(lr, lr + ", layers: 5"))).get(0);
    assertEquals(Optional.of(new LayerSelection("5")), one.settings().adapter().layers());
    Cell usual = Cell.of(read(WHOLE.replace(lr, lr + ", prefix-cache: auto"))).get(0);
    assertEquals(Cell.of(read(WHOLE)).get(0).key(), usual.key());
  }

  @Test
  void batchesOfTasksWithLabelsMayHaveATokenBudgetToo() throws IOException {
    Cell cell = Cell.of(read(WHOLE.replace("lr: 5e-4", "lr: 5e-4, batch_tokens: 512"))).get(0);
    assertEquals(OptionalInt.of(512), cell.settings().batchTokens());
    Cell none = Cell.of(read(WHOLE.replace("lr: 5e-4", "lr: 5e-4, batch_tokens: 0"))).get(0);
    assertEquals(Cell.of(read(WHOLE)).get(0).key(), none.key());
  }

  @Test
  void equalNumbersWrittenDifferentlyAreEqualCells() throws IOException {
    Cell scientific = Cell.of(read(WHOLE)).get(0);
    Cell plain = Cell.of(read(WHOLE.replace("lr: 5e-4", "learning_rate: 0.0005"))).get(0);
    assertEquals(scientific.key(), plain.key());
    Cell other = Cell.of(read(WHOLE.replace("lr: 5e-4", "lr: 6e-4"))).get(0);
    assertFalse(scientific.key().equals(other.key()));
  }

  @Test
  void everyStandardMethodIsReachable() {
    for (String name : StudyMethod.standardNames()) {
      Study study = TinyStudies.study(List.of("classes"), 1, Overrides.NONE, List.of(name));
      assertEquals(name, Cell.of(study).get(0).method());
    }
  }

  @Test
  void trialsAreSeededDrawsBehindTheMethodAsItStands() throws IOException {
    String search =
        """
        tasks: [rte]
        model: minilm-l6
        seeds: [1]
        select_on: training
        trials: 4
        methods:
          - name: lora
            ranges: {lr: {from: 1e-4, to: 1e-2}, rank: {values: [2, 4, 8]}}
        """;
    List<Cell> cells = Cell.of(read(search));
    assertEquals(4, cells.size());
    assertEquals(cells, Cell.of(read(search)));
    assertEquals("lora trial-1", cells.get(0).method());
    assertEquals(0.2, cells.get(0).heldOut().orElseThrow());
    assertEquals(
        4, cells.stream().map(c -> c.settings().optimizer().learningRate()).distinct().count());
    for (Cell cell : cells) {
      double rate = cell.settings().optimizer().learningRate();
      assertTrue(rate >= 1e-4 && rate <= 1e-2, Double.toString(rate));
    }
    assertTrue(problem(search.replace("trials: 4\n", "")).contains("trials is missing"));
  }

  @Test
  void unknownFieldsAndSettingsNameTheNearestKnownOneAndTheLine() {
    String field = problem(WHOLE.replace("train_examples: 500", "train_exampels: 500"));
    assertTrue(field.contains("line 5"), field);
    assertTrue(field.contains("nearest known name is 'train_examples'"), field);
    String setting = problem(WHOLE.replace("epochs: 7", "epoch: 7"));
    assertTrue(setting.contains("line 8"), setting);
    assertTrue(setting.contains("nearest known name is 'epochs'"), setting);
    String method = problem(WHOLE.replace("name: lora", "name: lara"));
    assertTrue(method.contains("nearest known name is 'lora'"), method);
    String lacking = problem(WHOLE.replace("method.dropout: 0.1", "lambda: real"));
    assertTrue(lacking.contains("method lora has no setting 'lambda'"), lacking);
    String task = problem(WHOLE.replace("  rte: {train", "  rtr: {train"));
    assertTrue(task.contains("nearest known name is 'rte'"), task);
  }

  @Test
  void whatIsNotYamlOrOfTheWrongKindIsOneLine() {
    assertTrue(problem("tasks: [cola\nmodel: x").contains("not YAML"));
    assertTrue(problem("").contains("is the file empty"));
    assertTrue(problem(WHOLE.replace("[3, 1]", "three")).contains("line 4, seeds"));
    assertTrue(problem(WHOLE.replace("[3, 1]", "[3, 3]")).contains("seeds names 3 twice"));
    assertTrue(problem(WHOLE.replace("model: minilm-l6\n", "")).contains("model is missing"));
    assertTrue(problem(WHOLE + "model: other\n").contains("Duplicate field"));
  }

  @Test
  void aValueOutOfItsRangeNamesMethodAndTask() throws IOException {
    String epochs = problem(WHOLE.replace("epochs: 7", "epochs: 0"));
    assertTrue(
        epochs.endsWith(
            "study.yaml, line 8: method lora, task rte: epochs is 0; it must be 1 or more"),
        epochs);
    // The file's names, not those of a record's fields.
    String length = problem(WHOLE.replace("max-length: 64", "max-length: 1"));
    assertTrue(length.contains("line 6: method lora, task cola: max_length is 1"), length);
  }

  @Test
  void limitsOfTheParserAndSizesThatNobodyMeansAreOneLine() {
    assertTrue(problem("a: " + "[".repeat(20_000)).contains("it is not YAML"));
    String unknown = problem(WHOLE + "x".repeat(1000) + ": 1\n");
    assertTrue(unknown.contains("unknown field 'xxx") && unknown.length() < 1000, unknown);
    assertTrue(problem(WHOLE + "# " + "x".repeat(2_000_000)).contains("is it another file?"));
    assertTrue(problem(WHOLE.replace("minilm-l6", "/")).contains("line 3: model is '/'"));
    assertTrue(problem(WHOLE.replace("500", "99999999999")).contains("line 5"));
    String sweep = problem(WHOLE.replace("[0, 0.5]", "[" + "0, ".repeat(60_000) + "1]"));
    assertTrue(sweep.contains("it can have at most 100000"), sweep);
  }

  private static final String TEXTS =
      """
      tasks: [e2e]
      model: gpt2
      seeds: [1]
      settings: {batch_tokens: 256, lr: 1e-3}
      decoding: {beam: 4, max_new_tokens: 30, stop: likely}
      test_inputs: 50
      methods: [{name: lora}]
      """;

  @Test
  void aStudyOfTextsSaysHowTheyAreMade() throws IOException {
    Cell cell = Cell.of(read(TEXTS)).get(0);
    assertEquals(OptionalInt.of(50), cell.testInputs());
    assertEquals(
        new DecodingSettings(
            new DecodingMethod.BeamSearch(
                4, 0.9, DecodingMethod.BeamSearch.Stopping.NO_BETTER_LIKELY),
            4,
            0,
            30,
            16,
            true),
        cell.decoding().orElseThrow().settings());
    assertEquals(OptionalInt.of(256), cell.settings().batchTokens());
    Cell published =
        Cell.of(read(TEXTS.replaceFirst("decoding.*\\n", "").replaceFirst("test_in.*\\n", "")))
            .get(0);
    assertEquals(DecodingSettings.PUBLISHED, published.decoding().orElseThrow().settings());
  }

  @Test
  void hiddenKeyIsASettingOfEveryMethodAndZeroIsTheModelsOwnDropout() throws IOException {
    List<Cell> cells =
        Cell.of(
            read(
                """
                description: A test.
                tasks: [cola]
                model: minilm-l6
                seeds: [1]
                settings: {drop-key: 0.2}
                methods:
                  - name: lora-hiddenkey
                  - {name: joint, settings: {kl-weight: 0.5}}
                  - {name: lora, settings: {drop_key: 0, hidden_cut: 0}}
                """));
    TrainingSettings rival = cell(cells, "cola", "lora-hiddenkey").settings();
    assertEquals(OptionalDouble.of(0.2), rival.dropKey());
    assertEquals(OptionalDouble.of(0.1), rival.hiddenCut());
    TrainingSettings joint = cell(cells, "cola", "joint").settings();
    assertEquals(new HiddenKey(0.2, 0, 0.5), joint.step().hiddenKey());
    TrainingSettings plain = cell(cells, "cola", "lora").settings();
    assertEquals(HiddenKey.OFF, plain.step().hiddenKey());
    assertEquals(OptionalDouble.empty(), plain.dropKey());
  }

  @Test
  void whatDoesNotGoWithItsKindOfTasksIsRefused() {
    assertTrue(problem(TEXTS.replace("beam: 4", "beam: 0")).contains("beams is 0"));
    assertTrue(
        problem(TEXTS.replace("beam: 4", "beams: 4")).contains("nearest known name is 'beam'"));
    assertTrue(
        problem(TEXTS.replace("beam: 4", "split: train")).contains("it must be test or dev"));
    assertTrue(problem(TEXTS.replace("[e2e]", "[e2e, cola]")).contains("e2e and cola"));
    assertTrue(problem(TEXTS.replace("[e2e]", "[cola]")).contains("decoding is for generation"));
    assertTrue(problem(TEXTS.replace("name: lora", "name: head")).contains("trains a head alone"));
    assertTrue(problem(TEXTS + "select_on: training\n").contains("generation tasks cannot"));
    String smoothing = WHOLE.replace("rank: 2", "label-smoothing: 0.1");
    assertTrue(problem(smoothing).contains("label_smoothing is for generation"));
  }
}
