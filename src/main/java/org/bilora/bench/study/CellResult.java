package org.bilora.bench.study;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import java.util.Optional;
import org.bilora.data.MetricName;
import org.bilora.train.RunRecord;

/**
 * A finished cell.
 *
 * @param formatVersion {@link #FORMAT_VERSION}
 * @param cell what decided it
 * @param key hash of {@code cell}
 * @param run everything known about its run, which is finished, or failed because it diverged
 * @param generation what the trained model wrote; empty for other tasks and diverged runs
 * @param constant what the best constant answer scores on the dev split, which is no result; empty
 *     for generation tasks and in older files
 */
public record CellResult(
    int formatVersion,
    Cell cell,
    String key,
    RunRecord run,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<GenerationResult> generation,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<Map<MetricName, Double>> constant) {
  /** Version of the file's layout, raised when a field changes its meaning. */
  public static final int FORMAT_VERSION = 1;

  /** The result of a cell. */
  public static CellResult of(Cell cell, RunRecord run) {
    return new CellResult(
        FORMAT_VERSION, cell, cell.key(), run, Optional.empty(), Optional.empty());
  }

  /** The result of a cell with labels. */
  public static CellResult of(Cell cell, RunRecord run, Map<MetricName, Double> constant) {
    return new CellResult(
        FORMAT_VERSION, cell, cell.key(), run, Optional.empty(), Optional.of(constant));
  }

  /** The result of a cell whose model wrote texts. */
  public static CellResult of(Cell cell, RunRecord run, GenerationResult generation) {
    return new CellResult(
        FORMAT_VERSION, cell, cell.key(), run, Optional.of(generation), Optional.empty());
  }

  /** Whether training came to its end. */
  public boolean finished() {
    return run.status() == RunRecord.Status.FINISHED;
  }
}
