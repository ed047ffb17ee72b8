package org.bilora.step;

import java.util.OptionalDouble;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;

/**
 * All that decides a training step besides its model and batches.
 *
 * @param method what is trained
 * @param adapter where increments go
 * @param optimizer AdamW and clipping
 * @param labelSmoothing ε of the cross-entropy; empty for none
 * @param execution precision and compilation
 * @param seed of the start values and the dropout
 */
public record StepSettings(
    Method method,
    AdapterSettings adapter,
    OptimizerSettings optimizer,
    OptionalDouble labelSmoothing,
    ExecutionSettings execution,
    long seed) {

  /** The same settings, computed another way. */
  public StepSettings withExecution(ExecutionSettings other) {
    return new StepSettings(method, adapter, optimizer, labelSmoothing, other, seed);
  }
}
