package org.bilora.bench.study;

import static java.util.Comparator.comparingDouble;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
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
import org.bilora.model.PretrainedModel;
import org.bilora.step.LanePlan;
import org.bilora.step.Lanes;
import org.bilora.train.RunSize;

/**
 * Cells side by side in this process, on a processor one on each core. Cells whose steps are the
 * same expression share a session. Where they share steps, too, they come after each other, and
 * otherwise in the study's order, seed by seed.
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
      if (!course.cells().isEmpty()) {
        new CellQueue(course).run(how, work.bed().model());
      }
      return course.summary();
    }
  }

  /** The study's cells, and who of them is next. */
  private static final class CellQueue {
    private final StudyCourse course;

    /** By what their steps' speed depends on, and by what they are compared under. */
    private final List<List<Cell>> alike;

    private final Queue<Cell> waiting = new ArrayDeque<>();

    CellQueue(StudyCourse course) {
      this.course = course;
      Map<String, Map<Regime, List<Cell>>> groups = new LinkedHashMap<>();
      for (Cell cell : course.cells()) {
        groups
            .computeIfAbsent(StudyEstimate.speedKey(cell), key -> new LinkedHashMap<>())
            .computeIfAbsent(cell.regime(), regime -> new ArrayList<>())
            .add(cell);
      }
      this.alike = groups.values().stream().flatMap(group -> group.values().stream()).toList();
    }

    void run(SideBySide how, PretrainedModel model) throws IOException {
      List<RunSize> sizes = new ArrayList<>();
      for (List<Cell> group : alike) {
        sizes.add(course.size(group.get(0)));
      }
      RunSize largest = Collections.max(sizes, comparingDouble(RunSize::tokensPerStep));
      LanePlan plan = how.plan(course.cells().size(), largest, model);
      if (plan.width() == 1) {
        waiting.addAll(course.cells());
      } else {
        alike.forEach(waiting::addAll);
      }
      course.begin(plan.threads());
      try (Lanes lanes = new Lanes(plan)) {
        run(lanes);
      }
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
      boolean done = false;
      try (member) {
        for (Cell cell = next(); cell != null; cell = next()) {
          member.rank(course.cells().indexOf(cell));
          if (!course.run(cell, Optional.of(member))) {
            break;
          }
        }
        done = true;
      } finally {
        if (!done) {
          course.requestStop();
        }
      }
    }

    private synchronized Cell next() {
      return waiting.poll();
    }
  }
}
