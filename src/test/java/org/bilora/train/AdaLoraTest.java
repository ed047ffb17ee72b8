package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeSet;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedSet;
import org.bilora.data.EvaluationBatches;
import org.bilora.method.AdaLora;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.bilora.model.TinyEncoders;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdaLoraTest {
  /** Rank 2 on four layers: twelve triplets at the start, eight in the end. */
  static final AdaLora METHOD = new AdaLora(OptionalInt.empty(), 0.2, 0.3, 2, 0.85, 0.7, 0.1);

  private static final int INITIAL_RANK = 3;
  private static final float RATE = 0.25f;

  @TempDir Path folder;

  @Test
  void aRunEndsWithTheRankThatWasAskedForOnAverage() throws IOException {
    TrainingSettings settings = TinyRuns.settings(METHOD);
    Path directory = folder.resolve("run");
    RunRecord run = TinyRuns.trainer(directory, settings).train();
    Map<String, HostTensor> state =
        Checkpoint.read(new RunDirectory(directory).checkpoint()).state();
    int nonzero = 0;
    for (Map.Entry<String, HostTensor> entry : state.entrySet()) {
      if (entry.getKey().endsWith(".E")) {
        assertEquals(INITIAL_RANK, entry.getValue().values().length);
        nonzero += nonzero(entry.getValue().values());
      }
    }
    assertEquals(4 * settings.adapter().rank(), nonzero);
    AdapterStatistics last = run.epochs().get(2).adapters().orElseThrow();
    assertEquals(4, last.lambda().size());
    assertTrue(
        last.usedRank().values().stream().mapToInt(Integer::intValue).sum() <= 4 * 2,
        last::toString);
  }

  /**
   * The step against a slow reference: with β₁ = β₂ = 0, no decay and ε = 1 AdamW moves a weight by
   * η g / (|g| + 1), from which its gradient is read back; scores and mask follow from it in plain
   * Java.
   */
  @Test
  void scoresAndMaskAreThoseOfAPlainAllocator() {
    PretrainedEncoder model = TinyEncoders.bertWithoutDropout(5);
    TrainingSettings settings =
        TinyRuns.settings(METHOD, new OptimizerSettings(1, 0, 0, 0, 1, 0, 0), 0);
    try (FineTuning fineTuning = open(model, settings)) {
      Batch batch =
          EvaluationBatches.of(
                  EncodedSet.of(model.tokenizer(), TinyRuns.DATA.split(Dataset.DEV), 16).examples(),
                  8)
              .get(0);
      Map<String, HostTensor> state = new HashMap<>(fineTuning.state());
      Random random = new Random(3);
      for (String name : new TreeSet<>(fineTuning.trained().keySet())) {
        float[] values = new float[state.get(name).values().length];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (0.4 * random.nextGaussian());
        }
        state.put(name, HostTensor.of(values, state.get(name).shape()));
      }
      fineTuning.restore(state);
      List<String> modules = modules(state);
      // Of 20 steps the budget falls in the 5th to the 14th, every other one of which masks.
      int[] steps = {0, 6, 8, 14, 15};
      boolean[] scored = {true, true, true, false, false};
      int[] budgets = {12, 10, 8, 8, 8};
      for (int i = 0; i < steps.length; i++) {
        int step = steps[i];
        Map<String, HostTensor> before = fineTuning.state();
        fineTuning.step(StepBatches.moveLower(batch), new StepRates(step, 20, RATE, 0, 0, i, 0));
        Map<String, HostTensor> after = fineTuning.state();
        requireScores(before, after, scored[i]);
        TreeSet<String> kept = new TreeSet<>(ranked(after, modules).subList(0, budgets[i]));
        for (String module : modules) {
          float[] values = after.get(module + ".E").values();
          for (int k = 0; k < INITIAL_RANK; k++) {
            assertEquals(kept.contains(module + k), values[k] != 0, "step " + step + module + k);
          }
        }
      }
    }
  }

  private static void requireScores(
      Map<String, HostTensor> before, Map<String, HostTensor> after, boolean scored) {
    for (String name : before.keySet()) {
      if (!name.endsWith(".A") && !name.endsWith(".B")) {
        continue;
      }
      for (int i = 0; i < before.get(name).values().length; i++) {
        double w = before.get(name).values()[i];
        double change = (w - after.get(name).values()[i]) / RATE;
        double now = Math.abs(w * change / (1 - Math.abs(change)));
        double importance = at(before, name + "/importance", i);
        double uncertainty = at(before, name + "/uncertainty", i);
        if (scored) {
          importance = 0.85 * importance + 0.15 * now;
          uncertainty = 0.7 * uncertainty + 0.3 * Math.abs(now - importance);
        }
        assertEquals(importance, at(after, name + "/importance", i), 1e-5, name);
        assertEquals(uncertainty, at(after, name + "/uncertainty", i), 1e-5, name);
      }
    }
  }

  /** Triplets by falling score, as module and index. */
  private static List<String> ranked(Map<String, HostTensor> state, List<String> modules) {
    Map<String, Double> scores = new HashMap<>();
    for (String module : modules) {
      int in = (int) state.get(module + ".A").dimension(1);
      int out = (int) state.get(module + ".B").dimension(0);
      for (int k = 0; k < INITIAL_RANK; k++) {
        double row = 0;
        for (int i = 0; i < in; i++) {
          row += score(state, module + ".A", k * in + i);
        }
        double column = 0;
        for (int o = 0; o < out; o++) {
          column += score(state, module + ".B", o * INITIAL_RANK + k);
        }
        scores.put(module + k, score(state, module + ".E", k) + row / in + column / out);
      }
    }
    assertEquals(scores.size(), new TreeSet<>(scores.values()).size());
    List<String> order = new ArrayList<>(scores.keySet());
    order.sort(Comparator.comparing(scores::get).reversed());
    return order;
  }

  private static double score(Map<String, HostTensor> state, String name, int index) {
    return (double) at(state, name + "/importance", index)
        * at(state, name + "/uncertainty", index);
  }

  private static float at(Map<String, HostTensor> state, String name, int index) {
    return state.get(name).values()[index];
  }

  private static List<String> modules(Map<String, HostTensor> state) {
    List<String> modules =
        state.keySet().stream()
            .filter(name -> name.endsWith(".E"))
            .map(name -> name.substring(0, name.length() - 2))
            .toList();
    assertNotEquals(0, modules.size());
    return modules;
  }

  private static int nonzero(float[] values) {
    int count = 0;
    for (float value : values) {
      count += value != 0 ? 1 : 0;
    }
    return count;
  }

  private static FineTuning open(PretrainedEncoder model, TrainingSettings settings) {
    return FineTuning.open(
        model,
        new EncoderHead(model.config(), model.pooling(), TinyRuns.DATA.task().outputs()),
        TargetModules.match(model.config(), settings.adapter().targets()),
        settings.step());
  }
}
