package org.bilora.cli.progress;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bilora.train.EpochRecord;
import org.bilora.train.TrainingListener;

/** The usual duration of a step: the median, compilations and evaluations left out. */
public final class StepClock implements TrainingListener {
  private final List<Long> nanoseconds = new ArrayList<>();
  private long begin;
  private boolean counts;

  @Override
  public void started(Start start) {
    restart();
  }

  @Override
  public void compiling(int rows, int length) {
    counts = false;
  }

  @Override
  public void stepFinished(Progress progress) {
    if (counts) {
      nanoseconds.add(System.nanoTime() - begin);
    }
    restart();
  }

  @Override
  public void epochFinished(EpochRecord epoch, boolean best) {
    restart();
  }

  @Override
  public void checkpointed(long step) {
    restart();
  }

  private void restart() {
    begin = System.nanoTime();
    counts = true;
  }

  /** Seconds; NaN without a step. */
  public double medianSeconds() {
    List<Long> sorted = new ArrayList<>(nanoseconds);
    Collections.sort(sorted);
    return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2) / 1e9;
  }
}
