package org.bilora.scale;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.bilora.weights.YamlFile;

/**
 * The processes of a cluster, as a YAML or JSON file has them:
 *
 * <pre>
 * workers:
 *   - 10.0.0.5:4711
 *   - 10.0.0.6:4711
 * </pre>
 *
 * @param workers in the order of their numbers; the first one is the chief
 */
public record ClusterFile(List<Address> workers) {
  private static final String WORKERS = "workers";

  /** Checks that there is one, and none twice. */
  public ClusterFile {
    workers = List.copyOf(workers);
    if (workers.isEmpty()) {
      throw new IllegalArgumentException("there are no workers; name one or more as host:port");
    }
    HashSet<Address> seen = new HashSet<>();
    for (Address worker : workers) {
      if (!seen.add(worker)) {
        throw new IllegalArgumentException(
            "%s stands there twice; each worker needs a port of its own".formatted(worker));
      }
    }
  }

  /**
   * Reads a file.
   *
   * @throws IOException when it cannot be read or is none; the message says what is wrong
   */
  public static ClusterFile read(Path file) throws IOException {
    JsonNode root = YamlFile.read(file, "a file of a cluster");
    JsonNode listed = root.path(WORKERS);
    if (!listed.isArray() || root.size() != 1) {
      throw new IOException(
          "%s: it must have 'workers:', a list of host:port, and nothing else".formatted(file));
    }
    List<Address> workers = new ArrayList<>();
    try {
      for (JsonNode worker : listed) {
        workers.add(Address.parse(worker.asText()));
      }
      return new ClusterFile(workers);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s, workers%s: %s"
              .formatted(
                  file,
                  workers.size() < listed.size() ? "[%d]".formatted(workers.size()) : "",
                  e.getMessage()),
          e);
    }
  }

  /**
   * The number of a process, checked.
   *
   * @throws IllegalArgumentException when there is none of that number
   */
  public int requireTask(int task) {
    if (task < 0 || task >= workers.size()) {
      throw new IllegalArgumentException(
          "task index is %d; the file has %d workers, so it must be from 0 to %d"
              .formatted(task, workers.size(), workers.size() - 1));
    }
    return task;
  }

  /** What a person reads of a process. */
  String name(int task) {
    return "worker %d (%s)".formatted(task, workers.get(task));
  }
}
