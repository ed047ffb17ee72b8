package org.bilora.export;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.data.TaskType;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.weights.HostTensor;

/**
 * What is exported.
 *
 * @param encoder architecture, tokenizer and provenance; its own weights are not used
 * @param head the task head
 * @param weights backbone and head with every ΔW merged, by canonical name ({@link
 *     org.bilora.model.PretrainedModel#mergedWeights})
 * @param type what the logits stand for
 * @param labels names of the logits; empty for a single score
 * @param maxTokens longest text the model was trained on; a {@link ServedModel} cuts there, the
 *     graph itself takes any length up to the encoder's own limit, and cuts texts here
 * @param pairs whether the model was trained on pairs of texts
 * @param adapters where there are several adapters, of which each row names one; labels are then
 *     each adapter's own, and {@code weights} are the base's and theirs, nothing merged
 */
public record ServingModel(
    PretrainedEncoder encoder,
    EncoderHead head,
    Map<String, HostTensor> weights,
    TaskType type,
    List<String> labels,
    int maxTokens,
    boolean pairs,
    Optional<AdapterBank> adapters) {

  /** Checks labels and length against the model. */
  public ServingModel {
    weights = ImmutableMap.copyOf(weights);
    labels = ImmutableList.copyOf(labels);
    if (adapters.isPresent()) {
      if (!labels.isEmpty()) {
        throw new IllegalArgumentException("adapters have labels of their own");
      }
    } else if (labels.isEmpty() ? head.labels() != 1 : labels.size() != head.labels()) {
      throw new IllegalArgumentException(
          "labels has %d names for %d logits; give one per logit, or none for a single score"
              .formatted(labels.size(), head.labels()));
    }
    int longest = encoder.config().maxTokens();
    if (maxTokens < 3 || maxTokens > longest) {
      throw new IllegalArgumentException(
          "maxTokens is %d; it must be from 3 to %d".formatted(maxTokens, longest));
    }
  }

  /** Classes, or a score where there are no labels. */
  public static ServingModel of(
      PretrainedEncoder encoder,
      EncoderHead head,
      Map<String, HostTensor> weights,
      List<String> labels,
      int maxTokens,
      boolean pairs) {
    TaskType type = labels.isEmpty() ? TaskType.REGRESSION : TaskType.CLASSIFICATION;
    return of(encoder, head, weights, type, labels, maxTokens, pairs);
  }

  /** Copies the collections. */
  public static ServingModel of(
      PretrainedEncoder encoder,
      EncoderHead head,
      Map<String, HostTensor> weights,
      TaskType type,
      List<String> labels,
      int maxTokens,
      boolean pairs) {
    return new ServingModel(
        encoder,
        head,
        ImmutableMap.copyOf(weights),
        type,
        ImmutableList.copyOf(labels),
        maxTokens,
        pairs,
        Optional.empty());
  }

  /** What is answered beside the logits. */
  ServedOutputs outputs() {
    return ServedOutputs.of(
        type, adapters.map(bank -> bank.adapters().get(0).labels()).orElse(labels));
  }
}
