package org.bilora.step;

import java.util.List;
import java.util.Map;
import org.bilora.data.Batch;
import org.bilora.weights.HostTensor;

/**
 * A session with places for trainings. Any number of threads may use it, each for trainings of its
 * own.
 */
interface LaneSession extends AutoCloseable {
  /**
   * Builds the step for batches of the kind and shape of these.
   *
   * @param lanes that the step has
   * @return whether it was not there before
   */
  boolean prepare(StepBatches like, int lanes);

  /**
   * One iteration of the trainings in these places, one {@code Session.run}.
   *
   * @param lanes each in another place
   * @param byLane batches of each lane, all of one kind and shape
   * @param rates of each lane
   * @param width lanes that the step has, at least as many; the others are idle
   * @return by lane
   */
  List<StepResult> step(
      List<Lane> lanes, List<StepBatches> byLane, List<StepRates> rates, int width);

  /** Builds what evaluations run, so that none of them waits for it while it is timed. */
  default void prepareEvaluation() {}

  /** Logits of a training, as {@link FineTuning#logits}. */
  float[][] logits(int place, Batch batch);

  /** Loss of a training, as {@link FineTuning#loss}. */
  float loss(int place, Batch batch);

  /** As {@link FineTuning#state}. */
  Map<String, HostTensor> state(int place);

  /** As {@link FineTuning#trained}. */
  Map<String, HostTensor> trained(int place);

  /** As {@link FineTuning#restore}. */
  void restore(int place, Map<String, HostTensor> state);

  /** How many values each training trains, both levels together. */
  int trainedParameters();

  /** As {@link FineTuning#frozenSha256}. */
  String frozenSha256();

  /** What it runs on. */
  DeviceInfo device();

  @Override
  void close();
}
