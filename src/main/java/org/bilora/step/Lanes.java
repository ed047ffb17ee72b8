package org.bilora.step;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;

/**
 * Trainings that run side by side in one process, each on a thread of its own that knows nothing of
 * the others. Those that are alike share a session, so that a step is compiled once for all; where
 * steps of several of them have one kind and one shape, they are one step of a {@link
 * LanedFineTuning}; and several such steps are computed at once. What cannot share steps ({@link
 * LaneRules}) has a session of its own.
 *
 * <pre>
 * Lanes lanes = new Lanes(new LanePlan(4, 13, 2, false));
 * try (Lanes.Member member = lanes.join()) {      // on each thread
 *   FineTuning fineTuning = member.open(model, head, loss, modules, settings, prefix);
 *   fineTuning.step(batches, rates);              // waits for the others
 * }
 * </pre>
 *
 * <p>A member that neither takes steps nor leaves holds up the others.
 */
public final class Lanes implements AutoCloseable {
  /** Sessions that nobody uses: a study comes back to each of its methods with the next seed. */
  private static final int MOST_IDLE = 6;

  private final LanePlan plan;
  private final LaneSchedule schedule;

  /** For trainings in sessions of their own: more than are computed at once would gain nothing. */
  private final Semaphore ownSessions;

  /** Which places of a session are taken, the one opened last at the end; guarded by itself. */
  private final Map<LanedFineTuning, BitSet> sessions = new LinkedHashMap<>();

  /** Nobody is there yet. */
  public Lanes(LanePlan plan) {
    this.plan = plan;
    this.schedule = new LaneSchedule(plan);
    this.ownSessions = new Semaphore(plan.threads(), true);
  }

  /** How many may be there, and share steps. */
  public LanePlan plan() {
    return plan;
  }

  /**
   * A member, whose thread is about to take steps.
   *
   * @throws IllegalStateException when there are as many as places
   */
  public Member join() {
    schedule.join();
    return new Member();
  }

  /** A thread that trains, one training after the other. */
  public final class Member implements AutoCloseable {
    private boolean left;
    private int rank;

    private Member() {}

    /**
     * Says which of the trainings that could share a step come first, before the next one is
     * opened: the same trainings with the same ranks share the same steps, whoever runs them.
     *
     * @param number of the next training, different from those of all others
     */
    public void rank(int number) {
      rank = number;
    }

    /**
     * Loads what a training trains into a session that has the encoder, which is opened where there
     * is none.
     *
     * @param model stays the caller's to close
     * @param modules names of the dense layers to adapt
     * @param prefix of this model, as {@link FineTuning} has it; trainings with other ones are in
     *     sessions of their own
     * @throws IllegalArgumentException when the settings do not fit the model
     */
    public FineTuning open(
        PretrainedEncoder model,
        EncoderHead head,
        TaskLoss loss,
        List<String> modules,
        StepSettings settings,
        Optional<FrozenPrefix> prefix) {
      EncoderNetwork network = new EncoderNetwork(model, head, loss, prefix);
      if (LaneRules.refusal(network, settings).isPresent()) {
        return own(network, modules, settings);
      }
      LaneTraining training = LaneTraining.of(network, modules, settings);
      if (training.refusal().isPresent()) {
        return own(network, modules, settings);
      }
      synchronized (sessions) {
        LanedFineTuning session = session(training);
        int place = sessions.get(session).nextClearBit(0);
        Lane lane = session.put(place, training);
        sessions.get(session).set(place);
        return new LaneFineTuning(
            schedule, session, lane, rank, plan.width(), () -> leave(session, place));
      }
    }

    /**
     * Loads a decoder, as a language model, into a session of its own.
     *
     * @throws IllegalArgumentException when the settings do not fit the model
     */
    public FineTuning open(
        PretrainedDecoder model,
        List<String> modules,
        StepSettings settings,
        Optional<FrozenPrefix> prefix) {
      double smoothing = settings.labelSmoothing().orElse(0);
      return own(new DecoderNetwork(model, smoothing, prefix), modules, settings);
    }

    /** A training that shares its steps with no other, and the processor with all. */
    private FineTuning own(Network<?> network, List<String> modules, StepSettings settings) {
      // The others must not wait for the step of one that waits for a session.
      schedule.leave();
      ownSessions.acquireUninterruptibly();
      schedule.join();
      boolean done = false;
      try {
        LaneSession session =
            new OwnSession(
                NetworkFineTuning.open(
                    network, modules, settings, Optional.empty(), plan.threadEach()));
        done = true;
        return new LaneFineTuning(
            schedule,
            session,
            OwnSession.LANE,
            rank,
            1,
            () -> {
              session.close();
              ownSessions.release();
            });
      } finally {
        if (!done) {
          ownSessions.release();
        }
      }
    }

    /** Leaves; its training is over. Leaving twice does nothing. */
    @Override
    public void close() {
      if (!left) {
        left = true;
        schedule.leave();
      }
    }
  }

  /** A session with a free place; of those that nobody uses few are kept, the last ones used. */
  private LanedFineTuning session(LaneTraining training) {
    for (LanedFineTuning session : sessions.keySet()) {
      if (session.difference(training).isEmpty()) {
        sessions.put(session, sessions.remove(session));
        return session;
      }
    }
    List<LanedFineTuning> idle =
        sessions.keySet().stream().filter(session -> sessions.get(session).isEmpty()).toList();
    for (LanedFineTuning session : idle.subList(0, Math.max(0, idle.size() + 1 - MOST_IDLE))) {
      session.close();
      sessions.remove(session);
    }
    LanedFineTuning opened = new LanedFineTuning(training, plan.places(), plan.threadEach());
    sessions.put(opened, new BitSet());
    return opened;
  }

  /** Frees a place; its session stays for the next training like it. */
  private void leave(LanedFineTuning session, int place) {
    synchronized (sessions) {
      sessions.get(session).clear(place);
    }
  }

  /** Closes all sessions; there are no members any more. */
  @Override
  public void close() {
    synchronized (sessions) {
      sessions.keySet().forEach(LanedFineTuning::close);
      sessions.clear();
    }
  }
}
