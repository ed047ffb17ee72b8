package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What is learnt of a text. Each room that treats them differently has one registry, a {@code
 * switch} that does not compile when a type is missing: {@link Targets} reads labels, {@code
 * step.TaskLoss} has the loss, {@code eval.TaskOutputs} activation, metrics and predictions, and
 * {@code export.ServedOutputs} what a server answers.
 */
public enum TaskType {
  /** One class of several. */
  CLASSIFICATION,
  /** Any number of labels, each there or not. */
  MULTI_LABEL,
  /** A score, or several. */
  REGRESSION,
  /** A class for each word. */
  TOKEN_CLASSIFICATION,
  /** The next token. */
  LANGUAGE_MODELLING;

  /** The types that a user's own files may be of. */
  public static List<TaskType> ofUsersFiles() {
    return Arrays.stream(values()).filter(type -> type != LANGUAGE_MODELLING).toList();
  }

  /**
   * The type of that name.
   *
   * @throws IllegalArgumentException naming the known ones
   */
  public static TaskType named(String id) {
    for (TaskType type : values()) {
      if (type.id().equals(id)) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "task type is '%s'; known are %s"
            .formatted(id, Arrays.stream(values()).map(TaskType::id).toList()));
  }

  /** The name on the command line, such as {@code multi-label}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * What a user's own task of this type is judged by.
   *
   * @param labels how many there are
   */
  ImmutableList<MetricName> usualMetrics(int labels) {
    return switch (this) {
      case CLASSIFICATION ->
          labels == 2
              ? ImmutableList.of(MetricName.ACCURACY, MetricName.F1, MetricName.MATTHEWS)
              : ImmutableList.of(MetricName.ACCURACY, MetricName.MATTHEWS);
      case MULTI_LABEL ->
          ImmutableList.of(MetricName.MICRO_F1, MetricName.MACRO_F1, MetricName.ACCURACY);
      case REGRESSION -> ImmutableList.of(MetricName.PEARSON, MetricName.SPEARMAN);
      case TOKEN_CLASSIFICATION ->
          ImmutableList.of(
              MetricName.ENTITY_F1,
              MetricName.ENTITY_PRECISION,
              MetricName.ENTITY_RECALL,
              MetricName.ACCURACY);
      case LANGUAGE_MODELLING -> ImmutableList.of(MetricName.PERPLEXITY);
    };
  }
}
