package org.bilora.train;

import java.util.Objects;

/**
 * All that decides a run besides its model and data. Two runs with equal settings, model, data and
 * machine end with equal weights.
 *
 * @param method what is trained, and on what
 * @param adapter where increments go
 * @param optimizer AdamW and its schedule
 * @param epochs passes over D1 (or over the training set)
 * @param maxSteps stops after that many steps even within an epoch; 0 for no limit
 * @param batchSize examples per batch
 * @param maxLength most tokens per example
 * @param lengthBuckets most lengths that batches are padded to; each is a step to compile
 * @param execution precision and compilation
 * @param seed of the split, the order of examples, the start values and the dropout
 */
public record TrainingSettings(
    Method method,
    AdapterSettings adapter,
    OptimizerSettings optimizer,
    int epochs,
    int maxSteps,
    int batchSize,
    int maxLength,
    int lengthBuckets,
    ExecutionSettings execution,
    long seed) {

  /** Checks the ranges. */
  public TrainingSettings {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(adapter, "adapter");
    Objects.requireNonNull(optimizer, "optimizer");
    Objects.requireNonNull(execution, "execution");
    Range.atLeast("epochs", epochs, 1);
    Range.atLeast("maxSteps", maxSteps, 0);
    Range.atLeast("batchSize", batchSize, 1);
    Range.atLeast("maxLength", maxLength, 3);
    Range.atLeast("lengthBuckets", lengthBuckets, 1);
  }

  /** The settings with the usual number of length buckets. */
  public TrainingSettings(
      Method method,
      AdapterSettings adapter,
      OptimizerSettings optimizer,
      int epochs,
      int maxSteps,
      int batchSize,
      int maxLength,
      ExecutionSettings execution,
      long seed) {
    this(
        method,
        adapter,
        optimizer,
        epochs,
        maxSteps,
        batchSize,
        maxLength,
        TrainingDefaults.LENGTH_BUCKETS,
        execution,
        seed);
  }

  /** The same settings, computed another way. */
  public TrainingSettings withExecution(ExecutionSettings other) {
    return new TrainingSettings(
        method,
        adapter,
        optimizer,
        epochs,
        maxSteps,
        batchSize,
        maxLength,
        lengthBuckets,
        other,
        seed);
  }
}
