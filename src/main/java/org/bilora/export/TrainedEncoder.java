package org.bilora.export;

import java.util.List;
import java.util.Map;
import org.bilora.data.TaskType;
import org.bilora.model.EncoderHead;
import org.bilora.model.NonFiniteWeightException;
import org.bilora.model.PretrainedEncoder;
import org.bilora.weights.HostTensor;

/**
 * A trained encoder as it is exported, its increments not merged yet.
 *
 * @param base the pretrained encoder that was trained
 * @param head the task head
 * @param increments ΔW
 * @param trained weights that were trained themselves, by canonical name: the head's, and for full
 *     fine-tuning the backbone's
 * @param type what the logits stand for
 * @param labels names of the logits; empty for a single score
 * @param maxTokens longest text that it was trained on
 * @param pairs whether it was trained on pairs of texts
 * @param references its own logits, to hold the export against
 */
public record TrainedEncoder(
    PretrainedEncoder base,
    EncoderHead head,
    Increments increments,
    Map<String, HostTensor> trained,
    TaskType type,
    List<String> labels,
    int maxTokens,
    boolean pairs,
    List<ReferenceLogits> references) {

  /**
   * The same with every ΔW merged.
   *
   * @throws ExportRefusedException when a merged value is infinite or not a number
   */
  public ServingModel merged() throws ExportRefusedException {
    return ServingModel.of(base, head, mergedWeights(), type, labels, maxTokens, pairs);
  }

  private Map<String, HostTensor> mergedWeights() throws ExportRefusedException {
    try {
      return base.mergedWeights(increments.byLayer(), trained);
    } catch (NonFiniteWeightException e) {
      throw new ExportRefusedException(e.getMessage() + "; nothing was exported");
    }
  }

  /** The same on a base that is equal to its own. */
  TrainedEncoder on(PretrainedEncoder equal) {
    return new TrainedEncoder(
        equal, head, increments, trained, type, labels, maxTokens, pairs, references);
  }

  /** How many texts the references are. */
  int comparedTexts() {
    return references.stream().mapToInt(reference -> reference.texts().rows()).sum();
  }
}
