package org.bilora.train;

import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.data.GenerationTask;
import org.bilora.method.AdapterSettings;
import org.bilora.method.FullFineTuning;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.step.ExecutionSettings;

/**
 * The only place where a setting has a default, but for a method's own knobs and rates, which stand
 * with the method ({@link Method#usualOptimizer} and the {@code USUAL} of its record).
 *
 * <p>Rank, targets, warm-up and learning rate start from LoRA's published GLUE settings (Hu et al.
 * 2021, table 9); betas and epsilon are AdamW's usual ones; the split is BiLoRA's 8 : 2 and softmax
 * its best parameterisation (arXiv 2403.13037).
 */
public final class TrainingDefaults {
  /** Rank 8, alpha 16, query and value projections. */
  public static final AdapterSettings ADAPTER =
      new AdapterSettings(8, 16, List.of("query", "value"));

  /** 32-bit floats, compiled by XLA on a GPU. */
  public static final ExecutionSettings EXECUTION =
      new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.AUTO);

  /** Passes over the training data. */
  public static final int EPOCHS = 10;

  /** Examples per batch. */
  public static final int BATCH_SIZE = 32;

  /** Most tokens per example. */
  public static final int MAX_LENGTH = 128;

  /**
   * Most lengths that batches are padded to; each is a step to compile, which takes seconds, and
   * stays in memory: see benchmarks/memory.
   */
  public static final int LENGTH_BUCKETS = 4;

  /** A checkpoint a minute, and after every epoch. */
  public static final Checkpointing CHECKPOINTING = new Checkpointing(0, Duration.ofMinutes(1));

  /** Seed of everything random. */
  public static final long SEED = 42;

  private TrainingDefaults() {}

  /** All defaults, for a method. */
  public static TrainingSettings settings(Method method) {
    return TrainingSettingsBuilder.builder()
        .method(method)
        .adapter(ADAPTER)
        .optimizer(optimizer(method))
        .epochs(EPOCHS)
        .maxSteps(0)
        .batchSize(BATCH_SIZE)
        .maxLength(MAX_LENGTH)
        .execution(EXECUTION)
        .seed(SEED)
        .build();
  }

  /**
   * All defaults, for a method on a generation task.
   *
   * <p>Rank, scale, rate, epochs, decay and label smoothing start from LoRA's published settings
   * for GPT-2 (Hu et al. 2021, table 11); a batch of 512 tokens is about its 8 examples of E2E, and
   * a warm-up of 2% its 500 steps.
   */
  public static TrainingSettings settings(Method method, GenerationTask task) {
    return TrainingSettingsBuilder.builder()
        .method(method)
        .adapter(new AdapterSettings(4, 32, ADAPTER.targets()))
        .optimizer(optimizer(method, task))
        .epochs(5)
        .maxSteps(0)
        .batchSize(8)
        .maxLength(512)
        .execution(EXECUTION)
        .seed(SEED)
        .lengthBuckets(LENGTH_BUCKETS)
        .batchTokens(OptionalInt.of(512))
        .labelSmoothing(
            task == GenerationTask.DART ? OptionalDouble.empty() : OptionalDouble.of(0.1))
        .build();
  }

  /**
   * All defaults for training a small GPT-2 from random weights on blocks of text: every weight, at
   * a rate that suits a few million of them, decay and clipping as is usual for language models
   * (Brown et al. 2020, appendix B).
   *
   * @param length tokens per block
   */
  public static TrainingSettings pretraining(int length) {
    return TrainingSettingsBuilder.builder()
        .method(FullFineTuning.USUAL)
        .adapter(ADAPTER)
        .optimizer(new OptimizerSettings(1e-3, 0.1, 0.9, 0.95, 1e-8, 0.02, 1))
        .epochs(3)
        .maxSteps(0)
        .batchSize(8)
        .maxLength(length)
        .execution(EXECUTION)
        .seed(SEED)
        .lengthBuckets(LENGTH_BUCKETS)
        .build();
  }

  /** The optimizer's defaults for a method on a generation task. */
  public static OptimizerSettings optimizer(Method method, GenerationTask task) {
    return new OptimizerSettings(
        method.usualGenerationLearningRate(),
        task == GenerationTask.DART ? 0 : 0.01,
        OptimizerSettings.USUAL.beta1(),
        OptimizerSettings.USUAL.beta2(),
        OptimizerSettings.USUAL.epsilon(),
        0.02,
        OptimizerSettings.USUAL.clipNorm());
  }

  /** The optimizer's defaults for a method. */
  public static OptimizerSettings optimizer(Method method) {
    return method.usualOptimizer();
  }
}
