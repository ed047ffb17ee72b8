package org.bilora.scale.spark;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.bilora.bench.study.StudyListener;

/** Counts tasks, and tells of executors that were lost. */
final class Executors extends SparkListener implements AutoCloseable {
  private final JavaSparkContext spark;
  private final StudyListener listener;
  private final Map<String, String> hosts = new ConcurrentHashMap<>();
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();

  private Executors(JavaSparkContext spark, StudyListener listener) {
    this.spark = spark;
    this.listener = listener;
  }

  /** Of an application, until closed. */
  static Executors follow(JavaSparkContext spark, StudyListener listener) {
    Executors executors = new Executors(spark, listener);
    spark.sc().addSparkListener(executors);
    return executors;
  }

  /** Tasks that have begun. */
  int begun() {
    return begun.get();
  }

  /** Those of them that have not ended. */
  int running() {
    return running.get();
  }

  @Override
  public void onTaskStart(SparkListenerTaskStart event) {
    begun.incrementAndGet();
    running.incrementAndGet();
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    running.decrementAndGet();
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded event) {
    hosts.put(event.executorId(), event.executorInfo().executorHost());
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    // An idle one that Spark gives back (dynamic allocation) had no cell.
    if (event.reason().contains("killed by driver")) {
      return;
    }
    String host = hosts.get(event.executorId());
    listener.warned(
        "executor %s%s was lost (%s); its cell is run again"
            .formatted(
                event.executorId(),
                host == null ? "" : " on " + host,
                event.reason().lines().findFirst().orElse("no reason given")));
  }

  @Override
  public void close() {
    spark.sc().removeSparkListener(this);
  }
}
