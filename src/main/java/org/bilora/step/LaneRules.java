package org.bilora.step;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.StepKind;
import org.bilora.method.AdapterForm;
import org.bilora.method.Method;
import org.bilora.method.Penalty;
import org.bilora.method.Phase;
import org.bilora.model.EncoderKind;
import org.bilora.model.HiddenKey;

/**
 * Which trainings may run side by side: those whose steps are the same expression, of values of the
 * same shapes, but for seeds, learning rates and weights of penalties.
 */
final class LaneRules {
  private LaneRules() {}

  /** What must be the same for all lanes of a step. */
  private record Alike(String name, Function<StepSettings, Object> of) {}

  private static final List<Alike> ALIKE =
      List.of(
          new Alike("method", lane -> lane.method().name()),
          new Alike("adapter", StepSettings::adapter),
          new Alike("form of increments", lane -> lane.method().adapterForm(lane.adapter())),
          new Alike("kinds of steps", LaneRules::kinds),
          new Alike("optimizer", lane -> lane.optimizer().optimizer()),
          new Alike("labelSmoothing", StepSettings::labelSmoothing),
          new Alike("execution", StepSettings::execution),
          new Alike("adapter dropout", lane -> lane.method().inputDropoutProbability()));

  private static List<StepKind> kinds(StepSettings lane) {
    return lane.method().phases().stream().map(Phase::kind).toList();
  }

  /** Why a training cannot be a lane; empty where its settings and its model allow it. */
  static Optional<String> refusal(EncoderNetwork network, StepSettings lane) {
    if (lane.execution().accumulate().isPresent()) {
      return Optional.of("accumulate is set, and a part of a batch is of one training");
    }
    if (lane.execution().recompute().isPresent()) {
      return Optional.of("recompute is on, and lanes keep their activations");
    }
    if (!lane.hiddenKey().equals(HiddenKey.OFF)) {
      return Optional.of("HiddenKey is on, and lanes have the model's own dropout");
    }
    EncoderKind kind = network.model().config().kind();
    if (!kind.readsTokensOnly()) {
      return Optional.of("in %s all texts of a batch share some values".formatted(kind.title()));
    }
    Method method = lane.method();
    boolean takesLanes =
        method.adapterForm(lane.adapter()).map(AdapterForm::takesLanes).orElse(true);
    return takesLanes && method.trains() != Method.Trains.EVERY_WEIGHT
        ? Optional.empty()
        : Optional.of(untrainable(method));
  }

  /** What keeps two trainings out of one step; empty where nothing does. */
  static Optional<String> difference(StepSettings first, StepSettings other) {
    return ALIKE.stream()
        .filter(alike -> !alike.of().apply(first).equals(alike.of().apply(other)))
        .map(
            alike ->
                "lanes differ in %s, %s and %s; they may differ in seeds, learning rates and weights of penalties"
                    .formatted(alike.name(), alike.of().apply(first), alike.of().apply(other)))
        .findFirst();
  }

  /** Why what a training trains cannot be in a lane; empty where it can. */
  static Optional<String> refusal(Method method, Trainables lane) {
    return lane.upperVariables().isPresent() || lane.ending().isPresent()
        ? Optional.of(untrainable(method))
        : Optional.empty();
  }

  private static String untrainable(Method method) {
    return "what method %s trains has no lanes".formatted(method.variant());
  }

  /** The same of what they train. */
  static Optional<String> difference(Trainables first, Trainables other) {
    if (!alike(first.lower(), other.lower()) || !alike(first.upper(), other.upper())) {
      return Optional.of("lanes train different parameters");
    }
    List<String> penalties = penalties(first);
    return penalties.equals(penalties(other))
        ? Optional.empty()
        : Optional.of(
            "lanes have different penalties, %s and %s".formatted(penalties, penalties(other)));
  }

  private static List<String> penalties(Trainables lane) {
    return Stream.of(lane.lowerPenalties(), lane.upperPenalties())
        .map(level -> level.stream().map(Penalty::name).toList().toString())
        .toList();
  }

  private static boolean alike(ParameterGroup first, ParameterGroup other) {
    boolean alike = first.parameters().size() == other.parameters().size();
    for (int i = 0; alike && i < first.parameters().size(); i++) {
      Parameter a = first.parameters().get(i);
      Parameter b = other.parameters().get(i);
      alike =
          a.name().equals(b.name())
              && Arrays.equals(a.shape(), b.shape())
              && a.rate() == b.rate()
              && a.decayed() == b.decayed();
    }
    return alike;
  }
}
