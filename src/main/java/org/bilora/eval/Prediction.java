package org.bilora.eval;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What a trained model says about one text. */
public sealed interface Prediction
    permits Prediction.OfClass, Prediction.OfLabels, Prediction.OfScores, Prediction.OfWords {

  /**
   * What is written of it, by the names of {@link TaskOutputs#columns}: a text, a number or a list.
   */
  Map<String, Object> columns();

  /** Probabilities of all classes or labels, in the task's order; none where there are scores. */
  Map<String, Double> probabilities();

  /** The class of a classification; empty for other tasks. */
  default Optional<String> label() {
    return Optional.empty();
  }

  /** The score of a regression with one; empty for other tasks. */
  default OptionalDouble score() {
    return OptionalDouble.empty();
  }

  /**
   * One class of several.
   *
   * @param name of the most probable class, as the training file writes it
   * @param probability its
   */
  record OfClass(String name, double probability, Map<String, Double> probabilities)
      implements Prediction {
    /** Copies what could change. */
    public OfClass {
      probabilities = Collections.unmodifiableMap(new LinkedHashMap<>(probabilities));
    }

    @Override
    public Optional<String> label() {
      return Optional.of(name);
    }

    @Override
    public Map<String, Object> columns() {
      Map<String, Object> columns = new LinkedHashMap<>();
      columns.put(TaskOutputs.LABEL, name);
      columns.put(TaskOutputs.PROBABILITY, probability);
      return columns;
    }
  }

  /**
   * Labels that are there or not.
   *
   * @param labels those that are more probable than not
   */
  record OfLabels(List<String> labels, Map<String, Double> probabilities) implements Prediction {
    /** Copies what could change. */
    public OfLabels {
      labels = List.copyOf(labels);
      probabilities = Collections.unmodifiableMap(new LinkedHashMap<>(probabilities));
    }

    @Override
    public Map<String, Object> columns() {
      return Map.of(TaskOutputs.LABELS, labels);
    }
  }

  /**
   * A tag for each word.
   *
   * @param tags in the order of the words
   * @param entities of the tags: {@code start} and {@code end} in the text, counted in code points,
   *     {@code label} and {@code text}
   */
  record OfWords(List<String> tags, List<Map<String, Object>> entities) implements Prediction {
    /** Copies what could change. */
    public OfWords {
      tags = List.copyOf(tags);
      entities = List.copyOf(entities);
    }

    @Override
    public Map<String, Object> columns() {
      return TokenOutputs.columns(tags, entities);
    }

    @Override
    public Map<String, Double> probabilities() {
      return Map.of();
    }
  }

  /** Scores by name, {@value TaskOutputs#SCORE} where there is one. */
  record OfScores(Map<String, Double> scores) implements Prediction {
    /** Copies what could change. */
    public OfScores {
      scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
    }

    @Override
    public Map<String, Object> columns() {
      return Collections.unmodifiableMap(scores);
    }

    @Override
    public OptionalDouble score() {
      return scores.size() == 1
          ? OptionalDouble.of(scores.values().iterator().next())
          : OptionalDouble.empty();
    }

    @Override
    public Map<String, Double> probabilities() {
      return Map.of();
    }
  }
}
