package org.bilora.bench.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.LongStream;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.GenerationResult;
import org.bilora.bench.study.Overrides;
import org.bilora.bench.study.Study;
import org.bilora.bench.study.StudyMethod;
import org.bilora.data.MetricName;
import org.bilora.data.Task;
import org.bilora.eval.generation.GenerationMetric;
import org.bilora.model.EncoderHead;
import org.bilora.step.DeviceInfo;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.StepResult;
import org.bilora.train.AdapterStatistics;
import org.bilora.train.EpochRecord;
import org.bilora.train.EpochRecordBuilder;
import org.bilora.train.ExampleCounts;
import org.bilora.train.ProvenanceBuilder;
import org.bilora.train.RunJson;
import org.bilora.train.RunRecord;
import org.bilora.train.RunRecordBuilder;

/** Results as a study leaves them, with numbers from a formula. */
public final class SyntheticResults {
  private static final int EPOCHS = 4;

  private SyntheticResults() {}

  static Study study(int seeds, String... methods) {
    return study(List.of("rte", "stsb"), seeds, OptionalInt.empty(), methods);
  }

  private static Study study(
      List<String> tasks, int seeds, OptionalInt testInputs, String... methods) {
    return Study.of(
            tasks,
            "tiny",
            LongStream.rangeClosed(1, seeds).boxed().toList(),
            Overrides.NONE,
            List.of(methods).stream().map(StudyMethod::standard).toList())
        .withTexts(Optional.empty(), testInputs);
  }

  /** A result for every cell. */
  static Map<Cell, CellResult> results(List<Cell> cells) {
    Map<Cell, CellResult> results = new LinkedHashMap<>();
    cells.forEach(cell -> results.put(cell, CellResult.of(cell, run(cell))));
    return results;
  }

  /** Score in epoch e of 4: 0.5 + 0.01 × seed + 0.02 × (bilora) + 0.01 × min(e, 3). */
  static RunRecord run(Cell cell) {
    return run(cell, cell.seed());
  }

