package org.bilora.step;

import com.google.common.base.Throwables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.settings.Range;

/**
 * Trainings that run side by side in one process, each on a thread of its own that knows nothing of
 * the others: where steps of several of them have one kind and one shape, they are one step of a
 * {@link LanedFineTuning}.
 *
 * <pre>
 * Lanes lanes = new Lanes(4);
 * try (Lanes.Member member = lanes.join()) {      // on each thread
 *   FineTuning fineTuning = member.open(model, head, loss, modules, settings);
 *   fineTuning.step(batches, rates);              // waits for the others
 * }
 * </pre>
 *
 * <p>Steps are taken once all members wait for theirs, so that which of them share a step does not
 * depend on who came first. Then all groups of {@link #width} that have one shape take theirs, or,
 * where there is none, the largest group, with idle lanes or one by one. A member that neither
 * takes steps nor leaves holds up the others.
 */
public final class Lanes implements AutoCloseable {
  private final int width;
  private final int places;

  /** Guards what is below; TensorFlow runs without it. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition changed = lock.newCondition();
  private final List<Wanted> waiting = new ArrayList<>();
  private final List<Member> members = new ArrayList<>();
  private boolean stepping;

  /** Held by whoever uses a session. */
  private final ReentrantLock computing = new ReentrantLock(true);

  /** Which places of a session are taken; guarded by {@link #computing}. */
  private final Map<LanedFineTuning, boolean[]> sessions = new LinkedHashMap<>();

  /** A step that a member waits for. */
  private static final class Wanted {
    private final LaneFineTuning of;
    private final StepBatches batches;
    private final StepRates rates;
    private StepResult result;
    private Throwable failure;

    /** Its part of the time that the step took. */
    private long nanoseconds;

    Wanted(LaneFineTuning of, StepBatches batches, StepRates rates) {
      this.of = of;
      this.batches = batches;
      this.rates = rates;
    }

    private boolean over() {
      return result != null || failure != null;
    }
  }

  /** What steps have in common that can be one. */
  private record Group(LanedFineTuning session, StepBatches.StepShape shape) {}

  /**
   * A result with the time that it took.
   *
   * @param nanoseconds of a step that several shared, its part
   */
  record Timed<R>(R value, long nanoseconds) {}

  /**
   * Nobody is there yet.
   *
   * @param width trainings that take a step together, at most
   * @param places for trainings at once; with many more than take a step together, more of them
   *     have batches of one shape
   */
  public Lanes(int width, int places) {
    Range.atLeast("lanes", width, 1);
    Range.atLeast("places", places, width);
    this.width = width;
    this.places = places;
  }

  /** Trainings that take a step together, at most. */
  public int width() {
    return width;
  }

  /** Trainings that can run at once. */
  public int places() {
    return places;
  }

  /**
   * How many places it takes so that there is always a full step among batches of so many shapes.
   *
   * @param width trainings that take a step together
   */
  public static int placesFor(int width, int shapes) {
    return shapes * (width - 1) + 1;
  }

  /**
   * A member, whose thread is about to take steps.
   *
   * @throws IllegalStateException when there are as many as places
   */
  public Member join() {
    lock.lock();
    try {
      if (members.size() == places) {
        throw new IllegalStateException("%d places, and as many members".formatted(places));
      }
      Member member = new Member();
      members.add(member);
      return member;
    } finally {
      lock.unlock();
    }
  }

  /** A thread that trains, one training after the other. */
  public final class Member implements AutoCloseable {
    private Member() {}

    /**
     * Loads what a training trains into a session that has the encoder, which is opened where there
     * is none.
     *
     * @param model stays the caller's to close
     * @param modules names of the dense layers to adapt
     * @throws NoLanesException when such trainings have no lanes
     * @throws IllegalArgumentException when the settings do not fit the model
     */
    public FineTuning open(
        PretrainedEncoder model,
        EncoderHead head,
        TaskLoss loss,
        List<String> modules,
        StepSettings settings) {
      LaneRules.requirePlain(settings);
      EncoderNetwork network = new EncoderNetwork(model, head, loss, Optional.empty());
      return computed(
              () -> {
                LanedFineTuning session = session(network, modules, settings);
                boolean[] taken = sessions.get(session);
                int place = 0;
                while (taken[place]) {
                  place++;
                }
                LanedFineTuning.Lane lane = session.put(place, network, settings);
                taken[place] = true;
                return new LaneFineTuning(Lanes.this, session, lane);
              })
          .value();
    }

