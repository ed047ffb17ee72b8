package org.bilora.bench.study;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.train.RunSize;
import org.bilora.train.RunSpeed;
import org.bilora.train.TrainingSettings;

/**
 * What every run may spend, instead of as many epochs as its settings say: passes over a smaller D1
 * are shorter, and a step of one method takes longer than another's.
 *
 * @param steps of every run, iterations of a method with two levels; empty for a budget of time
 * @param seconds of every run's steps, compilations and evaluations left out; the number of steps
 *     follows from the speed of the method on the machine that runs its first cell; empty for a
 *     budget of steps
 */
public record Budget(
    @JsonInclude(JsonInclude.Include.NON_ABSENT) OptionalInt steps,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) OptionalDouble seconds) {
  /** Settings that a budget replaces. */
  static final String EPOCHS = "epochs";

  static final String MAX_STEPS = "max_steps";

  /** Checks that there is one of the two. */
  public Budget {
    if (steps.isPresent() == seconds.isPresent()) {
      throw new IllegalArgumentException("a budget has either steps or seconds");
    }
    if (steps.isPresent() && steps.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "steps is %d; it must be 1 or more".formatted(steps.getAsInt()));
    }
    if (seconds.isPresent()
        && !(seconds.getAsDouble() > 0 && Double.isFinite(seconds.getAsDouble()))) {
      throw new IllegalArgumentException(
          "seconds is %s; it must be above 0".formatted(seconds.getAsDouble()));
    }
  }

  /** So many steps. */
  public static Budget ofSteps(int steps) {
    return new Budget(OptionalInt.of(steps), OptionalDouble.empty());
  }

  /** A share of it, of steps at least one. */
  Budget dividedBy(int parts) {
    return new Budget(
        steps.isPresent() ? OptionalInt.of(Math.max(1, steps.getAsInt() / parts)) : steps,
        seconds.isPresent() ? OptionalDouble.of(seconds.getAsDouble() / parts) : seconds);
  }

  /** Sets the steps, and as many epochs, of which no more come than there are steps for. */
  static void take(ObjectNode settings, int steps) {
    settings.set(EPOCHS, IntNode.valueOf(steps));
    settings.set(MAX_STEPS, IntNode.valueOf(steps));
  }

  /** Settings with so many steps. */
  static TrainingSettings withSteps(TrainingSettings settings, int steps) {
    ObjectNode tree = SettingNames.JSON.valueToTree(settings);
    take(tree, steps);
    try {
      return SettingNames.JSON.treeToValue(tree, TrainingSettings.class);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** The steps that fit into a time, at least one. */
  static int stepsWithin(double seconds, RunSize size, RunSpeed speed) {
    double perStep = size.tokensPerStep() * speed.secondsPerToken();
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, seconds / perStep));
  }
}
