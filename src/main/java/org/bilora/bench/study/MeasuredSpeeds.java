package org.bilora.bench.study;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.bilora.step.TensorFlowDevices;
import org.bilora.train.RunEnvironment;
import org.bilora.train.RunJson;
import org.bilora.train.RunSpeed;
import org.bilora.weights.AtomicFile;

/**
 * How fast methods ran when they were timed, by machine, so that a study that is resumed does not
 * time them again. The file only saves time: a damaged one is as good as none.
 */
final class MeasuredSpeeds {
  private static final ObjectMapper JSON = RunJson.mapper();

  private final Path file;
  private final Map<String, RunSpeed> speeds;
  private final String machine =
      "%s, %d processors%s: "
          .formatted(
              RunEnvironment.cpu(),
              Runtime.getRuntime().availableProcessors(),
              TensorFlowDevices.gpuModels().stream()
                  .map(", "::concat)
                  .collect(Collectors.joining()));

  MeasuredSpeeds(Path directory) {
    this.file = directory.resolve("speeds.json");
    this.speeds = read(file);
  }

  private static Map<String, RunSpeed> read(Path file) {
    if (Files.exists(file)) {
      try {
        Map<String, RunSpeed> read =
            JSON.readValue(
                Files.readAllBytes(file), new TypeReference<TreeMap<String, RunSpeed>>() {});
        if (read != null && !read.containsValue(null)) {
          return read;
        }
      } catch (IOException e) {
        // Timed again.
      }
    }
    return new TreeMap<>();
  }

  Optional<RunSpeed> get(String method) {
    return Optional.ofNullable(speeds.get(machine + method));
  }

  void put(String method, RunSpeed speed) throws IOException {
    speeds.put(machine + method, speed);
    AtomicFile.write(file, out -> out.write(RunJson.write(speeds)));
  }
}
