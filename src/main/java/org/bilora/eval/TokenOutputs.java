package org.bilora.eval;

import com.google.common.primitives.Doubles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.bilora.data.EncodedExample;
import org.bilora.data.Example;
import org.bilora.data.MetricName;
import org.bilora.data.Span;
import org.bilora.data.Tags;

/**
 * A class (tag) for each word, read at its first token. A word that the maximum length cut off has
 * no logits: it counts as predicted {@code O}, and its loss is left out.
 *
 * @param labels tags, {@code O} among them
 */
record TokenOutputs(List<String> labels) implements TaskOutputs {
  private static final String TAGS = "tags";
  private static final String ENTITIES = "entities";

  private int classes() {
    return labels.size();
  }

  /** Where the logits of a word begin; empty for one that was cut off. */
  private Optional<Integer> start(EncodedExample example, int word) {
    int token = example.firstTokens().orElseThrow().get(word);
    return token == EncodedExample.CUT ? Optional.empty() : Optional.of(token * classes());
  }

  @Override
  public Sum loss(float[] logits, EncodedExample example) {
    List<Double> targets = example.targets().orElseThrow();
    double sum = 0;
    int count = 0;
    for (int word = 0; word < targets.size(); word++) {
      Optional<Integer> start = start(example, word);
      if (start.isPresent()) {
        sum += Softmax.crossEntropy(logits, start.get(), classes(), targets.get(word).intValue());
        count++;
      }
    }
    return new Sum(sum, count);
  }

  @Override
  public List<Double> predicted(float[] logits, EncodedExample example) {
    List<Double> predicted = new ArrayList<>();
    for (int word = 0; word < example.firstTokens().orElseThrow().size(); word++) {
      double outside = labels.indexOf(Tags.OUTSIDE);
      predicted.add(
          start(example, word)
              .map(start -> Softmax.likeliest(logits, start, classes()))
              .orElse(outside));
    }
    return predicted;
  }

  @Override
  public void decisions(float[] logits, EncodedExample example, Calibration.Builder into) {
    List<Double> targets = example.targets().orElseThrow();
    for (int word = 0; word < targets.size(); word++) {
      Optional<Integer> start = start(example, word);
      if (start.isPresent()) {
        into.add(
            Doubles.max(Softmax.of(logits, start.get(), classes())),
            Softmax.likeliest(logits, start.get(), classes()) == targets.get(word));
      }
    }
  }

  @Override
  public boolean hasProbabilities() {
    return true;
  }

  /** As seqeval computes it in its default mode, with {@code zero_division=0}. */
  @Override
  public double metric(
      MetricName metric, List<List<Double>> expected, List<List<Double>> predicted) {
    if (predicted.stream().flatMap(List::stream).anyMatch(p -> p.isNaN())) {
      return Double.NaN;
    }
    ClassReport.Row entities = entityReport(expected, predicted).micro();
    return switch (metric) {
      case ENTITY_F1 -> entities.f1();
      case ENTITY_PRECISION -> entities.precision();
      case ENTITY_RECALL -> entities.recall();
      case ACCURACY -> accuracy(expected, predicted);
      default ->
          throw new IllegalArgumentException("%s is no metric of tags".formatted(metric.id()));
    };
  }

  private static double accuracy(List<List<Double>> expected, List<List<Double>> predicted) {
    long right = 0;
    long all = 0;
    for (int i = 0; i < expected.size(); i++) {
      for (int word = 0; word < expected.get(i).size(); word++) {
        right += expected.get(i).get(word).equals(predicted.get(i).get(word)) ? 1 : 0;
        all++;
      }
    }
    return (double) right / all;
  }

  /** Entities by type, in alphabetical order. */
  @Override
  public Optional<ClassReport> report(List<List<Double>> expected, List<List<Double>> predicted) {
    return Optional.of(entityReport(expected, predicted));
  }

  private ClassReport entityReport(List<List<Double>> expected, List<List<Double>> predicted) {
    Map<String, long[]> counts = new TreeMap<>();
    for (int i = 0; i < expected.size(); i++) {
      List<Tags.Entity> right = Tags.entities(names(expected.get(i)));
      List<Tags.Entity> found = Tags.entities(names(predicted.get(i)));
      right.forEach(entity -> counts.computeIfAbsent(entity.type(), type -> new long[3])[2]++);
      for (Tags.Entity entity : found) {
        long[] ofType = counts.computeIfAbsent(entity.type(), type -> new long[3]);
        ofType[0] += right.contains(entity) ? 1 : 0;
        ofType[1]++;
      }
    }
    return ClassReport.of(
        List.copyOf(counts.keySet()), column(counts, 0), column(counts, 1), column(counts, 2));
  }

  private static long[] column(Map<String, long[]> counts, int column) {
    return counts.values().stream().mapToLong(ofType -> ofType[column]).toArray();
  }

  private List<String> names(List<Double> tags) {
    return tags.stream().map(tag -> labels.get(tag.intValue())).toList();
  }

  /** Of tags, word by word. */
  @Override
  public Optional<ConfusionMatrix> confusion(
      List<List<Double>> expected, List<List<Double>> predicted) {
    return Optional.of(ConfusionMatrix.of(labels, expected, predicted));
  }

  @Override
  public Prediction prediction(float[] logits, EncodedExample encoded, Example example) {
    List<Span> words = example.words().orElseThrow();
    List<Integer> predicted = new ArrayList<>();
    for (int word = 0; word < words.size(); word++) {
      int outside = labels.indexOf(Tags.OUTSIDE);
      predicted.add(start(encoded, word).map(start -> likeliest(logits, start)).orElse(outside));
    }
    List<String> tags = predicted.stream().map(labels::get).toList();
    List<Map<String, Object>> entities = new ArrayList<>();
    for (Tags.Entity entity : Tags.entities(tags)) {
      Span span = new Span(words.get(entity.first()).start(), words.get(entity.last()).end());
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("start", codePoints(example.text(), span.start()));
      fields.put("end", codePoints(example.text(), span.end()));
      fields.put("label", entity.type());
      fields.put("text", span.of(example.text()));
      entities.add(fields);
    }
    return new Prediction.OfWords(tags, entities);
  }

  private int likeliest(float[] logits, int start) {
    int best = 0;
    for (int k = 1; k < classes(); k++) {
      best = logits[start + k] > logits[start + best] ? k : best;
    }
    return best;
  }

  private static int codePoints(String text, int place) {
    return text.codePointCount(0, place);
  }

  @Override
  public List<String> columns() {
    return List.of(TAGS, ENTITIES);
  }

  /** Columns of a prediction. */
  static Map<String, Object> columns(List<String> tags, List<Map<String, Object>> entities) {
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put(TAGS, tags);
    columns.put(ENTITIES, entities);
    return columns;
  }

  @Override
  public List<String> probabilityNames() {
    return List.of();
  }
}
