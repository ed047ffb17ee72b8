package org.bilora.scale.spark;

import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a person reads of a job that failed: Spark's own messages are pages with stack traces. */
final class SparkFailure {
  /** The last attempt: host, executor, and what it threw. */
  private static final Pattern LAST_ATTEMPT =
      Pattern.compile(
          "failed \\d+ times?, most recent failure: Lost task \\S+ in stage \\S+ \\(TID \\d+\\)"
              + " \\((\\S+) executor (\\w+)\\): ([^\\n]*)");

  /** Exceptions whose message says all that a person needs. */
  private static final Pattern PLAIN =
      Pattern.compile(
          "^((java\\.io\\.(Unchecked)?IO|java\\.lang\\.IllegalArgument|org\\.bilora\\.[\\w.$]+)Exception: )+");

  private static final String SPARK = "org.apache.spark.";
  private static final String CAUSE = "Caused by: ";

  /** What a process throws that has other classes than the driver, or none of this program's. */
  private static final List<String> OF_CLASS_PATHS =
      List.of(
          "ClassNotFoundException",
          "NoClassDefFoundError",
          "InvalidClassException",
          "java.lang.invoke.SerializedLambda",
          "NoSuchMethodError");

  private static final List<String> OF_APPLICATIONS =
      List.of(
          "Master removed our application",
          "SparkContext was shut down",
          "SparkContext has been shutdown",
          "stopped SparkContext");

  private SparkFailure() {}

  /** Whether the executors lack classes, so that no other cell can do better. */
  static boolean ofClassPath(Throwable failure) {
    String message = message(failure);
    return OF_CLASS_PATHS.stream().anyMatch(message::contains);
  }

  /** Whether the whole application has ended. */
  static boolean ofApplication(Throwable failure) {
    String message = message(failure);
    return OF_APPLICATIONS.stream().anyMatch(message::contains);
  }

  /** A failure of a job in one line. */
  static IOException explained(Throwable failure) {
    String message = message(failure);
    Matcher last = LAST_ATTEMPT.matcher(message);
    boolean ofTask = last.find();
    String what =
        ofTask ? ofTask(last.group(3), message.substring(last.end())) : firstLine(failure);
    String where = ofTask ? "executor %s on %s".formatted(last.group(2), last.group(1)) : "Spark";
    if (ofClassPath(failure)) {
      return new IOException(
          "%s does not have the classes of this program (%s); every host needs its jars at the path that"
                  .formatted(where, what)
              + " spark.executor.extraClassPath names (benchmarks/spark/README.md)",
          failure);
    }
    if (ofApplication(failure)) {
      return new IOException(
          "Spark has ended the application; no executor could be started, or the cluster went away: see its"
              + " logs",
          failure);
    }
    return new IOException("%s: %s".formatted(where, unwrapped(what)), failure);
  }

  /**
   * What the task threw; where that is Spark's own wrapping, what it wraps.
   *
   * @param rest of the message, with the stack traces of causes
   */
  private static String ofTask(String thrown, String rest) {
    if (!thrown.startsWith(SPARK)) {
      return thrown;
    }
    return rest.lines()
        .takeWhile(line -> !line.startsWith("Driver stacktrace"))
        .filter(line -> line.startsWith(CAUSE) && !line.startsWith(CAUSE + SPARK))
        .map(line -> line.substring(CAUSE.length()))
        .findFirst()
        .orElse(thrown);
  }

  /** Without the class of an exception whose message says it all. */
  private static String unwrapped(String what) {
    return PLAIN.matcher(what).replaceFirst("");
  }

  /** The first line of the innermost message. */
  static String firstLine(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse(cause.toString());
  }

  private static String message(Throwable failure) {
    StringBuilder all = new StringBuilder();
    for (Throwable one = failure; one != null; one = one.getCause()) {
      all.append(one).append('\n');
    }
    return all.toString();
  }
}
