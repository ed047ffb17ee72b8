package org.bilora.step;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.tensorflow.TensorFlow;

/**
 * What training steps run on and how they are computed there, for the record of a run.
 *
 * @param tensorflow version of TensorFlow
 * @param precision number format of the matrix products
 * @param xla whether XLA compiles the step
 * @param gpu models of the GPUs that TensorFlow computes on; empty where it found none
 * @param workers processes that compute a step together; empty for this one alone
 * @param lanes trainings that took a step together, at most; empty for one by itself
 */
public record DeviceInfo(
    String tensorflow,
    ExecutionSettings.Precision precision,
    boolean xla,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) @JsonProperty(required = false)
        Optional<String> gpu,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) @JsonProperty(required = false)
        Optional<Integer> workers,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) @JsonProperty(required = false)
        Optional<Integer> lanes) {

  /** Checks that nothing is missing. */
  public DeviceInfo {
    Objects.requireNonNull(tensorflow, "tensorflow");
    Objects.requireNonNull(precision, "precision");
    Objects.requireNonNull(gpu, "gpu");
    workers = workers == null ? Optional.empty() : workers;
    lanes = lanes == null ? Optional.empty() : lanes;
  }

  /** One process. */
  public DeviceInfo(
      String tensorflow, ExecutionSettings.Precision precision, boolean xla, Optional<String> gpu) {
    this(tensorflow, precision, xla, gpu, Optional.empty(), Optional.empty());
  }

  /** The same computed by several processes together. */
  DeviceInfo with(Workers together) {
    return new DeviceInfo(tensorflow, precision, xla, gpu, Optional.of(together.count()), lanes);
  }

  /** The same with trainings side by side. */
  DeviceInfo inLanes(int width) {
    return new DeviceInfo(tensorflow, precision, xla, gpu, workers, Optional.of(width));
  }

  /** This machine, for steps computed in that precision, compiled by XLA or not. */
  static DeviceInfo ofThisMachine(ExecutionSettings.Precision precision, boolean xla) {
    List<String> gpus = TensorFlowDevices.gpuModels();
    return new DeviceInfo(
        TensorFlow.version(),
        precision,
        xla,
        gpus.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", gpus)));
  }
}
