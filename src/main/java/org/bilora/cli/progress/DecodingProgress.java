package org.bilora.cli.progress;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.bilora.generate.DecodingListener;

/**
 * Shows on standard error how far the generation of texts is: a bar with the time left on a
 * terminal, a line now and then elsewhere.
 */
public final class DecodingProgress implements DecodingListener, AutoCloseable {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(30);

  private final PrintWriter err;
  private final Instant start = Instant.now();
  private final Optional<ProgressBar> bar;
  private volatile Optional<Duration> left = Optional.empty();
  private Duration lastLine = Duration.ZERO;

  /**
   * Reports to {@code err}.
   *
   * @param terminal whether it is a terminal, where a line can be drawn over
   */
  public DecodingProgress(PrintWriter err, boolean terminal, int texts) {
    this.err = err;
    this.bar = terminal ? Optional.of(bar(texts)) : Optional.empty();
  }

  private ProgressBar bar(int texts) {
    return new ProgressBarBuilder()
        .setTaskName("texts")
        .setInitialMax(texts)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(500)
        .setEtaFunction(state -> left)
        .setConsumer(new ConsoleProgressBarConsumer(System.err))
        .clearDisplayOnFinish()
        .build();
  }

  @Override
  public void finished(int finished, int all) {
    Duration elapsed = Duration.between(start, Instant.now());
    Duration rest = elapsed.multipliedBy(all - finished).dividedBy(finished);
    left = Optional.of(rest);
    if (bar.isPresent()) {
      bar.get().stepTo(finished);
    } else if (elapsed.minus(lastLine).compareTo(BETWEEN_LINES) >= 0 && finished < all) {
      lastLine = elapsed;
      err.println("%,d of %,d texts, %s left".formatted(finished, all, Clock.format(rest)));
      err.flush();
    }
  }

  /** Time since this was made. */
  public Duration elapsed() {
    return Duration.between(start, Instant.now());
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
  }
}
