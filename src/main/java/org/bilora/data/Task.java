package org.bilora.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is learnt from a data set: classes of texts or words, scores, or to write texts.
 *
 * @param name as on the command line, such as {@code cola}
 * @param pairs whether each example has two texts
 * @param labels names of classes or labels as the training file writes them, or of several scores,
 *     in the order of their indices; empty for a single score and for language modelling
 * @param metrics what it is judged by; the first one picks the best checkpoint
 * @param format how the user said that his own files are to be read; empty where they say it
 *     themselves, and for other tasks
 * @param type what is learnt; in older files it follows from labels and metrics
 */
public record Task(
    String name,
    boolean pairs,
    List<String> labels,
    List<MetricName> metrics,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) @JsonProperty(required = false)
        Optional<CustomFormat> format,
    @JsonProperty(required = false) TaskType type) {

  /** Checks that there is a metric and not exactly one class. */
  public Task {
    labels = ImmutableList.copyOf(labels);
    metrics = ImmutableList.copyOf(metrics);
    Objects.requireNonNull(format, "format");
    if (metrics.isEmpty()) {
      throw new IllegalArgumentException("task %s has no metric".formatted(name));
    }
    type = type == null ? type(labels, metrics) : type;
    if (labels.size() == 1 && type != TaskType.REGRESSION && type != TaskType.MULTI_LABEL) {
      throw new IllegalArgumentException(
          "task %s has the single label '%s'; a classification needs two or more"
              .formatted(name, labels.get(0)));
    }
  }

  /** A classification, or the learning of a score or a language where there are no labels. */
  public Task(
      String name,
      boolean pairs,
      List<String> labels,
      List<MetricName> metrics,
      Optional<CustomFormat> format) {
    this(name, pairs, labels, metrics, format, type(labels, metrics));
  }

  /** The same, whose files say themselves how they are to be read. */
  public Task(String name, boolean pairs, List<String> labels, List<MetricName> metrics) {
    this(name, pairs, labels, metrics, Optional.empty());
  }

  private static TaskType type(List<String> labels, List<MetricName> metrics) {
    if (metrics.contains(MetricName.PERPLEXITY)) {
      return TaskType.LANGUAGE_MODELLING;
    }
    return labels.isEmpty() ? TaskType.REGRESSION : TaskType.CLASSIFICATION;
  }

  /** Whether a language model is to write texts: there is no target, but tokens. */
  public boolean languageModelling() {
    return type == TaskType.LANGUAGE_MODELLING;
  }

  /** Whether the targets are scores rather than classes. */
  public boolean regression() {
    return type == TaskType.REGRESSION;
  }

  /** Columns of the logits: one per class, label or score. */
  public int outputs() {
    return regression() ? Math.max(1, labels.size()) : labels.size();
  }

  /** What picks the best checkpoint. */
  public MetricName primaryMetric() {
    return metrics.get(0);
  }
}
