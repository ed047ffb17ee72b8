package org.bilora.step;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import org.bilora.data.Dataset;
import org.bilora.data.LanguageModelDataset;
import org.bilora.data.MetricName;
import org.bilora.data.Task;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.TinyDecoders;
import org.bilora.text.Encoding;
import org.bilora.train.TrainingSettings;
import org.bilora.train.TrainingSettingsBuilder;

/** Sequences that a tiny decoder can learn: a completion is its context once more. */
public final class TinySequences {
  private static final int END = TinyDecoders.VOCABULARY - 1;

  /** Enough for a few steps of each bucket. */
  public static final LanguageModelDataset DATA = dataset(60, 24, 5);

  private TinySequences() {}

  private static LanguageModelDataset dataset(int train, int dev, long seed) {
    Random random = new Random(seed);
    return new LanguageModelDataset(
        new Task("echo", true, ImmutableList.of(), ImmutableList.of(MetricName.PERPLEXITY)),
        ImmutableMap.of(
            Dataset.TRAIN, sequences(train, random), Dataset.DEV, sequences(dev, random)),
        "made up",
        "5eed" + seed);
  }

  private static List<Encoding> sequences(int count, Random random) {
    ImmutableList.Builder<Encoding> sequences = ImmutableList.builder();
    for (int i = 0; i < count; i++) {
      int words = 2 + random.nextInt(8);
      int[] ids = new int[2 * words + 2];
      int[] counted = new int[ids.length];
      for (int w = 0; w < words; w++) {
        ids[w] = 1 + random.nextInt(6);
        ids[words + 1 + w] = ids[w];
      }
      ids[words] = END;
      ids[2 * words + 1] = END;
      Arrays.fill(counted, words + 1, ids.length, 1);
      sequences.add(new Encoding(ids, counted, false));
    }
    return sequences.build();
  }

  /** Batches of 64 tokens, labels smoothed, uncompiled; for LoRA of two lengths. */
  public static TrainingSettings settings(Method method, int epochs, int maxLength) {
    return TrainingSettingsBuilder.builder()
        .method(method)
        .adapter(new AdapterSettings(2, 4, java.util.List.of("query", "value", "mlp.c_proj")))
        .optimizer(new OptimizerSettings(0.02, 0.01, 0.9, 0.999, 1e-8, 0.1, 1))
        .epochs(epochs)
        .maxSteps(0)
        .batchSize(8)
        .maxLength(maxLength)
        .execution(
            new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.OFF))
        .seed(11)
        .lengthBuckets(method instanceof Lora ? 2 : 1)
        .batchTokens(OptionalInt.of(64))
        .labelSmoothing(OptionalDouble.of(0.1))
        .build();
  }
}
