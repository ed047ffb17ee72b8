package org.bilora.method;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** A way of fine-tuning, with the knobs that only it has. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
@JsonSubTypes({
  @JsonSubTypes.Type(value = FullFineTuning.class, name = FullFineTuning.NAME),
  @JsonSubTypes.Type(value = HeadOnly.class, name = HeadOnly.NAME),
  @JsonSubTypes.Type(value = Lora.class, name = Lora.NAME),
  @JsonSubTypes.Type(value = AdaLora.class, name = AdaLora.NAME),
  @JsonSubTypes.Type(value = JointTraining.class, name = JointTraining.NAME),
  @JsonSubTypes.Type(value = TwoStage.class, name = TwoStage.NAME),
  @JsonSubTypes.Type(value = BiLora.class, name = BiLora.NAME)
})
public sealed interface Method permits FullFineTuning, HeadOnly, Lora, AdaLora, PseudoSvdMethod {

  /** The name on the command line and in {@code run.json}. */
  String name();
}
