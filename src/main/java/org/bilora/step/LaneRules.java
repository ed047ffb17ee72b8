package org.bilora.step;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.StepKind;
import org.bilora.method.AdapterForm;
import org.bilora.method.Method;
import org.bilora.method.Phase;
import org.bilora.model.HiddenKey;

/**
 * Which trainings may run side by side: those whose steps are the same expression, of values of the
 * same shapes, but for seeds, learning rates and weights of penalties.
 */
final class LaneRules {
  private LaneRules() {}

  /**
   * Checks the settings of all lanes.
   *
   * @throws IllegalArgumentException naming what lanes cannot have, or cannot differ in
   */
  static void check(List<StepSettings> lanes) {
    if (lanes.isEmpty()) {
      throw new IllegalArgumentException("lanes is 0; it must be 1 or more");
    }
    lanes.forEach(LaneRules::requirePlain);
    requireSame(lanes, "method", lane -> lane.method().name());
    requireSame(lanes, "adapter", StepSettings::adapter);
    requireSame(lanes, "form of increments", lane -> lane.method().adapterForm(lane.adapter()));
    requireSame(lanes, "kinds of steps", LaneRules::kinds);
    requireSame(lanes, "optimizer", lane -> lane.optimizer().optimizer());
    requireSame(lanes, "labelSmoothing", StepSettings::labelSmoothing);
    requireSame(lanes, "execution", StepSettings::execution);
    requireSame(lanes, "adapter dropout", lane -> lane.method().inputDropoutProbability());
  }

  private static List<StepKind> kinds(StepSettings lane) {
    return lane.method().phases().stream().map(Phase::kind).toList();
  }

  private static void requirePlain(StepSettings lane) {
    if (lane.execution().accumulate().isPresent()) {
      throw refused("accumulate is set, and a part of a batch is of one training");
    }
    if (lane.execution().recompute().isPresent()) {
      throw refused("recompute is on, and lanes keep their activations");
    }
    if (!lane.hiddenKey().equals(HiddenKey.OFF)) {
      throw refused("HiddenKey is on, and lanes have the model's own dropout");
    }
    Method method = lane.method();
    boolean takesLanes =
        method.adapterForm(lane.adapter()).map(AdapterForm::takesLanes).orElse(true);
    if (!takesLanes || method.trains() == Method.Trains.EVERY_WEIGHT) {
      throw refused("what method %s trains has no lanes".formatted(method.variant()));
    }
  }

  /**
   * Checks what each lane trains.
   *
   * @throws IllegalArgumentException naming what lanes cannot have
   */
  static void checkTrained(Method method, List<Trainables> lanes) {
    Trainables first = lanes.get(0);
    if (first.upperVariables().isPresent() || first.ending().isPresent()) {
      throw refused("what method %s trains has no lanes".formatted(method.variant()));
    }
    for (Trainables lane : lanes) {
      requireAlike(first.lower(), lane.lower());
      requireAlike(first.upper(), lane.upper());
    }
  }

  private static void requireAlike(ParameterGroup first, ParameterGroup other) {
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
    if (!alike) {
      throw refused("lanes train different parameters");
    }
  }

  private static void requireSame(
      List<StepSettings> lanes, String what, Function<StepSettings, Object> of) {
    Object first = of.apply(lanes.get(0));
    for (StepSettings lane : lanes) {
      if (!of.apply(lane).equals(first)) {
        throw refused(
            "lanes differ in %s, %s and %s; they may differ in seeds, learning rates and weights of penalties"
                .formatted(what, first, of.apply(lane)));
      }
    }
  }

  private static IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(why + ": train one at a time");
  }
}
