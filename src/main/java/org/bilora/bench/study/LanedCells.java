package org.bilora.bench.study;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedModel;
import org.bilora.step.Lanes;
import org.bilora.step.NoLanesException;

/**
 * Cells side by side in this process: those whose steps are the same expression share steps, in
 * {@link Lanes}. Groups of such cells come one after the other, in the order of the study's first
 * ones, and cells that cannot share steps come last, one by one.
 */
public final class LanedCells implements CellExecution {
  private final SideBySide how;

  /** So many at once. */
  public LanedCells(SideBySide how) {
    this.how = how;
  }

  @Override
  public StudyRunner.Summary run(
      Work work, StudyRunner.Conduct conduct, StudyListener listener, Consumer<Runnable> stop)
      throws IOException {
    try (StudyCourse course =
        StudyCourse.open(work.cells(), work.bed(), work.directory(), conduct, listener, stop)) {
      List<Cell> alone = new ArrayList<>();
      if (work.bed().model() instanceof PretrainedDecoder) {
        listener.warned("a language model's trainings have no lanes: its cells run one by one");
        alone.addAll(course.cells());
      } else {
        for (List<Cell> group : groups(course.cells())) {
          alone.addAll(new Group(group, course, listener).run(how, work.bed().model()));
        }
      }
      for (Cell cell : alone) {
        if (!course.run(cell, Optional.empty())) {
          break;
        }
      }
      return course.summary();
    }
  }

  /** Cells whose steps differ by numbers alone, and those of one task after each other. */
  private static Collection<List<Cell>> groups(List<Cell> cells) {
    Map<String, Map<Regime, List<Cell>>> groups = new LinkedHashMap<>();
    for (Cell cell : cells) {
      groups
          .computeIfAbsent(StudyEstimate.speedKey(cell), key -> new LinkedHashMap<>())
          .computeIfAbsent(cell.regime(), regime -> new ArrayList<>())
          .add(cell);
    }
    return groups.values().stream()
        .map(group -> group.values().stream().flatMap(List::stream).toList())
        .toList();
  }

  /** Cells that share steps. */
  private static final class Group {
    private final Queue<Cell> waiting;
    private final StudyCourse course;
    private final StudyListener listener;
    private final Map<String, List<Cell>> alone = new LinkedHashMap<>();

    Group(List<Cell> cells, StudyCourse course, StudyListener listener) {
      this.waiting = new ArrayDeque<>(cells);
      this.course = course;
      this.listener = listener;
    }

    /** Runs them, and returns those that have to run by themselves. */
    List<Cell> run(SideBySide how, PretrainedModel model) throws IOException {
      if (waiting.size() == 1) {
        return List.copyOf(waiting);
      }
      Cell first = waiting.element();
      try (Lanes lanes = new Lanes(how.plan(waiting.size(), course.size(first), model))) {
        run(lanes);
      }
      alone.forEach(
          (why, cells) ->
              listener.warned(
                  "%s; %d cells of %s run one by one"
                      .formatted(why, cells.size(), cells.get(0).method())));
      return alone.values().stream().flatMap(List::stream).toList();
    }

    private void run(Lanes lanes) throws IOException {
      ExecutorService threads =
          Executors.newFixedThreadPool(
              lanes.plan().places(), new ThreadFactoryBuilder().setNameFormat("lane-%d").build());
      try {
        List<Lanes.Member> members = new ArrayList<>();
        for (int i = 0; i < lanes.plan().places(); i++) {
          members.add(lanes.join());
        }
        List<Future<?>> trainings = new ArrayList<>();
        for (Lanes.Member member : members) {
          trainings.add(
              threads.submit(
                  () -> {
                    run(member);
                    return null;
                  }));
        }
        Throwable failure = null;
        for (Future<?> training : trainings) {
          try {
            await(training);
          } catch (ExecutionException e) {
            failure = failure == null ? e.getCause() : failure;
            course.requestStop();
          }
        }
        if (failure != null) {
          Throwables.throwIfInstanceOf(failure, IOException.class);
          Throwables.throwIfUnchecked(failure);
          throw new IllegalStateException(failure);
        }
      } finally {
        threads.shutdown();
      }
    }

    /** Waits for a thread's cells; an interrupt asks all of them to stop. */
    private void await(Future<?> training) throws ExecutionException {
      while (true) {
        try {
          training.get();
          return;
        } catch (InterruptedException e) {
          course.requestStop();
        }
      }
    }

    /** One cell after the other, as long as there are any. */
    private void run(Lanes.Member member) throws IOException {
      try (member) {
        for (Cell cell = next(); cell != null; cell = next()) {
          try {
            if (!course.run(cell, Optional.of(member))) {
              return;
            }
          } catch (NoLanesException e) {
            byItself(cell, e);
          }
        }
      }
    }

    private synchronized Cell next() {
      return waiting.poll();
    }

    private synchronized void byItself(Cell cell, NoLanesException why) {
      alone.computeIfAbsent(why.getMessage(), message -> new ArrayList<>()).add(cell);
    }
  }
}
