package org.bilora.cli.option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.bilora.scale.Cluster;
import org.bilora.scale.ClusterFile;
import org.bilora.scale.ClusterWorker;
import org.bilora.step.Workers;
import picocli.CommandLine.Option;

/** Whether steps are computed by several processes, and which of them this one is. */
public final class ClusterOptions {
  /** The options' names: they say where a run is computed, not what it is. */
  static final String CLUSTER = "--cluster";

  static final String TASK_INDEX = "--task-index";

  @Option(
      names = CLUSTER,
      paramLabel = "FILE",
      description =
          "Compute every step with several processes, on one machine or more: a YAML or JSON file"
              + " with 'workers: [host:port, …]'. The first one is the chief, which reads the data and"
              + " writes the run; each worker computes its rows of every batch. Start the same on all"
              + " hosts, each with its --task-index. TensorFlow's servers ask nobody who he is, encrypt"
              + " nothing and listen on all of a host's addresses: use a trusted network, or close"
              + " their ports to others.")
  private Path cluster;

  @Option(
      names = TASK_INDEX,
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Which of the cluster's processes this one is (default: ${DEFAULT-VALUE}, the chief). A"
              + " worker needs no other options, and ends when the chief does.")
  private int taskIndex;

  /**
   * Refuses other processes.
   *
   * @param option with which this process computes alone
   * @throws IllegalArgumentException when there are some
   */
  public void requireNone(String option) {
    if (cluster != null) {
      throw new IllegalArgumentException(
          "%s measures this process alone; leave %s out".formatted(option, CLUSTER));
    }
  }

  /** Whether another process is the chief. */
  public boolean isWorker() {
    return taskIndex != 0;
  }

  /**
   * Serves as a worker until the chief has ended.
   *
   * @throws IOException when the file cannot be read or the port is taken
   * @throws IllegalArgumentException when there is no such worker
   */
  public void serve(BooleanSupplier stopRequested, Consumer<String> news) throws IOException {
    if (cluster == null) {
      throw new IllegalArgumentException(
          "%s is %d, which needs %s FILE".formatted(TASK_INDEX, taskIndex, CLUSTER));
    }
    ClusterWorker.serve(ClusterFile.read(cluster), taskIndex, stopRequested, news);
  }

  /**
   * The workers, once all are there; empty where this process computes alone.
   *
   * @throws IOException when the file cannot be read, the port is taken, or a worker does not come
   */
  public Optional<Workers> workers(BooleanSupplier giveUp, Consumer<String> news)
      throws IOException {
    return cluster == null
        ? Optional.empty()
        : Optional.of(Cluster.start(ClusterFile.read(cluster), Cluster.PATIENCE, giveUp, news));
  }
}