    /** Leaves; its training is over. */
    @Override
    public void close() {
      lock.lock();
      try {
        members.remove(this);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** A session with a free place, of all that are there only those that are used are kept. */
  private LanedFineTuning session(
      EncoderNetwork network, List<String> modules, StepSettings settings) {
    for (Map.Entry<LanedFineTuning, boolean[]> entry : sessions.entrySet()) {
      if (entry.getKey().difference(network, modules, settings).isEmpty()
          && used(entry.getValue()) < places) {
        return entry.getKey();
      }
    }
    sessions
        .entrySet()
        .removeIf(
            entry -> {
              boolean idle = used(entry.getValue()) == 0;
              if (idle) {
                entry.getKey().close();
              }
              return idle;
            });
    LanedFineTuning opened = new LanedFineTuning(network, modules, settings, places);
    sessions.put(opened, new boolean[places]);
    return opened;
  }

  private static int used(boolean[] taken) {
    int used = 0;
    for (boolean one : taken) {
      used += one ? 1 : 0;
    }
    return used;
  }

  /** Frees a place; its session stays for the next training like it. */
  void leave(LanedFineTuning session, int place) {
    computed(
        () -> {
          sessions.get(session)[place] = false;
          return place;
        });
  }

  /** Uses a session, when nobody else does. */
  <R> Timed<R> computed(Supplier<R> use) {
    computing.lock();
    try {
      long before = System.nanoTime();
      R value = use.get();
      return new Timed<>(value, System.nanoTime() - before);
    } finally {
      computing.unlock();
    }
  }

  /** A member's step, once all members wait for theirs and it is its turn. */
  Timed<StepResult> step(LaneFineTuning of, StepBatches batches, StepRates rates) {
    Wanted wanted = new Wanted(of, batches, rates);
    lock.lock();
    try {
      waiting.add(wanted);
      changed.signalAll();
      while (!wanted.over()) {
        if (!stepping && waiting.size() == members.size()) {
          takeSteps();
        } else {
          changed.awaitUninterruptibly();
        }
      }
    } finally {
      lock.unlock();
    }
    if (wanted.failure != null) {
      Throwables.throwIfUnchecked(wanted.failure);
    }
    return new Timed<>(wanted.result, wanted.nanoseconds);
  }

  /** Takes the steps of the groups that are next, while their members and others may come back. */
  private void takeSteps() {
    List<List<Wanted>> next = next();
    next.forEach(waiting::removeAll);
    stepping = true;
    try {
      for (List<Wanted> group : next) {
        lock.unlock();
        try {
          take(group);
        } finally {
          lock.lock();
        }
        changed.signalAll();
      }
    } finally {
      stepping = false;
      changed.signalAll();
    }
  }

  /** All full groups, or the largest one, in the order of places. */
  private List<List<Wanted>> next() {
    Map<Group, List<Wanted>> groups = new LinkedHashMap<>();
    waiting.stream()
        .sorted((a, b) -> Integer.compare(a.of.place(), b.of.place()))
        .forEach(
            wanted ->
                groups
                    .computeIfAbsent(
                        new Group(wanted.of.session(), wanted.batches.shape()),
                        group -> new ArrayList<>())
                    .add(wanted));
    List<List<Wanted>> full = new ArrayList<>();
    List<Wanted> largest = List.of();
    for (List<Wanted> group : groups.values()) {
      for (int from = 0; from + width <= group.size(); from += width) {
        full.add(group.subList(from, from + width));
      }
      largest = group.size() > largest.size() ? group : largest;
    }
    return full.isEmpty() ? List.of(largest) : full;
  }

  /** Takes a group's step: with idle lanes where that is less than one by one. */
  private void take(List<Wanted> group) {
    if (2 * group.size() > width) {
      take(group, width);
    } else {
      group.forEach(one -> take(List.of(one), 1));
    }
  }

  private void take(List<Wanted> group, int lanes) {
    try {
      LanedFineTuning session = group.get(0).of.session();
      Timed<List<StepResult>> taken =
          computed(
              () ->
                  session.step(
                      group.stream().map(wanted -> wanted.of.lane()).toList(),
                      group.stream().map(wanted -> wanted.batches).toList(),
                      group.stream().map(wanted -> wanted.rates).toList(),
                      lanes));
      for (int i = 0; i < group.size(); i++) {
        group.get(i).nanoseconds = taken.nanoseconds() / group.size();
        group.get(i).result = taken.value().get(i);
      }
    } catch (RuntimeException | Error e) {
      group.forEach(wanted -> wanted.failure = e);
    }
  }

  /** Closes all sessions; there are no members any more. */
  @Override
  public void close() {
    sessions.keySet().forEach(LanedFineTuning::close);
    sessions.clear();
  }
}
