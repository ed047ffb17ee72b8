package org.bilora.scale.spark;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.util.CollectionAccumulator;

/**
 * What the tasks of an executor share: opened by the first of them, kept until the process ends,
 * and never opened twice by tasks that begin at the same time.
 *
 * @param <K> what it is opened from, compared by {@code equals}
 * @param <V> what is opened
 */
public final class OncePerExecutor<K, V> {
  /** Opens one. */
  @FunctionalInterface
  interface Opening<K, V> {
    V open(K key) throws IOException;
  }

  private final Map<K, V> opened = new HashMap<>();
  private final Opening<K, V> opening;

  OncePerExecutor(Opening<K, V> opening) {
    this.opening = opening;
  }

  /**
   * What is opened from the key.
   *
   * @param openings gets the executor's name when it is opened now
   * @throws IOException when it cannot be opened; the next task tries again
   */
  synchronized V of(K key, CollectionAccumulator<String> openings) throws IOException {
    V there = opened.get(key);
    if (there == null) {
      there = withOwnClasses(() -> opening.open(key));
      opened.put(key, there);
      openings.add(here());
    }
    return there;
  }

  /** Something that may fail. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  /**
   * Does something with this program's class loader for the thread's. Tasks of a Spark session have
   * one that finds no service of the Java platform, such as its random number generators.
   */
  static <T> T withOwnClasses(Work<T> work) throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(OncePerExecutor.class.getClassLoader());
    try {
      return work.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** The executor that this task runs in, with its host and process. */
  static String here() {
    return "executor %s on %s, process %d"
        .formatted(SparkEnv.get().executorId(), SharedPaths.host(), ProcessHandle.current().pid());
  }
}
