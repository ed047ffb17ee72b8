package org.bilora.step;

import com.google.common.base.Ticker;
import java.util.Map;
import java.util.function.Supplier;
import org.bilora.data.Batch;
import org.bilora.weights.HostTensor;

/** One of several trainings that run side by side, as if it were by itself. */
final class LaneFineTuning implements FineTuning {
  private final LaneSchedule schedule;
  private final LaneSession session;
  private final Lane lane;
  private final int rank;
  private final int width;
  private final Runnable leave;

  /** Time that this training was not computed in, of which others had their part. */
  private volatile long otherNanoseconds;

  /**
   * @param lane of the session
   * @param rank among those that wait for a step
   * @param width trainings that take a step together, at most
   * @param leave frees the lane's place
   */
  LaneFineTuning(
      LaneSchedule schedule, LaneSession session, Lane lane, int rank, int width, Runnable leave) {
    this.schedule = schedule;
    this.session = session;
    this.lane = lane;
    this.rank = rank;
    this.width = width;
    this.leave = leave;
  }

  LaneSession session() {
    return session;
  }

  Lane lane() {
    return lane;
  }

  int rank() {
    return rank;
  }

  private int place() {
    return lane.place();
  }

  /** Runs what takes its part of the time only. */
  private <R> R timed(Supplier<LaneSchedule.Timed<R>> run) {
    long before = System.nanoTime();
    LaneSchedule.Timed<R> timed = run.get();
    otherNanoseconds += System.nanoTime() - before - timed.nanoseconds();
    return timed.value();
  }

  private <R> R computed(Supplier<R> run) {
    return timed(() -> schedule.computed(run));
  }

  @Override
  public boolean prepare(StepBatches batches) {
    return session.prepare(batches, width);
  }

  @Override
  public StepResult step(StepBatches batches, StepRates rates) {
    return timed(() -> schedule.step(this, batches, rates));
  }

  @Override
  public float[][] logits(Batch batch) {
    session.prepareEvaluation();
    return computed(() -> session.logits(place(), batch));
  }

  @Override
  public float loss(Batch batch) {
    session.prepareEvaluation();
    return computed(() -> session.loss(place(), batch));
  }

  @Override
  public Map<String, HostTensor> state() {
    return computed(() -> session.state(place()));
  }

  @Override
  public Map<String, HostTensor> trained() {
    return computed(() -> session.trained(place()));
  }

  @Override
  public void restore(Map<String, HostTensor> state) {
    computed(
        () -> {
          session.restore(place(), state);
          return state;
        });
  }

  @Override
  public int trainedParameters() {
    return session.trainedParameters();
  }

  @Override
  public String trainedSha256() {
    return NetworkFineTuning.sha256(trained());
  }

  @Override
  public String frozenSha256() {
    return computed(session::frozenSha256);
  }

  @Override
  public DeviceInfo device() {
    return session.device().inLanes(width);
  }

  @Override
  public Ticker ticker() {
    return new Ticker() {
      @Override
      public long read() {
        return System.nanoTime() - otherNanoseconds;
      }
    };
  }

  @Override
  public void close() {
    leave.run();
  }
}