  /** The same with another number for the seed. */
  public static RunRecord run(Cell cell, long seed) {
    boolean scores = cell.task().equals("stsb");
    boolean texts = cell.task().equals("e2e");
    MetricName metric =
        texts ? MetricName.PERPLEXITY : scores ? MetricName.PEARSON : MetricName.ACCURACY;
    boolean bilevel = cell.method().startsWith("bilora");
    ImmutableList.Builder<EpochRecord> epochs = ImmutableList.builder();
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      double score = 0.5 + 0.01 * seed + (bilevel ? 0.02 : 0) + 0.01 * Math.min(epoch, 3);
      epochs.add(
          EpochRecordBuilder.builder()
              .epoch(epoch)
              .step(10L * epoch)
              .devLoss(0.65 - 0.02 * epoch)
              .metrics(ImmutableMap.of(metric, score))
              .lowerLearningRate(1e-3)
              .seconds(bilevel ? 30 : 10)
              .lowerLoss(OptionalDouble.of(0.7 - 0.1 * epoch))
              .upperLoss(bilevel ? OptionalDouble.of(0.6) : OptionalDouble.empty())
              .upperLearningRate(bilevel ? OptionalDouble.of(1e-2) : OptionalDouble.empty())
              .secondsPerStep(OptionalDouble.of(bilevel ? 2.5 : 0.8))
              .adapters(bilevel ? Optional.of(adapters(epoch, seed)) : Optional.empty())
              .calibrationError(
                  scores || texts ? OptionalDouble.empty() : OptionalDouble.of(0.02 * epoch))
              .hypergradientTerms(
                  bilevel ? Optional.of(new StepResult.Terms(0.1 * epoch, -0.2)) : Optional.empty())
              .build());
    }
    return RunRecordBuilder.builder()
        .formatVersion(RunRecord.FORMAT_VERSION)
        .status(RunRecord.Status.FINISHED)
        .task(
            new Task(
                cell.task(),
                true,
                scores || texts ? ImmutableList.of() : ImmutableList.of("yes", "no"),
                ImmutableList.of(metric)))
        .model(
            new RunRecord.Model(
                "tiny", "drawn from seed 3", "m", Optional.of(EncoderHead.Pooling.POOLER)))
        .settings(cell.settings())
        .provenance(
            ProvenanceBuilder.builder()
                .seed(cell.seed())
                .dataSource("train.tsv, dev.tsv")
                .dataSha256("d-" + cell.task())
                .commit("c0ffee")
                .java("17")
                .tensorflow("2.18.0")
                .os("Linux")
                .cpu("a processor")
                .processors(2)
                .device(
                    new DeviceInfo(
                        "2.18.0", ExecutionSettings.Precision.F32, true, Optional.empty()))
                .date("2024-05-0%dT01:02:03Z".formatted(cell.seed()))
                .build())
        .examples(new ExampleCounts(80, bilevel ? 20 : 0, 50, 0, 0))
        .trainedParameters(1234)
        .totalSteps(10L * EPOCHS)
        .steps(10L * EPOCHS)
        .seconds(bilevel ? 130 : 45)
        .epochs(epochs.build())
        .frozenSha256Before("f")
        .best(Optional.of(new RunRecord.Best(3, metric, 0.53 + 0.01 * seed)))
        .trainedSha256(Optional.of("t"))
        .frozenSha256After(Optional.of("f"))
        .peakMemoryBytes(OptionalLong.of(1L << 30))
        .build();
  }

  /** The same with another chosen epoch. */
  static RunRecord chosen(RunRecord run, int epoch) {
    return changed(
        run, run.provenance().commit(), new RunRecord.Best(epoch, run.task().primaryMetric(), 0));
  }

  /** The same made by another commit. */
  static RunRecord ofCommit(RunRecord run, String commit) {
    return changed(run, commit, run.best().orElseThrow());
  }

  private static RunRecord changed(RunRecord run, String commit, RunRecord.Best best) {
    ObjectMapper json = RunJson.mapper();
    ObjectNode tree = json.valueToTree(run);
    ((ObjectNode) tree.get("provenance")).put("commit", commit);
    tree.set("best", json.valueToTree(best));
    try {
      return json.treeToValue(tree, RunRecord.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static AdapterStatistics adapters(int epoch, long seed) {
    Random random = new Random(seed);
    ImmutableMap.Builder<String, List<Double>> lambda = ImmutableMap.builder();
    ImmutableMap.Builder<String, Integer> used = ImmutableMap.builder();
    for (int layer = 0; layer < 6; layer++) {
      for (String module : List.of("query", "value")) {
        String name = "encoder.layer.%d.attention.self.%s".formatted(layer, module);
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          values.add(0.25 + 0.02 * epoch * random.nextGaussian());
        }
        lambda.put(name, ImmutableList.copyOf(values));
        used.put(name, 4);
      }
    }
    return new AdapterStatistics(lambda.buildOrThrow(), used.buildOrThrow(), 0.1 * epoch, 0.2);
  }

  /** Of texts: BLEU 0.6 + 0.01 × seed + 0.02 × (bilora), TER 0.4 less the same, CIDEr 2. */
  static Study ofTexts(int seeds, String... methods) {
    return study(List.of("e2e"), seeds, OptionalInt.of(7), methods);
  }

  /** A result for every cell of {@link #ofTexts}. */
  static Map<Cell, CellResult> resultsOfTexts(List<Cell> cells) {
    Map<Cell, CellResult> results = new LinkedHashMap<>();
    for (Cell cell : cells) {
      double ahead = 0.01 * cell.seed() + (cell.method().startsWith("bilora") ? 0.02 : 0);
      ImmutableList.Builder<String> outputs = ImmutableList.builder();
      for (int i = 1; i <= 7; i++) {
        outputs.add("%s, seed %d | text %d".formatted(cell.method(), cell.seed(), i));
      }
      GenerationResult texts =
          new GenerationResult(
              ImmutableMap.of(
                  GenerationMetric.BLEU,
                  0.6 + ahead,
                  GenerationMetric.CIDER,
                  2.0,
                  GenerationMetric.TER,
                  0.4 - ahead),
              7,
              0,
              6,
              70,
              3.5,
              outputs.build(),
              ImmutableList.of(
                  new GenerationResult.Sample(
                      2, "name : Mill", ImmutableList.of("The mill.", "A mill.", "One", "Two")),
                  new GenerationResult.Sample(5, "name : Inn", ImmutableList.of("The inn."))),
              ImmutableMap.of(
                  "seen categories",
                  new GenerationResult.Group(4, Map.of(GenerationMetric.BLEU, 0.7 + ahead)),
                  "unseen categories",
                  new GenerationResult.Group(3, Map.of(GenerationMetric.BLEU, 0.5))));
      results.put(cell, CellResult.of(cell, run(cell), texts));
    }
    return results;
  }
}
