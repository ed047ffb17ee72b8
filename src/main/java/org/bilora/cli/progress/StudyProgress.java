package org.bilora.cli.progress;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.GenerationResult;
import org.bilora.bench.study.StudyListener;
import org.bilora.cli.Failure;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainingListener;

/**
 * Shows a study on standard error: a line per cell, and on a terminal a bar of all cells with the
 * time left.
 */
public final class StudyProgress implements StudyListener, AutoCloseable {
  private final PrintWriter err;
  private final boolean terminal;
  private ProgressBar bar;

  /**
   * While steps are compiled: reading a kept one, TensorFlow's protobuf library prints an error.
   */
  private NativeLog.Silence silence = NativeLog.Silence.NONE;

  /** Of all cells; the bar asks for it on a thread of its own. */
  private volatile Optional<Duration> left = Optional.empty();

  /** What is left of each cell that runs. */
  private final Map<Cell, Duration> leftOfCells = new HashMap<>();

  private Duration leftAfterCells = Duration.ZERO;
  private int atOnce = 1;

  /**
   * Reports to {@code err}.
   *
   * @param terminal whether it is a terminal, where a line can be drawn over
   */
  public StudyProgress(PrintWriter err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  @Override
  public void started(int cells, int finished, int others) {
    line(
        "%,d cells, %,d of them finished%s"
            .formatted(
                cells,
                finished,
                others == 0
                    ? ""
                    : "; %,d results of other settings are left alone".formatted(others)));
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("cells")
              .setInitialMax(cells)
              .startsFrom(finished, Duration.ZERO)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(500)
              .setEtaFunction(state -> left)
              .setConsumer(new ConsoleProgressBarConsumer(System.err))
              .clearDisplayOnFinish()
              .build();
    }
  }

  @Override
  public void timing(Cell cell) {
    line("timing a few steps of " + cell.method());
    silence = NativeLog.silence();
  }

  @Override
  public void timed(Cell cell) {
    silence.end();
  }

  @Override
  public synchronized void together(int cells) {
    atOnce = cells;
  }

  @Override
  public void estimated(int cells, Duration time) {
    left = Optional.of(time);
    line("%,d cells to run: about %s".formatted(cells, Clock.format(time)));
  }

  @Override
  public synchronized void cellStarted(Cell cell, int number, int cells, Duration time) {
    left = Optional.of(time);
    if (terminal) {
      bar.setExtraMessage(" " + cell.title());
    } else {
      line(
          "cell %,d of %,d: %s; about %s left"
              .formatted(number, cells, cell.title(), Clock.format(time)));
    }
  }

  @Override
  public synchronized List<TrainingListener> followers(Cell cell, Duration leftAfterwards) {
    leftAfterCells = leftAfterwards;
    return List.of(
        new TrainingListener() {
          @Override
          public void compiling(int rows, int length) {
            silence();
          }

          @Override
          public void stepFinished(Progress progress) {
            step(cell, progress);
          }

          @Override
          public void warned(String message) {
            line("warning: %s: %s".formatted(cell.title(), message));
          }
        });
  }

  private synchronized void silence() {
    silence.end();
    silence = NativeLog.silence();
  }

  private synchronized void step(Cell cell, TrainingListener.Progress progress) {
    silence.end();
    progress
        .left()
        .ifPresent(
            time -> {
              leftOfCells.put(cell, time);
              left =
                  Optional.of(
                      leftOfCells.values().stream()
                          .reduce(Duration.ZERO, Duration::plus)
                          .dividedBy(atOnce)
                          .plus(leftAfterCells));
            });
    if (terminal) {
      bar.setExtraMessage(
          " %s%s, step %,d of %,d"
              .formatted(
                  leftOfCells.size() > 1 ? leftOfCells.size() + " side by side: " : "",
                  cell.title(),
                  progress.step(),
                  progress.totalSteps()));
    }
  }

  @Override
  public synchronized void decoded(Cell cell, int finished, int all) {
    silence.end();
    if (terminal) {
      bar.setExtraMessage(" %s, text %,d of %,d".formatted(cell.title(), finished, all));
    }
  }

  @Override
  public synchronized void cellFinished(CellResult result) {
    leftOfCells.remove(result.cell());
    RunRecord run = result.run();
    String scores = result.finished() ? scores(result) : run.failure().orElse("diverged");
    double seconds = run.seconds() + result.generation().map(GenerationResult::seconds).orElse(0.0);
    line("%s: %s, %s".formatted(result.cell().title(), scores, Clock.format(seconds)));
    if (terminal) {
      bar.step();
    }
  }

  private static String scores(CellResult result) {
    Stream<String> ofTexts =
        result.generation().stream()
            .flatMap(texts -> texts.scores().entrySet().stream())
            .map(score -> "%s %.4f".formatted(score.getKey().id(), score.getValue()));
    Stream<String> ofEpoch =
        result.run().bestEpoch().stream()
            .flatMap(best -> best.metrics().entrySet().stream())
            .map(score -> "%s %.4f".formatted(score.getKey().id(), score.getValue()));
    return Stream.concat(ofTexts, ofEpoch).collect(Collectors.joining(", "));
  }

  @Override
  public synchronized void cellFailed(Cell cell, RuntimeException failure) {
    leftOfCells.remove(cell);
    line("warning: %s failed: %s".formatted(cell.title(), Failure.describe(failure)));
  }

  @Override
  public void warned(String message) {
    line("warning: " + message);
  }

  /** Prints a whole line, over the bar where there is one; the bar draws itself again below. */
  private synchronized void line(String text) {
    silence.end();
    err.println(terminal ? "\r\u001b[K" + text : text);
    err.flush();
  }

  @Override
  public void close() {
    silence.end();
    if (bar != null) {
      bar.close();
    }
  }
}
