package org.bilora.step;

import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.op.Ops;

/**
 * Processes that compute a step together. Each has a copy of the frozen weights and computes its
 * part of every batch; the first one, in which the step is asked for, holds what is trained and
 * both optimizers, and evaluates.
 */
public interface Workers {

  /** How many they are, the first one included. */
  int count();

  /**
   * Builds operations that one of them computes.
   *
   * @param worker from 0
   */
  Ops at(Ops tf, int worker);

  /** A session that reaches all of them. */
  Session open(Graph graph);

  /**
   * What to throw when a run has failed: another exception, which names the workers that no longer
   * answer, or the failure itself when all do.
   */
  RuntimeException explain(TensorFlowException failure);
}
