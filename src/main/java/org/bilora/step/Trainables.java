package org.bilora.step;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.bilora.adapter.LowRank;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.Level;
import org.bilora.bilevel.Loss;
import org.bilora.bilevel.UpperVariables;
import org.bilora.method.AdaptedLayer;
import org.bilora.method.AdaptedLayers;
import org.bilora.method.AdapterForm;
import org.bilora.method.AdapterParameter;
import org.bilora.method.AdapterSettings;
import org.bilora.method.AdapterValues;
import org.bilora.method.Method;
import org.bilora.method.ParameterName;
import org.bilora.method.Penalty;
import org.bilora.method.Role;
import org.bilora.method.StartValues;
import org.bilora.method.StepEnding;
import org.bilora.model.Weights;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * What a method trains in a model: which new parameters there are, at which level each of them is,
 * and how their values become increments, head weights and penalties.
 *
 * <pre>
 * lower level   the matrices of each adapted layer; an encoder's head; for full fine-tuning the
 *               backbone
 * upper level   the raw pseudo singular values of each adapted layer
 * </pre>
 *
 * An {@code AdapterForm} says what an adapted layer has. ΔW is 0 at the start, whatever the form.
 */
final class Trainables {
  private final Method method;
  private final AdapterSettings settings;
  private final Map<AdapterForm, List<String>> forms;
  private final List<String> modules;
  private final ParameterGroup lower;
  private final ParameterGroup upper;
  private final Optional<UpperVariables> upperVariables;

  /** Adapters' parameters by level and the name that they have in its group. */
  private final Map<Level, Map<String, ParameterName>> names =
      Map.of(Level.LOWER, new LinkedHashMap<>(), Level.UPPER, new LinkedHashMap<>());

  /**
   * Declares the parameters.
   *
   * @param modules names of the dense layers to adapt; a method without adapters leaves them alone
   * @param lowerExamples how many examples D1 has, where that is known
   * @throws IllegalArgumentException when the rank exceeds a layer's smaller dimension
   */
  Trainables(
      Network<?> network,
      Method method,
      AdapterSettings settings,
      List<String> modules,
      long seed,
      OptionalInt lowerExamples) {
    this.method = method;
    this.settings = settings;
    boolean adapts = method.adapterForm(settings).isPresent();
    this.modules = adapts ? ImmutableList.copyOf(modules) : ImmutableList.of();
    requirePatterns(method, settings, this.modules);
    this.forms = forms(method, settings, this.modules);
    StartValues start = new StartValues(seed);
    Map<Level, List<Parameter>> parameters =
        Map.of(Level.LOWER, new ArrayList<>(), Level.UPPER, new ArrayList<>());
    for (String module : this.modules) {
      AdapterForm adapter = method.adapterForm(settings.of(module)).orElseThrow();
      long[] shape = network.model().linearLayers().get(module);
      int out = Math.toIntExact(shape[0]);
      int in = Math.toIntExact(shape[1]);
      requireFitting(adapter.rank(), module, out, in);
      AdaptedLayer layer =
          new AdaptedLayer(module, out, in, () -> network.model().linearWeight(module));
      for (AdapterParameter declared : adapter.declare(start, layer)) {
        ParameterName name = declared.name();
        names.get(name.level()).put(name.name(), name);
        parameters.get(name.level()).add(declared.parameter());
      }
    }
    network.declare(start, method, parameters.get(Level.LOWER));
    this.lower = new ParameterGroup(Level.LOWER.id(), parameters.get(Level.LOWER));
    this.upperVariables = method.upperVariables(lower, lowerExamples);
    this.upper =
        upperVariables
            .map(UpperVariables::group)
            .orElseGet(() -> new ParameterGroup(Level.UPPER.id(), parameters.get(Level.UPPER)));
  }

  /** Declares what a training with these settings trains. */
  static Trainables of(Network<?> network, List<String> modules, StepSettings settings) {
    return new Trainables(
        network,
        settings.method(),
        settings.adapter(),
        modules,
        settings.seed(),
        settings.lowerExamples());
  }

