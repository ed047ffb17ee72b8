package org.bilora.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.step.FineTuning;
import org.bilora.step.NetworkFineTuning;
import org.bilora.step.StepResult;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;
import org.bilora.weights.SafetensorsFile;

/**
 * All that a resumed run needs, in one file, so that a kill at any moment leaves one consistent
 * state: trained values, optimizer moments, the best epoch's values, and the run's position.
 *
 * @param state as {@link FineTuning#state()} returned it after the position's last step
 * @param best as {@link FineTuning#trained()} returned it after the best epoch; empty before one
 */
record Checkpoint(Map<String, HostTensor> state, Map<String, HostTensor> best, Position position) {
  /** Keeps copies of the collections. */
  Checkpoint {
    state = ImmutableMap.copyOf(state);
    best = ImmutableMap.copyOf(best);
  }

  private static final String POSITION = "position";
  private static final String SHA256 = "sha256";
  private static final String STATE = "state/";
  private static final String BEST = "best/";

  /**
   * Where a run stands.
   *
   * @param step steps taken
   * @param epoch epochs completed
   * @param iteration steps taken of the next epoch
   * @param lowerLossSum over those steps
   * @param upperLossSum over those steps
   * @param epochSeconds spent on those steps
   * @param seconds spent on the run
   * @param epochs records of the completed epochs
   * @param bestEpoch of them
   * @param termsSum of the hypergradient's terms over those steps; empty for steps without one
   */
  @RecordBuilder
  record Position(
      long step,
      int epoch,
      int iteration,
      double lowerLossSum,
      double upperLossSum,
      double epochSeconds,
      double seconds,
      List<EpochRecord> epochs,
      Optional<RunRecord.Best> bestEpoch,
      @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
          Optional<StepResult.Terms> termsSum) {
    /** Keeps copies of the collections. */
    Position {
      epochs = ImmutableList.copyOf(epochs);
    }

    static final Position START =
        CheckpointPositionBuilder.builder()
            .step(0)
            .epoch(0)
            .iteration(0)
            .lowerLossSum(0)
            .upperLossSum(0)
            .epochSeconds(0)
            .seconds(0)
            .epochs(ImmutableList.of())
            .build();
  }

  void write(Path file) throws IOException {
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    state.forEach((name, tensor) -> tensors.put(STATE + name, tensor));
    best.forEach((name, tensor) -> tensors.put(BEST + name, tensor));
    Map<String, HostTensor> all = tensors.buildOrThrow();
    String json = new String(RunJson.write(position), StandardCharsets.UTF_8);
    Map<String, String> metadata = ImmutableMap.of(POSITION, json, SHA256, sha256(all, json));
    RunDirectory.uninterrupted(() -> Safetensors.write(file, all, metadata));
  }

  /** Hash of the best epoch's values; empty before one. */
  Optional<String> bestSha256() {
    return best.isEmpty() ? Optional.empty() : Optional.of(NetworkFineTuning.sha256(best));
  }

  /** Writes the best epoch's values alone, for evaluation, prediction and export. */
  void writeBest(Path file) throws IOException {
    Map<String, String> metadata = ImmutableMap.of(SHA256, NetworkFineTuning.sha256(best));
    RunDirectory.uninterrupted(() -> Safetensors.write(file, best, metadata));
  }

  /**
   * Reads a checkpoint.
   *
   * @throws IOException when it is missing or damaged
   */
  static Checkpoint read(Path file) throws IOException {
    SafetensorsFile content = Safetensors.read(file);
    String json = content.metadata().get(POSITION);
    if (json == null) {
      throw new IOException(
          file + " has no position in its metadata: it is not a checkpoint of a run");
    }
    if (!sha256(content.tensors(), json).equals(content.metadata().get(SHA256))) {
      throw new IOException(
          file
              + " is damaged: its tensors and its position are not those it was written with;"
              + " restore it from a copy, or train again in a new directory");
    }
    Position position = RunJson.read(file, json.getBytes(StandardCharsets.UTF_8), Position.class);
    return new Checkpoint(under(STATE, content), under(BEST, content), position);
  }

  /** Hash of all that a resumed run goes on from. */
  private static String sha256(Map<String, HostTensor> tensors, String position) {
    return Hashing.sha256()
        .newHasher()
        .putString(NetworkFineTuning.sha256(tensors), StandardCharsets.UTF_8)
        .putString(position, StandardCharsets.UTF_8)
        .hash()
        .toString();
  }

  private static Map<String, HostTensor> under(String prefix, SafetensorsFile content) {
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    for (Map.Entry<String, HostTensor> entry : content.tensors().entrySet()) {
      if (entry.getKey().startsWith(prefix)) {
        tensors.put(entry.getKey().substring(prefix.length()), entry.getValue());
      }
    }
    return tensors.buildOrThrow();
  }
}
