package org.bilora.bench.study;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import org.bilora.eval.generation.GenerationMetric;

/**
 * What a trained language model wrote, and what it is worth.
 *
 * @param scores of all texts; METEOR only where its program was given
 * @param inputs how many there were
 * @param cut inputs that were too long for the model and lost their end
 * @param ended texts that came to an end by themselves
 * @param tokens of all texts
 * @param seconds that decoding took
 * @param outputs the texts, in the order of the inputs: all of them, or the first {@value #KEPT}
 * @param samples a few of those inputs, to be shown with what each method wrote
 * @param groups scores of a part of the texts, by its name; empty for no parts
 */
public record GenerationResult(
    Map<GenerationMetric, Double> scores,
    int inputs,
    int cut,
    int ended,
    long tokens,
    double seconds,
    List<String> outputs,
    List<Sample> samples,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_EMPTY)
        Map<String, Group> groups) {
  /** Copies what could change. */
  public GenerationResult {
    scores = ImmutableMap.copyOf(scores);
    outputs = ImmutableList.copyOf(outputs);
    samples = ImmutableList.copyOf(samples);
    groups = groups == null ? ImmutableMap.of() : ImmutableMap.copyOf(groups);
  }

  /**
   * A part of the inputs.
   *
   * @param inputs how many
   * @param scores of their texts
   */
  public record Group(int inputs, Map<GenerationMetric, Double> scores) {
    /** Copies what could change. */
    public Group {
      scores = ImmutableMap.copyOf(scores);
    }
  }

  /** Most outputs that are kept, so that a result file stays small. */
  public static final int KEPT = 1000;

  /**
   * An input.
   *
   * @param input its number among those that were decoded, counted from 1
   * @param references what people wrote for it
   */
  public record Sample(int input, String context, List<String> references) {
    /** Copies what could change. */
    public Sample {
      references = ImmutableList.copyOf(references);
    }
  }

  /** What was written for a sample. */
  public String output(Sample sample) {
    return outputs.get(sample.input() - 1);
  }
}
