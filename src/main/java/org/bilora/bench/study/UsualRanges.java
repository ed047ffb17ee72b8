package org.bilora.bench.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.FirstOrder;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Unroll;
import org.bilora.train.TrainingSettings;

/**
 * What a search draws from where nobody says it, by a setting's name; a method has the ranges of
 * the settings that it has. Intervals reach from too small to too large for a Transformer of a few
 * layers, on either side of every method's default.
 */
public final class UsualRanges {
  private static final ImmutableMap<String, SearchRange> RANGES =
      ImmutableMap.<String, SearchRange>builder()
          .put("learning_rate", between(1e-4, 5e-3))
          .put("rank", among(4, 8, 16))
          .put("alpha", among(8, 16, 32))
          .put("weight_decay", among(0, 0.01, 0.1))
          .put("upper_learning_rate", between(1e-3, 1e-1))
          .put("gamma1", between(1e-2, 10))
          .put("orthogonality_weight", between(1e-2, 1))
          .put("lower_fraction", among(0.5, 0.65, 0.8, 0.9))
          .put(
              "hypergradient",
              hypergradients(new Exact(Unroll.STEADY), new Exact(Unroll.ADAMW), new Exact()))
          .buildOrThrow();

  /** Of increments, which not every method has. */
  private static final Set<String> OF_ADAPTERS = Set.of("rank", "alpha");

  private UsualRanges() {}

  private static SearchRange between(double from, double to) {
    return new SearchRange(
        OptionalDouble.of(from), OptionalDouble.of(to), SearchRange.Scale.LOG, List.of());
  }

  private static SearchRange among(Number... values) {
    return values(Stream.of(values));
  }

  private static SearchRange hypergradients(Hypergradient... values) {
    return values(Stream.of(values));
  }

  private static SearchRange values(Stream<?> values) {
    return new SearchRange(
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        null,
        values.map(value -> SettingNames.JSON.<JsonNode>valueToTree(value)).toList());
  }

  /**
   * The ranges of a standard method. One without an estimate to choose, as {@code first-order} is,
   * keeps its own.
   */
  static Map<String, SearchRange> of(String standard) {
    ObjectNode tree = SettingNames.all(standard);
    TrainingSettings usual = StandardMethods.defaults(standard, Optional.empty());
    boolean adapters = usual.method().adapterForm(usual.adapter()).isPresent();
    Map<String, SearchRange> ranges = new LinkedHashMap<>();
    RANGES.forEach(
        (name, range) ->
            SettingNames.find(tree, name)
                .filter(place -> adapters || !OF_ADAPTERS.contains(name))
                .filter(place -> isChosen(place.getKey().get(place.getValue())))
                .ifPresent(place -> ranges.put(name, range)));
    return ranges;
  }

  private static boolean isChosen(JsonNode value) {
    return !value.path("name").asText().equals(new FirstOrder().id());
  }

  /**
   * A search over a study's methods, on a part of the training set that is held out; of generation
   * tasks, whose scores are the test split's, on the dev split.
   *
   * @param trials of every method on every task
   * @param rungs of successive halving
   * @param budget of a run on the last rung
   */
  public static Study search(Study study, int trials, OptionalInt rungs, Budget budget) {
    return StudyBuilder.builder(study)
        .methods(study.methods().stream().map(UsualRanges::with).toList())
        .selectOn(study.generation() ? Study.SelectOn.DEV : Study.SelectOn.TRAINING)
        .decoding(Optional.empty())
        .testInputs(OptionalInt.empty())
        .trials(OptionalInt.of(trials))
        .budget(Optional.of(budget))
        .rungs(rungs)
        .build();
  }

  private static StudyMethod with(StudyMethod method) {
    return new StudyMethod(
        method.name(),
        method.base(),
        method.settings(),
        method.perTask(),
        method.sweep(),
        of(method.base().orElse(method.name())));
  }
}
