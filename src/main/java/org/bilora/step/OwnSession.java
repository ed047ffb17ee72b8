package org.bilora.step;

import java.util.List;
import java.util.Map;
import org.bilora.data.Batch;
import org.bilora.weights.HostTensor;

/** The session of a training that shares its steps with no other. */
record OwnSession(FineTuning training) implements LaneSession {
  /** The only place. */
  static final Lane LANE = Lane.alone(0);

  @Override
  public boolean prepare(StepBatches like, int lanes) {
    return training.prepare(like);
  }

  @Override
  public List<StepResult> step(
      List<Lane> lanes, List<StepBatches> byLane, List<StepRates> rates, int width) {
    return List.of(training.step(byLane.get(0), rates.get(0)));
  }

  @Override
  public float[][] logits(int place, Batch batch) {
    return training.logits(batch);
  }

  @Override
  public float loss(int place, Batch batch) {
    return training.loss(batch);
  }

  @Override
  public Map<String, HostTensor> state(int place) {
    return training.state();
  }

  @Override
  public Map<String, HostTensor> trained(int place) {
    return training.trained();
  }

  @Override
  public void restore(int place, Map<String, HostTensor> state) {
    training.restore(state);
  }

  @Override
  public int trainedParameters() {
    return training.trainedParameters();
  }

  @Override
  public String frozenSha256() {
    return training.frozenSha256();
  }

  @Override
  public DeviceInfo device() {
    return training.device();
  }

  @Override
  public void close() {
    training.close();
  }
}
