package org.bilora.train;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.FirstOrder;
import org.bilora.data.GenerationTask;
import org.bilora.method.AdaLora;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.FullFineTuning;
import org.bilora.method.HeadOnly;
import org.bilora.method.JointTraining;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.method.TwoStage;
import org.bilora.step.ExecutionSettings;

/**
 * The only place where a setting has a default.
 *
 * <p>Rank, targets, warm-up and learning rate start from LoRA's published GLUE settings (Hu et al.
 * 2021, table 9); betas and epsilon are AdamW's usual ones; the split is BiLoRA's 8 : 2 and softmax
 * its best parameterisation (arXiv 2403.13037).
 */
public final class TrainingDefaults {
  /** Rank 8, alpha 16, query and value projections. */
  public static final AdapterSettings ADAPTER =
      new AdapterSettings(8, 16, List.of("query", "value"));

  /** AdamW at 5e-4 after 6% warm-up, gradients clipped at norm 1. */
  public static final OptimizerSettings OPTIMIZER =
      new OptimizerSettings(5e-4, 0.01, 0.9, 0.999, 1e-8, 0.06, 1);

  /** The same at the rate of BERT's fine-tuning, where every weight moves. */
  public static final OptimizerSettings FULL_OPTIMIZER =
      new OptimizerSettings(5e-5, 0.01, 0.9, 0.999, 1e-8, 0.06, 1);

  /** The same at a rate for a layer or two that have to move on their own. */
  public static final OptimizerSettings HEAD_OPTIMIZER =
      new OptimizerSettings(1e-3, 0.01, 0.9, 0.999, 1e-8, 0.06, 1);

  /** Every weight. */
  public static final FullFineTuning FULL = new FullFineTuning();

  /** The head alone. */
  public static final HeadOnly HEAD = new HeadOnly();

  /** LoRA without adapter dropout: the model's own dropout is on. */
  public static final Lora LORA = new Lora(0);

  /**
   * Shares and intervals within the range of AdaLoRA's own GLUE settings, β and γ its usual ones.
   */
  public static final AdaLora ADALORA =
      new AdaLora(OptionalInt.empty(), 0.15, 0.5, 10, 0.85, 0.85, 0.1);

  /** One exact upper step per lower step, softmax Λ. */
  public static final BiLora BILORA =
      new BiLora(Lambda.SOFTMAX, new Exact(), 1, 1, 5e-3, 0.1, 0.1, 0.8, OptionalDouble.empty());

  /** BiLoRA's increments at BiLoRA's rates, on one level. */
  public static final JointTraining JOINT =
      new JointTraining(
          BILORA.lambda(), BILORA.upperLearningRate(), BILORA.gamma1(), BILORA.gamma2());

  /** The same in two stages; as D2 is a fifth of the data, so is its stage of the steps. */
  public static final TwoStage TWO_STAGE =
      new TwoStage(
          BILORA.lambda(),
          BILORA.upperLearningRate(),
          BILORA.gamma1(),
          BILORA.gamma2(),
          BILORA.lowerFraction(),
          0.2);

  /** 32-bit floats, compiled by XLA on a GPU. */
  public static final ExecutionSettings EXECUTION =
      new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.AUTO);

  /** Passes over the training data. */
  public static final int EPOCHS = 10;

  /** Examples per batch. */
  public static final int BATCH_SIZE = 32;

  /** Most tokens per example. */
  public static final int MAX_LENGTH = 128;

  /** Most lengths that batches are padded to; each is a step to compile, which takes seconds. */
  public static final int LENGTH_BUCKETS = 4;

  /** A checkpoint a minute, and after every epoch. */
  public static final Checkpointing CHECKPOINTING = new Checkpointing(0, Duration.ofMinutes(1));

  /** Seed of everything random. */
  public static final long SEED = 42;

  private static final ImmutableMap<String, Method> METHODS =
      ImmutableMap.<String, Method>builder()
          .put(FullFineTuning.NAME, FULL)
          .put(HeadOnly.NAME, HEAD)
          .put(Lora.NAME, LORA)
          .put(AdaLora.NAME, ADALORA)
          .put(JointTraining.NAME, JOINT)
          .put(TwoStage.NAME, TWO_STAGE)
          .put("first-order", BILORA.withHypergradient(new FirstOrder()))
          .put(BiLora.NAME, BILORA)
          .buildOrThrow();

  private TrainingDefaults() {}

  /** All defaults, for a method. */
  public static TrainingSettings settings(Method method) {
    return new TrainingSettings(
        method, ADAPTER, optimizer(method), EPOCHS, 0, BATCH_SIZE, MAX_LENGTH, EXECUTION, SEED);
  }

  /**
   * All defaults, for a method on a generation task.
   *
   * <p>Rank, scale, rate, epochs, decay and label smoothing start from LoRA's published settings
   * for GPT-2 (Hu et al. 2021, table 11); a batch of 512 tokens is about its 8 examples of E2E, and
   * a warm-up of 2% its 500 steps.
   */
  public static TrainingSettings settings(Method method, GenerationTask task) {
    return new TrainingSettings(
        method,
        new AdapterSettings(4, 32, ADAPTER.targets()),
        optimizer(method, task),
        5,
        0,
        8,
        512,
        LENGTH_BUCKETS,
        OptionalInt.of(512),
        task == GenerationTask.DART ? OptionalDouble.empty() : OptionalDouble.of(0.1),
        EXECUTION,
        SEED);
  }

  /**
   * All defaults for training a small GPT-2 from random weights on blocks of text: every weight, at
   * a rate that suits a few million of them, decay and clipping as is usual for language models
   * (Brown et al. 2020, appendix B).
   *
   * @param length tokens per block
   */
  public static TrainingSettings pretraining(int length) {
    return new TrainingSettings(
        FULL,
        ADAPTER,
        new OptimizerSettings(1e-3, 0.1, 0.9, 0.95, 1e-8, 0.02, 1),
        3,
        0,
        8,
        length,
        LENGTH_BUCKETS,
        OptionalInt.empty(),
        OptionalDouble.empty(),
        EXECUTION,
        SEED);
  }

  /** The optimizer's defaults for a method on a generation task. */
  public static OptimizerSettings optimizer(Method method, GenerationTask task) {
    return new OptimizerSettings(
        method instanceof FullFineTuning ? FULL_OPTIMIZER.learningRate() : 2e-4,
        task == GenerationTask.DART ? 0 : 0.01,
        OPTIMIZER.beta1(),
        OPTIMIZER.beta2(),
        OPTIMIZER.epsilon(),
        0.02,
        OPTIMIZER.clipNorm());
  }

  /**
   * All defaults, for a method by its name: one of {@link #methodNames()}.
   *
   * @throws IllegalArgumentException naming the known ones
   */
  public static TrainingSettings settings(String methodName) {
    Method method = METHODS.get(methodName);
    if (method == null) {
      throw new IllegalArgumentException(
          "method is '%s'; known are %s".formatted(methodName, String.join(", ", methodNames())));
    }
    return settings(method);
  }

  /** Names of methods; {@code first-order} is BiLoRA with the first-order hypergradient. */
  public static ImmutableList<String> methodNames() {
    return METHODS.keySet().asList();
  }

  /** The optimizer's defaults for a method: few weights take larger steps than many. */
  public static OptimizerSettings optimizer(Method method) {
    if (method instanceof FullFineTuning) {
      return FULL_OPTIMIZER;
    }
    return method instanceof HeadOnly ? HEAD_OPTIMIZER : OPTIMIZER;
  }
}
