package org.bilora.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.math.Quantiles;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.bilora.data.MetricName;
import org.bilora.data.Task;
import org.bilora.model.EncoderHead;

/**
 * All that is known about a run: {@code run.json} in its directory, where the fields have the same
 * names in snake_case. Written when the run starts, after each epoch, and when it ends.
 *
 * @param formatVersion {@link #FORMAT_VERSION}
 * @param status how far it got
 * @param failure why it failed, with the step; empty unless it did
 * @param task what is learnt
 * @param model what it started from
 * @param settings what decides the run besides model and data
 * @param provenance data, code and machine
 * @param examples sizes of D1, D2 and dev
 * @param trainedParameters number of trained values, both levels together
 * @param totalSteps steps of the whole run
 * @param steps steps taken so far
 * @param seconds spent so far, over all resumptions
 * @param epochs in order
 * @param best the epoch whose values were kept; empty before the first evaluation
 * @param trainedSha256 hash of those values
 * @param frozenSha256Before hash of the frozen weights before the first step
 * @param frozenSha256After the same when the run ended; empty while it runs
 * @param peakMemoryBytes most memory the process held at once, over all resumptions; empty where
 *     the system does not tell. A process that did other things before counts them too
 * @param frozenLayers the lower layers that were computed once for each text; empty where every
 *     step computed all layers
 * @param paddedShare share of the tokens computed in training that are padding; empty in older
 *     records
 */
@RecordBuilder
public record RunRecord(
    int formatVersion,
    Status status,
    Optional<String> failure,
    Task task,
    Model model,
    TrainingSettings settings,
    Provenance provenance,
    ExampleCounts examples,
    int trainedParameters,
    long totalSteps,
    long steps,
    double seconds,
    List<EpochRecord> epochs,
    Optional<Best> best,
    Optional<String> trainedSha256,
    String frozenSha256Before,
    Optional<String> frozenSha256After,
    @JsonProperty(required = false)
        @RecordBuilder.Initializer(source = OptionalLong.class, value = "empty")
        OptionalLong peakMemoryBytes,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<FrozenLayers> frozenLayers,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble paddedShare) {

  /** Version of the file's layout, raised when a field changes its meaning. */
  public static final int FORMAT_VERSION = 1;

  /** How far a run got. */
  public enum Status {
    /** Under way, or killed without a chance to say so. */
    RUNNING,
    /** All steps taken. */
    FINISHED,
    /** Stopped on request after a checkpoint. */
    INTERRUPTED,
    /** Stopped by an error. */
    FAILED
  }

  /**
   * The pretrained model.
   *
   * @param name preset or directory
   * @param source Maven coordinates or file names
   * @param sha256 of the weight file's bytes
   * @param pooling which hidden state stands for a text; empty for a decoder
   * @param files hashes of the files beside the weights that decide what it computes, by name;
   *     empty where it is no directory
   * @param adapter that the trained values began as; empty where they were drawn
   */
  public record Model(
      String name,
      String source,
      String sha256,
      Optional<EncoderHead.Pooling> pooling,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonProperty(required = false)
          Map<String, String> files,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) @JsonProperty(required = false)
          Optional<Adapter> adapter) {

    /** Takes what is not there for nothing. */
    public Model {
      files = files == null ? ImmutableMap.of() : ImmutableMap.copyOf(files);
      adapter = adapter == null ? Optional.empty() : adapter;
    }

    /** A model that is no directory. */
    public Model(String name, String source, String sha256, Optional<EncoderHead.Pooling> pooling) {
      this(name, source, sha256, pooling, ImmutableMap.of(), Optional.empty());
    }
  }

  /**
   * An adapter that was trained elsewhere.
   *
   * @param name its directory
   * @param sha256 of its file of tensors
   * @param configSha256 of its configuration
   */
  public record Adapter(String name, String sha256, String configSha256) {}

  /**
   * The evaluation that the kept values won with.
   *
   * @param epoch counted from 1
   * @param metric the task's primary metric
   * @param value on the dev split, or on what the epoch is chosen on instead
   */
  public record Best(int epoch, MetricName metric, double value) {}

  /**
   * Lower layers that were computed once for each text.
   *
   * @param layers how many
   * @param dropout whether there was any in them while training: there was not
   */
  public record FrozenLayers(int layers, boolean dropout) {
    static Optional<FrozenLayers> of(int layers) {
      return layers == 0 ? Optional.empty() : Optional.of(new FrozenLayers(layers, false));
    }
  }

  /** Checks that nothing is missing. */
  public RunRecord {
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(failure, "failure");
    Objects.requireNonNull(task, "task");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(settings, "settings");
    Objects.requireNonNull(provenance, "provenance");
    Objects.requireNonNull(examples, "examples");
    epochs = ImmutableList.copyOf(Objects.requireNonNull(epochs, "epochs"));
    Objects.requireNonNull(best, "best");
    Objects.requireNonNull(trainedSha256, "trained_sha256");
    Objects.requireNonNull(frozenSha256Before, "frozen_sha256_before");
    Objects.requireNonNull(frozenSha256After, "frozen_sha256_after");
  }

  /**
   * Reads {@code run.json} of a run directory.
   *
   * @throws IOException when there is none or it is damaged
   */
  public static RunRecord read(Path directory) throws IOException {
    return new RunDirectory(directory).readRecord();
  }

  /** The record of the best epoch, where there is one. */
  public Optional<EpochRecord> bestEpoch() {
    return best.flatMap(
        b -> epochs.stream().filter(epoch -> epoch.epoch() == b.epoch()).findFirst());
  }

  /**
   * Seconds of a step: the median of the epochs' medians, compilation left out; empty where no
   * epoch has one.
   */
  public OptionalDouble secondsPerStep() {
    List<Double> medians =
        epochs.stream()
            .filter(epoch -> epoch.secondsPerStep().isPresent())
            .map(epoch -> epoch.secondsPerStep().getAsDouble())
            .toList();
    return medians.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(Quantiles.median().compute(medians));
  }

  /**
   * The record after a checkpoint.
   *
   * @param newFrozenSha256After present once the run has ended
   */
  RunRecord at(
      Status newStatus,
      Optional<String> newFailure,
      Checkpoint checkpoint,
      Optional<String> newFrozenSha256After) {
    Checkpoint.Position position = checkpoint.position();
    return RunRecordBuilder.builder(this)
        .status(newStatus)
        .steps(position.step())
        .seconds(position.seconds())
        .epochs(position.epochs())
        .failure(newFailure)
        .best(position.bestEpoch())
        .trainedSha256(checkpoint.bestSha256())
        .frozenSha256After(newFrozenSha256After)
        .peakMemoryBytes(largest(peakMemoryBytes, PeakMemory.bytes()))
        .build();
  }

  private static OptionalLong largest(OptionalLong one, OptionalLong other) {
    return one.isEmpty() || (other.isPresent() && other.getAsLong() > one.getAsLong())
        ? other
        : one;
  }
}
