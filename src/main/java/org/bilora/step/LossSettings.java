package org.bilora.step;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.settings.Range;

/**
 * What of a classification's loss is out of the ordinary, besides label smoothing.
 *
 * @param classWeights how much each class weighs; empty where all weigh the same
 * @param focalGamma γ of the focal loss; empty for none
 */
public record LossSettings(
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<ClassWeights> classWeights,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        OptionalDouble focalGamma) {

  /** Nothing. */
  public static final LossSettings PLAIN =
      new LossSettings(Optional.empty(), OptionalDouble.empty());

  /** Checks the range. */
  public LossSettings {
    focalGamma.ifPresent(gamma -> Range.positive("focalGamma", gamma));
  }
}