  /** Parameters of a method that need not know D1. */
  Trainables(
      Network<?> network,
      Method method,
      AdapterSettings settings,
      List<String> modules,
      long seed) {
    this(network, method, settings, modules, seed, OptionalInt.empty());
  }

  /** The layers by what their increments are like. */
  private static Map<AdapterForm, List<String>> forms(
      Method method, AdapterSettings settings, List<String> modules) {
    Map<AdapterForm, List<String>> forms = new LinkedHashMap<>();
    for (String module : modules) {
      AdapterForm form = method.adapterForm(settings.of(module)).orElseThrow();
      forms.computeIfAbsent(form, alike -> new ArrayList<>()).add(module);
    }
    return forms;
  }

  private static void requirePatterns(
      Method method, AdapterSettings settings, List<String> modules) {
    if (!settings.uniform() && method.needsUniformAdapters()) {
      throw new IllegalArgumentException(
          "method %s shares ranks among the layers itself; leave rank and alpha by pattern out"
              .formatted(method.name()));
    }
    if (!modules.isEmpty()) {
      settings.requireMatching(modules);
    }
  }

  private static void requireFitting(int rank, String module, int out, int in) {
    if (rank > Math.min(out, in)) {
      throw new IllegalArgumentException(
          "rank is %d; %s is %d × %d, so it must be from 1 to %d"
              .formatted(rank, module, out, in, Math.min(out, in)));
    }
  }

  /** V: pseudo singular vectors (or LoRA's matrices) and the head. */
  ParameterGroup lower() {
    return lower;
  }

  /** E: raw pseudo singular values, or what else the method's upper level sets; it may be empty. */
  ParameterGroup upper() {
    return upper;
  }

  /** Probability of dropping an input of an increment while training. */
  double inputDropoutProbability() {
    return method.inputDropoutProbability();
  }

  /** What steps that move V alone end with. */
  Optional<StepEnding> ending() {
    return method.stepEnding(adaptedLayers());
  }

  private AdaptedLayers adaptedLayers() {
    return new AdaptedLayers(modules, settings, lower, names.get(Level.LOWER));
  }

  /** Names of the adapted dense layers. */
  List<String> modules() {
    return modules;
  }

  /** Whether a weight of that name is trained rather than frozen. */
  boolean trains(String name) {
    return lower.parameters().stream().anyMatch(parameter -> parameter.name().equals(name));
  }

  /**
   * The trained values as a forward pass takes them.
   *
   * @param increments by dense layer
   * @param weights trained ones by name; the others come from the frozen ones
   */
  record ForwardValues(Map<String, LowRank> increments, Map<String, Operand<TFloat32>> weights) {
    /** Copies what could change. */
    ForwardValues {
      increments = ImmutableMap.copyOf(increments);
      weights = ImmutableMap.copyOf(weights);
    }

    /**
     * The backbone's weights: trained ones where there are, in the backbone's type, else frozen.
     */
    <T extends TFloating> Weights<T> backboneWeights(Ops tf, Weights<T> frozen, Class<T> type) {
      return name ->
          weights.containsKey(name) ? tf.dtypes.cast(weights.get(name), type) : frozen.get(name);
    }

    /** The head's weights: trained ones, and frozen ones where the checkpoint has them. */
    <T extends TFloating> Weights<TFloat32> headWeights(Ops tf, Weights<T> frozen) {
      return name ->
          weights.containsKey(name)
              ? weights.get(name)
              : tf.dtypes.cast(frozen.get(name), TFloat32.class);
    }
  }

