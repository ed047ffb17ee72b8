package org.bilora.step;

import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.HiddenKey;

/**
 * All that decides a training step besides its model and batches.
 *
 * @param method what is trained
 * @param adapter where increments go
 * @param optimizer AdamW and clipping
 * @param labelSmoothing ε of the cross-entropy; empty for none
 * @param hiddenKey dropout in place of the model's own
 * @param execution precision and compilation
 * @param seed of the start values and the dropout
 * @param lowerExamples how many examples D1 has, for methods that keep something of each; empty
 *     where that is not known
 */
public record StepSettings(
    Method method,
    AdapterSettings adapter,
    OptimizerSettings optimizer,
    OptionalDouble labelSmoothing,
    HiddenKey hiddenKey,
    ExecutionSettings execution,
    long seed,
    OptionalInt lowerExamples) {

  /** Settings of methods that need not know D1, with the model's own dropout. */
  public StepSettings(
      Method method,
      AdapterSettings adapter,
      OptimizerSettings optimizer,
      OptionalDouble labelSmoothing,
      ExecutionSettings execution,
      long seed) {
    this(
        method,
        adapter,
        optimizer,
        labelSmoothing,
        HiddenKey.OFF,
        execution,
        seed,
        OptionalInt.empty());
  }

  /** The same settings, computed another way. */
  public StepSettings withExecution(ExecutionSettings other) {
    return new StepSettings(
        method, adapter, optimizer, labelSmoothing, hiddenKey, other, seed, lowerExamples);
  }

  /** The same settings with another seed. */
  public StepSettings withSeed(long other) {
    return new StepSettings(
        method, adapter, optimizer, labelSmoothing, hiddenKey, execution, other, lowerExamples);
  }

  /** The same settings with another dropout. */
  public StepSettings withHiddenKey(HiddenKey other) {
    return new StepSettings(
        method, adapter, optimizer, labelSmoothing, other, execution, seed, lowerExamples);
  }

  /** The same settings for a D1 of so many examples. */
  public StepSettings withLowerExamples(int examples) {
    return new StepSettings(
        method,
        adapter,
        optimizer,
        labelSmoothing,
        hiddenKey,
        execution,
        seed,
        OptionalInt.of(examples));
  }
}
