package org.bilora.method;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.StateSlot;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.UpperVariables;

/**
 * A way of fine-tuning: a record of the knobs that only it has ({@link org.bilora.settings.Knob}),
 * which says itself what it trains, on what, and with which penalties. Nothing else in this project
 * asks which method it is; {@link Methods} lists them all.
 *
 * <p>Unless a method says otherwise it trains increments and the head on the whole training set, on
 * one level, without penalties.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
public sealed interface Method
    permits FullFineTuning, HeadOnly, Lora, AdaLora, Dora, PseudoSvdMethod, BilevelMethod {

  /** What of a pretrained model a method trains itself, besides increments. */
  enum Trains {
    /** The task's head; the backbone stays as it is. */
    HEAD,
    /** Every weight. */
    EVERY_WEIGHT
  }

  /** The name on the command line and in {@code run.json}. */
  String name();

  /** What it is, in a few words for a list of methods. */
  String summary();

  /** What an adapted layer has, for a method with increments. */
  default Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    return Optional.empty();
  }

  /** Whether all its increments need one rank and one alpha. */
  default boolean needsUniformAdapters() {
    return false;
  }

  /** What it trains besides increments. */
  default Trains trains() {
    return Trains.HEAD;
  }

  /** Whether nothing but a task's head is trained. */
  default boolean trainsHeadAlone() {
    return false;
  }

  /** Its phases one after the other; their shares of all steps add up to 1. */
  default List<Phase> phases() {
    return List.of(Phase.whole(new StepKind.MoveLower()));
  }

  /**
   * The phase whose epochs count: as many steps are taken in all as in that number of passes over
   * its part of the data.
   */
  default Phase counted() {
    return Phase.whole(new StepKind.MoveLower());
  }

  /** Whether it learns something of each example of D1, which therefore has to stay the same. */
  default boolean knowsExamplesOfD1() {
    return false;
  }

  /** Share of the training set that is D1; empty for a method that does not part it. */
  default OptionalDouble d1Share() {
    return OptionalDouble.empty();
  }

  /** Peak learning rate of E; empty for a method without an upper level. */
  default OptionalDouble peakUpperLearningRate() {
    return OptionalDouble.empty();
  }

  /** What L₁ has besides the task's loss. */
  default List<Penalty> lowerPenalties(AdaptedLayers layers) {
    return List.of();
  }

  /** What L₂ has besides the task's loss. */
  default List<Penalty> upperPenalties(AdaptedLayers layers) {
    return List.of();
  }

  /**
   * What the upper level sets where it is no part of the network; empty for a method whose upper
   * level has adapters' parameters, or that has none.
   *
   * @param lower V
   * @param lowerExamples how many examples D1 has, where that is known
   * @throws IllegalArgumentException when it has to be known and is not
   */
  default Optional<UpperVariables> upperVariables(ParameterGroup lower, OptionalInt lowerExamples) {
    return Optional.empty();
  }

  /**
   * Whether a penalty's gradient is clipped by its own norm rather than together with the task's,
   * so that neither takes the other's share.
   */
  default boolean clipsPenaltiesApart() {
    return false;
  }

  /** Probability of dropping an input of an increment while training. */
  default double inputDropoutProbability() {
    return 0;
  }

  /** What its phases' hypergradients keep of V's size from step to step. */
  default List<StateSlot> hypergradientSlots() {
    return phases().stream()
        .map(Phase::kind)
        .filter(StepKind.Bilevel.class::isInstance)
        .map(StepKind.Bilevel.class::cast)
        .findFirst()
        .map(bilevel -> bilevel.hypergradient().slots())
        .map(List::<StateSlot>copyOf)
        .orElse(List.of());
  }

  /** What a step that moved V alone ends with; empty for nothing. */
  default Optional<StepEnding> stepEnding(AdaptedLayers layers) {
    return Optional.empty();
  }

  /** AdamW's usual settings; few weights take larger steps than many. */
  default OptimizerSettings usualOptimizer() {
    return OptimizerSettings.USUAL;
  }

  /** The same as it usually is for generation tasks, whose D1 and D2 are files of their own. */
  default Method usualForGeneration() {
    return this;
  }

  /** Its usual peak learning rate on a generation task. */
  default double usualGenerationLearningRate() {
    return 2e-4;
  }

  /**
   * Passes through the backbone of one step, forward or back, each counted as one forward pass; see
   * {@code bench.step.StepOperations}.
   *
   * @throws IllegalArgumentException for a step that is not counted
   */
  default int backbonePasses() {
    return 2;
  }

  /** Its name where methods of one name differ by a knob, as in {@code bilora exact}. */
  default String variant() {
    return name();
  }
}
