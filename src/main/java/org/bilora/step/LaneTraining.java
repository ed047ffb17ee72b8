package org.bilora.step;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.method.Penalty;
import org.bilora.model.PretrainedEncoder;

/**
 * A training that is to share a session with others.
 *
 * @param modules names of the dense layers to adapt
 * @param trainables what it trains, with its start values
 */
record LaneTraining(
    EncoderNetwork network, List<String> modules, StepSettings settings, Trainables trainables) {

  /** Declares what is trained. */
  static LaneTraining of(EncoderNetwork network, List<String> modules, StepSettings settings) {
    return new LaneTraining(
        network, List.copyOf(modules), settings, Trainables.of(network, modules, settings));
  }

  /** Why it cannot share steps with any other; empty where it can. */
  Optional<String> refusal() {
    return LaneRules.refusal(network, settings)
        .or(() -> LaneRules.refusal(settings.method(), trainables));
  }

  /** Why it cannot share steps with that one; empty where it can. */
  Optional<String> difference(LaneTraining other) {
    if (!sameModel(network.model(), other.network.model())
        || !network.head().equals(other.network.head())
        || !network.loss().equals(other.network.loss())
        || !network.prefix().equals(other.network.prefix())
        || !modules.equals(other.modules)) {
      return Optional.of("lanes differ in model, head, loss, adapted layers or texts");
    }
    return LaneRules.difference(settings, other.settings)
        .or(() -> LaneRules.difference(trainables, other.trainables));
  }

  /** But for the values of a head. */
  private static boolean sameModel(PretrainedEncoder first, PretrainedEncoder other) {
    return first == other
        || first.sha256().equals(other.sha256())
            && first.config().equals(other.config())
            && first.weights().keySet().equals(other.weights().keySet());
  }

  /** As {@link Lane} has them. */
  List<Float> penaltyWeights() {
    return Stream.of(trainables.lowerPenalties(), trainables.upperPenalties())
        .flatMap(List::stream)
        .map(Penalty::weight)
        .map(Double::floatValue)
        .toList();
  }
}
