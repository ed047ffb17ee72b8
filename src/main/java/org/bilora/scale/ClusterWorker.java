package org.bilora.scale;

import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A process that computes its parts of the steps that a cluster's chief hands out. */
public final class ClusterWorker {
  private static final Duration CONNECT = Duration.ofSeconds(3);

  /** A call that fails may be the network's fault; so many in a row are not. */
  private static final int FAILURES = 3;

  private ClusterWorker() {}

  /**
   * Serves until the chief, once it has come, has ended.
   *
   * @param task 1 or more
   * @param stopRequested ends it before
   * @param news is told when it waits and when it ends
   * @throws IOException when its port is taken
   */
  public static void serve(
      ClusterFile file, int task, BooleanSupplier stopRequested, Consumer<String> news)
      throws IOException {
    file.requireTask(task);
    ClusterServer.start(file, task);
    Address chief = file.workers().get(0);
    news.accept("%s waits for the chief at %s".formatted(file.name(task), chief));
    while (!chief.answers(CONNECT)) {
      if (stopRequested.getAsBoolean()) {
        return;
      }
      Cluster.pause();
    }
    news.accept("the chief is there");
    int failures = 0;
    while (failures < FAILURES && !stopRequested.getAsBoolean()) {
      Cluster.pause();
      failures = chief.answers(CONNECT) ? 0 : failures + 1;
    }
    if (failures == FAILURES) {
      news.accept("the chief has ended");
    }
  }
}