  /**
   * Turns values of both groups into increments and weights.
   *
   * @param frozen W of an adapted layer, {@code [out, in]}
   * @param lowerValues in the order of {@link #lower()}
   * @param upperValues in the order of {@link #upper()}
   */
  ForwardValues bind(
      Ops tf,
      Function<String, Operand<TFloat32>> frozen,
      List<Operand<TFloat32>> lowerValues,
      List<Operand<TFloat32>> upperValues) {
    Map<ParameterName, Operand<TFloat32>> adapters = adapters(lowerValues, upperValues);
    ImmutableMap.Builder<String, Operand<TFloat32>> weights = ImmutableMap.builder();
    for (int i = 0; i < lowerValues.size(); i++) {
      String name = lower.parameters().get(i).name();
      if (!names.get(Level.LOWER).containsKey(name)) {
        weights.put(name, lowerValues.get(i));
      }
    }
    Map<String, LowRank> increments = new LinkedHashMap<>();
    forms.forEach(
        (form, alike) -> increments.putAll(form.increments(tf, alike, adapters::get, frozen)));
    return new ForwardValues(ImmutableMap.copyOf(increments), weights.buildOrThrow());
  }

  /**
   * What L₁ has besides the task's loss.
   *
   * @return scalar
   */
  Operand<TFloat32> lowerPenalty(
      Ops tf, List<Operand<TFloat32>> lowerValues, List<Operand<TFloat32>> upperValues) {
    return penalty(tf, lowerPenalties(), lowerValues, upperValues);
  }

  /** The terms of {@link #lowerPenalty}. */
  List<Penalty> lowerPenalties() {
    return method.lowerPenalties(adaptedLayers());
  }

  /** What the upper level sets where it is no part of the network. */
  Optional<UpperVariables> upperVariables() {
    return upperVariables;
  }

  /** The task's loss with a penalty, clipped as the method has it. */
  Loss loss(Ops tf, Operand<TFloat32> task, Operand<TFloat32> penalty) {
    return method.clipsPenaltiesApart()
        ? Loss.withPenalty(tf, task, penalty)
        : new Loss(tf.math.add(task, penalty), task);
  }

  /** What L₂ has besides the task's loss; scalar. */
  Operand<TFloat32> upperPenalty(
      Ops tf, List<Operand<TFloat32>> lowerValues, List<Operand<TFloat32>> upperValues) {
    return penalty(tf, upperPenalties(), lowerValues, upperValues);
  }

  /** The terms of {@link #upperPenalty}. */
  List<Penalty> upperPenalties() {
    return method.upperPenalties(adaptedLayers());
  }

  private Operand<TFloat32> penalty(
      Ops tf,
      List<Penalty> penalties,
      List<Operand<TFloat32>> lowerValues,
      List<Operand<TFloat32>> upperValues) {
    List<Operand<TFloat32>> weights = new ArrayList<>();
    penalties.forEach(penalty -> weights.add(tf.constant((float) penalty.weight())));
    return Penalty.sum(tf, penalties, weights, byRole(lowerValues, upperValues));
  }

  /** The values of adapters' parameters. */
  AdapterValues byRole(List<Operand<TFloat32>> lowerValues, List<Operand<TFloat32>> upperValues) {
    Map<ParameterName, Operand<TFloat32>> adapters = adapters(lowerValues, upperValues);
    return (Role role) ->
        modules.stream()
            .flatMap(
                module ->
                    List.of(Level.values()).stream()
                        .map(level -> adapters.get(new ParameterName(level, module, role))))
            .filter(Objects::nonNull)
            .toList();
  }

  private Map<ParameterName, Operand<TFloat32>> adapters(
      List<Operand<TFloat32>> lowerValues, List<Operand<TFloat32>> upperValues) {
    Map<ParameterName, Operand<TFloat32>> adapters = new HashMap<>();
    put(adapters, lower, names.get(Level.LOWER), lowerValues);
    put(adapters, upper, names.get(Level.UPPER), upperValues);
    return adapters;
  }

  private static void put(
      Map<ParameterName, Operand<TFloat32>> adapters,
      ParameterGroup group,
      Map<String, ParameterName> names,
      List<Operand<TFloat32>> values) {
    for (int i = 0; i < values.size(); i++) {
      ParameterName name = names.get(group.parameters().get(i).name());
      if (name != null) {
        adapters.put(name, values.get(i));
      }
    }
  }
}
