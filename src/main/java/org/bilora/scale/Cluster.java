package org.bilora.scale;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.bilora.graph.RemoteSession;
import org.bilora.graph.StepFunction;
import org.bilora.graph.TaskDevice;
import org.bilora.step.Workers;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;

/** A cluster as its chief sees it: this process is the first worker, and hands steps to all. */
public final class Cluster implements Workers {
  /** How long the chief waits for workers that are still to start, unless told otherwise. */
  public static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final Duration CONNECT = Duration.ofSeconds(3);

  /** TensorFlow for Java has no exceptions of their own for what happens between processes. */
  private static final Pattern OF_THE_NETWORK =
      Pattern.compile("(?i)grpc|socket closed|failed to connect|connection reset|incarnation");

  private static final Duration BETWEEN_CALLS = Duration.ofMillis(500);

  /** Variables of one session are not those of another that the same servers have had. */
  private static final ConfigProto SESSION =
      StepFunction.SESSION.toBuilder().setIsolateSessionState(true).build();

  private final ClusterFile file;

  private Cluster(ClusterFile file) {
    this.file = file;
  }

  /**
   * Starts the chief's server and waits for the other workers.
   *
   * @param patience how long
   * @param giveUp ends the waiting before
   * @param news is told whom it waits for
   * @throws IOException when the port is taken or a worker does not come
   */
  public static Cluster start(
      ClusterFile file, Duration patience, BooleanSupplier giveUp, Consumer<String> news)
      throws IOException {
    ClusterServer.start(file, 0);
    long start = System.nanoTime();
    List<Integer> missing = missing(file, 1);
    if (!missing.isEmpty()) {
      news.accept("waiting for " + names(file, missing));
    }
    while (!missing.isEmpty()) {
      if (giveUp.getAsBoolean() || System.nanoTime() - start > patience.toNanos()) {
        throw new IOException(
            "%s did not answer within %d s; start each with --cluster and its --task-index, then this again"
                .formatted(names(file, missing), patience.toSeconds()));
      }
      pause();
      missing = missing(file, 1);
    }
    return new Cluster(file);
  }

  static void pause() throws IOException {
    try {
      Thread.sleep(BETWEEN_CALLS.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for the cluster", e);
    }
  }

  private static List<Integer> missing(ClusterFile file, int from) {
    List<Integer> missing = new ArrayList<>();
    for (int task = from; task < file.workers().size(); task++) {
      if (!file.workers().get(task).answers(CONNECT)) {
        missing.add(task);
      }
    }
    return missing;
  }

  private static String names(ClusterFile file, List<Integer> tasks) {
    return String.join(", ", tasks.stream().map(file::name).toList());
  }

  @Override
  public int count() {
    return file.workers().size();
  }

  @Override
  public Ops at(Ops tf, int worker) {
    return new TaskDevice(worker).place(tf);
  }

  @Override
  public Session open(Graph graph) {
    // By the name that the server goes by: another one leads through the network to this process.
    return RemoteSession.open(graph, "grpc://" + file.workers().get(0), SESSION);
  }

  @Override
  public RuntimeException explain(TensorFlowException failure) {
    List<Integer> missing = missing(file, 1);
    boolean ofTheNetwork = OF_THE_NETWORK.matcher(String.valueOf(failure.getMessage())).find();
    if (missing.isEmpty() && !ofTheNetwork) {
      return failure;
    }
    String who =
        missing.isEmpty()
            ? "a worker, which was gone for a while or has been started anew,"
            : names(file, missing);
    return new UncheckedIOException(
        new IOException(
            "%s does not answer; start the workers again, as many as you like, and go on with --resume"
                .formatted(who),
            failure));
  }
}
