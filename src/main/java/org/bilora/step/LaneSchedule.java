package org.bilora.step;

import com.google.common.base.Throwables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Which of the trainings that wait for a step share one. Steps are chosen once all members wait, so
 * that which of them share one does not depend on who came first: all full groups of one shape,
 * and, where these are fewer than can be computed at once, the largest others, with idle lanes or
 * one by one. Who was passed over several times is chosen, too.
 */
final class LaneSchedule {
  /** So often others go first. */
  private static final int PATIENCE = 8;

  private final LanePlan plan;

  /** For whoever uses a session. */
  private final Semaphore threads;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Wanted> waiting = new ArrayList<>();
  private int members;

  LaneSchedule(LanePlan plan) {
    this.plan = plan;
    this.threads = new Semaphore(plan.threads(), true);
  }

  /**
   * A result with the time that it took.
   *
   * @param nanoseconds of a step that several shared, its part
   */
  record Timed<R>(R value, long nanoseconds) {}

  /** A step that a member waits for. */
  private static final class Wanted {
    private final LaneFineTuning of;
    private final StepBatches batches;
    private final StepRates rates;

    /** The step that this one's thread is to compute for all of them; null for none. */
    private Group leads;

    /** How often others were chosen since. */
    private int passedOver;

    private StepResult result;
    private Throwable failure;
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

  /**
   * Those that share a step.
   *
   * @param lanes that the step has, at least as many
   */
  private record Group(List<Wanted> wanted, int lanes) {}

  /** What steps have in common that can be one. */
  private record Alike(LaneSession session, StepBatches.StepShape shape) {}

  void join() {
    lock.lock();
    try {
      if (members == plan.places()) {
        throw new IllegalStateException("%d places, and as many members".formatted(members));
      }
      members++;
    } finally {
      lock.unlock();
    }
  }

  void leave() {
    lock.lock();
    try {
      members--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Uses a session, when fewer than {@link LanePlan#threads} others do. */
  <R> Timed<R> computed(Supplier<R> use) {
    threads.acquireUninterruptibly();
    try {
      long before = System.nanoTime();
      R value = use.get();
      return new Timed<>(value, System.nanoTime() - before);
    } finally {
      threads.release();
    }
  }

  /** A member's step, once all members wait for theirs and it is its turn. */
  Timed<StepResult> step(LaneFineTuning of, StepBatches batches, StepRates rates) {
    Wanted wanted = new Wanted(of, batches, rates);
    if (plan.width() == 1) {
      take(new Group(List.of(wanted), 1));
    } else {
      await(wanted);
    }
    if (wanted.failure != null) {
      Throwables.throwIfUnchecked(wanted.failure);
    }
    return new Timed<>(wanted.result, wanted.nanoseconds);
  }

  private void await(Wanted wanted) {
    lock.lock();
    try {
      waiting.add(wanted);
      while (!wanted.over()) {
        if (waiting.size() == members) {
          choose();
          changed.signalAll();
        }
        if (wanted.leads != null) {
          Group group = wanted.leads;
          wanted.leads = null;
          lock.unlock();
          try {
            take(group);
          } finally {
            lock.lock();
          }
          changed.signalAll();
        } else {
          changed.awaitUninterruptibly();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives the steps that are next to a thread of their members each. */
  private void choose() {
    Map<Alike, List<Wanted>> alike = new LinkedHashMap<>();
    waiting.stream()
        .sorted(Comparator.comparingInt(wanted -> wanted.of.rank()))
        .forEach(
            wanted ->
                alike
                    .computeIfAbsent(
                        new Alike(wanted.of.session(), wanted.batches.shape()),
                        shape -> new ArrayList<>())
                    .add(wanted));
    int width = plan.width();
    List<Group> next = new ArrayList<>();
    List<List<Wanted>> rest = new ArrayList<>();
    for (List<Wanted> group : alike.values()) {
      int full = group.size() - group.size() % width;
      for (int from = 0; from < full; from += width) {
        next.add(new Group(group.subList(from, from + width), width));
      }
      rest.add(group.subList(full, group.size()));
    }
    rest.sort(Comparator.comparingInt(group -> -group.size()));
    for (List<Wanted> group : rest) {
      boolean overdue = group.stream().anyMatch(wanted -> wanted.passedOver >= PATIENCE);
      if (next.size() < plan.threads() || overdue) {
        next.addAll(partial(group));
      }
    }
    for (Group group : next) {
      group.wanted().get(0).leads = group;
      waiting.removeAll(group.wanted());
    }
    waiting.forEach(wanted -> wanted.passedOver++);
  }

  /** One step with idle lanes where that is less than one by one. */
  private List<Group> partial(List<Wanted> group) {
    return 2 * group.size() > plan.width()
        ? List.of(new Group(group, plan.width()))
        : group.stream().map(one -> new Group(List.of(one), 1)).toList();
  }

  private void take(Group group) {
    List<Wanted> wanted = group.wanted();
    try {
      LaneSession session = wanted.get(0).of.session();
      session.prepare(wanted.get(0).batches, group.lanes());
      Timed<List<StepResult>> taken =
          computed(
              () ->
                  session.step(
                      wanted.stream().map(one -> one.of.lane()).toList(),
                      wanted.stream().map(one -> one.batches).toList(),
                      wanted.stream().map(one -> one.rates).toList(),
                      group.lanes()));
      for (int i = 0; i < wanted.size(); i++) {
        wanted.get(i).nanoseconds = taken.nanoseconds() / wanted.size();
        wanted.get(i).result = taken.value().get(i);
      }
    } catch (RuntimeException | Error e) {
      wanted.forEach(one -> one.failure = e);
    }
  }
}
