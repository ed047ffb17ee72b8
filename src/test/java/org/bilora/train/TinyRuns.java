package org.bilora.train;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.FirstOrder;
import org.bilora.bilevel.Hypergradient;
import org.bilora.data.Dataset;
import org.bilora.data.TinyTasks;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.BiLoraBuilder;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;
import org.bilora.step.ExecutionSettings;

/** Settings and trainers of runs that take a second or two. */
public final class TinyRuns {
  public static final Method LORA = new Lora(0);
  static final Method BILORA = bilora(new Exact());

  /** Where the estimator does not matter: its step is built ten times as fast. */
  static final Method FIRST_ORDER = bilora(new FirstOrder());

  /** No checkpoint but at the end of an epoch. */
  static final Checkpointing BY_EPOCH = new Checkpointing(0, Duration.ofDays(1));

  /** A checkpoint after every third step as well. */
  static final Checkpointing BY_THREE_STEPS = new Checkpointing(3, Duration.ofDays(1));

  static final Dataset DATA = TinyTasks.classes(40, 24, 7);

  private TinyRuns() {}

  public static BiLora bilora(Hypergradient hypergradient) {
    return BiLoraBuilder.builder()
        .lambda(Lambda.SOFTMAX)
        .hypergradient(hypergradient)
        .lowerSteps(1)
        .upperSteps(1)
        .upperLearningRate(0.02)
        .gamma1(0.1)
        .gamma2(0.1)
        .lowerFraction(0.75)
        .build();
  }

  static PretrainedEncoder model() {
    return TinyEncoders.bert(3);
  }

  /** Three epochs of batches of eight, uncompiled. */
  public static TrainingSettings settings(Method method) {
    return settings(method, new OptimizerSettings(0.01, 0.01, 0.9, 0.999, 1e-8, 0.1, 1), 0);
  }

  public static TrainingSettings settings(
      Method method, OptimizerSettings optimizer, int maxSteps) {
    return settings(method, optimizer, 3, maxSteps);
  }

  public static TrainingSettings settings(
      Method method, OptimizerSettings optimizer, int epochs, int maxSteps) {
    return TrainingSettingsBuilder.builder()
        .method(method)
        .adapter(new AdapterSettings(2, 4, List.of("query", "value")))
        .optimizer(optimizer)
        .epochs(epochs)
        .maxSteps(maxSteps)
        .batchSize(8)
        .maxLength(16)
        .execution(
            new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.OFF))
        .seed(11)
        .build();
  }

  static Trainer trainer(Path directory, TrainingSettings settings, TrainingListener... listeners) {
    return new Trainer(model(), DATA, settings, directory, BY_THREE_STEPS, listeners);
  }

  /** A run that is asked to stop after a step; {@link #trainer} resumes it. */
  static RunRecord interrupted(Path directory, TrainingSettings settings, long step)
      throws IOException {
    AtomicReference<Trainer> trainer = new AtomicReference<>();
    trainer.set(
        trainer(
            directory,
            settings,
            new TrainingListener() {
              @Override
              public void stepFinished(Progress progress) {
                if (progress.step() == step) {
                  trainer.get().requestStop();
                }
              }
            }));
    return trainer.get().train();
  }
}
