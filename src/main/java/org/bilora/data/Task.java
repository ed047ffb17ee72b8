package org.bilora.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is learnt from a data set: classes of texts, scores, or to write texts.
 *
 * @param name as on the command line, such as {@code cola}
 * @param pairs whether each example has two texts
 * @param labels class names as the training file writes them, in the order of their indices; empty
 *     for a regression task and for language modelling
 * @param metrics what it is judged by; the first one picks the best checkpoint
 * @param format how the user said that his own files are to be read; empty where they say it
 *     themselves, and for other tasks
 */
public record Task(
    String name,
    boolean pairs,
    List<String> labels,
    List<MetricName> metrics,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) @JsonProperty(required = false)
        Optional<CustomFormat> format) {

  /** Checks that there is a metric and not exactly one class. */
  public Task {
    labels = ImmutableList.copyOf(labels);
    metrics = ImmutableList.copyOf(metrics);
    Objects.requireNonNull(format, "format");
    if (metrics.isEmpty()) {
      throw new IllegalArgumentException("task %s has no metric".formatted(name));
    }
    if (labels.size() == 1) {
      throw new IllegalArgumentException(
          "task %s has the single label '%s'; a classification needs two or more"
              .formatted(name, labels.get(0)));
    }
  }

  /** A task whose files say themselves how they are to be read. */
  public Task(String name, boolean pairs, List<String> labels, List<MetricName> metrics) {
    this(name, pairs, labels, metrics, Optional.empty());
  }

  /** Whether a language model is to write texts: there is no target, but tokens. */
  public boolean languageModelling() {
    return metrics.contains(MetricName.PERPLEXITY);
  }

  /** Whether the target is a score rather than a class. */
  public boolean regression() {
    return labels.isEmpty() && !languageModelling();
  }

  /** Columns of the logits: one per class, one for a score. */
  public int outputs() {
    return regression() ? 1 : labels.size();
  }

  /** What picks the best checkpoint. */
  public MetricName primaryMetric() {
    return metrics.get(0);
  }
}
