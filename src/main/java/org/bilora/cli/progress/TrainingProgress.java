package org.bilora.cli.progress;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.bilora.data.MetricName;
import org.bilora.step.StepResult;
import org.bilora.train.EpochRecord;
import org.bilora.train.ExampleCounts;
import org.bilora.train.TrainingListener;

/**
 * Shows a training on standard error: a bar with the loss and the time left on a terminal, a line
 * now and then elsewhere, and a line per epoch on both.
 */
public final class TrainingProgress implements TrainingListener, AutoCloseable {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(30);

  /** Characters of a column, longer names apart. */
  private static final int COLUMN = 11;

  private final PrintWriter err;
  private final boolean terminal;
  private ProgressBar bar;
  private volatile Optional<Duration> left = Optional.empty();
  private Duration lastLine = Duration.ZERO;
  private boolean tableStarted;
  private boolean onTwoSets;

  /**
   * Reports to {@code err}.
   *
   * @param terminal whether it is a terminal, where a line can be drawn over
   */
  public TrainingProgress(PrintWriter err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  /** Whether standard error is a terminal; the launcher knows, Java does not. */
  public static boolean onTerminal() {
    return Boolean.getBoolean("bilora.terminal");
  }

  @Override
  public void started(Start start) {
    ExampleCounts examples = start.examples();
    onTwoSets = examples.upper() > 0;
    line(
        "%,d trained parameters; %,d steps; examples: %s, dev %,d"
            .formatted(
                start.trainedParameters(),
                start.totalSteps(),
                examples.upper() == 0
                    ? "train %,d".formatted(examples.lower())
                    : "D1 %,d, D2 %,d".formatted(examples.lower(), examples.upper()),
                examples.dev()));
    if (start.firstStep() > 0) {
      line("going on after step %,d".formatted(start.firstStep()));
    }
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("training")
              .setInitialMax(start.totalSteps())
              .startsFrom(start.firstStep(), Duration.ZERO)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(500)
              .setEtaFunction(state -> left)
              .setConsumer(new ConsoleProgressBarConsumer(System.err))
              .clearDisplayOnFinish()
              .build();
    }
  }

  @Override
  public void compiling(int rows, int length) {
    if (terminal) {
      bar.setExtraMessage(" compiling for %d × %d tokens".formatted(rows, length));
      bar.refresh();
    } else {
      line("preparing the step for %d × %d tokens".formatted(rows, length));
    }
  }

  @Override
  public void stepFinished(Progress progress) {
    left = progress.left();
    StepResult result = progress.result();
    String loss =
        "loss %.4f".formatted(result.lowerLoss().orElseGet(() -> result.upperLoss().orElseThrow()));
    if (terminal) {
      bar.stepTo(progress.step());
      bar.setExtraMessage(" epoch %d, %s".formatted(progress.epoch(), loss));
    } else if (progress.elapsed().minus(lastLine).compareTo(BETWEEN_LINES) >= 0) {
      lastLine = progress.elapsed();
      line(
          "step %,d of %,d, epoch %d, %s%s"
              .formatted(
                  progress.step(),
                  progress.totalSteps(),
                  progress.epoch(),
                  loss,
                  progress.left().map(time -> ", " + Clock.format(time) + " left").orElse("")));
    }
  }

  @Override
  public void evaluating(int epoch) {
    if (terminal) {
      bar.setExtraMessage(" evaluating epoch %d".formatted(epoch));
    }
  }

  @Override
  public void epochFinished(EpochRecord epoch, boolean best) {
    if (!tableStarted) {
      tableStarted = true;
      StringBuilder header = new StringBuilder("epoch   train loss");
      if (onTwoSets) {
        header.append("    D2 loss");
      }
      header.append("   dev loss");
      for (MetricName metric : epoch.metrics().keySet()) {
        header.append(cell(metric, metric.id()));
      }
      line(header.append("     time").toString());
    }
    StringBuilder row =
        new StringBuilder("%5d %12s".formatted(epoch.epoch(), loss(epoch.lowerLoss())));
    if (onTwoSets) {
      row.append("%11s".formatted(loss(epoch.upperLoss())));
    }
    row.append("%11.4f".formatted(epoch.devLoss()));
    for (Map.Entry<MetricName, Double> metric : epoch.metrics().entrySet()) {
      row.append(cell(metric.getKey(), "%.4f".formatted(metric.getValue())));
    }
    row.append("%9s".formatted(Clock.format(epoch.seconds())));
    line(row + (best ? "  best so far" : ""));
  }

  /** In a column that holds the metric's name, apart from the one before. */
  private static String cell(MetricName metric, String text) {
    int width = Math.max(COLUMN, metric.id().length() + 2);
    return " ".repeat(width - text.length()) + text;
  }

  /** A dash for a set that the epoch did not meet. */
  private static String loss(OptionalDouble value) {
    return value.isPresent() ? "%.4f".formatted(value.getAsDouble()) : "–";
  }

  @Override
  public void noted(String message) {
    line(message);
  }

  @Override
  public void warned(String message) {
    line("warning: " + message);
  }

  /** Prints a whole line, over the bar where there is one; the bar draws itself again below. */
  private void line(String text) {
    err.println(terminal ? "\r\u001b[K" + text : text);
    err.flush();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
