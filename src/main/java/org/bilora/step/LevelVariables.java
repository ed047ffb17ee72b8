package org.bilora.step;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.Level;
import org.bilora.bilevel.StateSlot;
import org.bilora.graph.FunctionVariable;
import org.bilora.graph.ResourceVariable;
import org.bilora.graph.StepBody;
import org.bilora.weights.HostTensor;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * One level's parameters, AdamW moments and further state as variables, and their way to and from
 * checkpoints.
 */
final class LevelVariables {
  private static final StateSlot VALUE = new StateSlot("", StateSlot.Start.VALUES);
  private static final StateSlot[] MOMENTS = {StateSlot.zero("/m"), StateSlot.zero("/v")};

  /** Number of slots every level has: the value and AdamW's moments. */
  static final int OWN_SLOTS = 3;

  private final ParameterGroup group;

  /** What is kept of every parameter: the value, AdamW's moments, what else. */
  private final List<StateSlot> slots;

  private final List<ResourceVariable<TFloat32>> variables = new ArrayList<>();

  /**
   * @param extraSlots further vectors of the group's size
   */
  LevelVariables(Ops tf, ParameterGroup group, List<StateSlot> extraSlots) {
    this(tf, group, extraSlots, Shape.of(group.size()));
  }

  /**
   * The same in lanes.
   *
   * @param shape of each vector: the group's size, lanes in front
   */
  LevelVariables(Ops tf, ParameterGroup group, List<StateSlot> extraSlots, Shape shape) {
    this.group = group;
    this.slots =
        ImmutableList.<StateSlot>builder().add(VALUE).add(MOMENTS).addAll(extraSlots).build();
    if (!group.isEmpty()) {
      for (StateSlot slot : slots) {
        variables.add(
            new ResourceVariable<>(tf, group.name() + slot.suffix(), TFloat32.class, shape));
      }
    }
  }

  ParameterGroup group() {
    return group;
  }

  boolean isEmpty() {
    return variables.isEmpty();
  }

  /**
   * Values, first and second moment and extra slots inside a step.
   *
   * @param rows of the lanes that take the step; empty where there are no lanes
   */
  List<FunctionVariable<TFloat32>> bind(StepBody function, Optional<Operand<TInt32>> rows) {
    List<FunctionVariable<TFloat32>> bound = new ArrayList<>();
    for (ResourceVariable<TFloat32> variable : variables) {
      bound.add(rows.isPresent() ? function.bind(variable, rows.get()) : function.bind(variable));
    }
    return bound;
  }

  /** The parameters in the declaring graph. */
  List<Operand<TFloat32>> parameters(Ops tf) {
    return isEmpty() ? List.of() : group.split(tf, variables.get(0).value());
  }

  /** Vectors of values, first and second moments and extra slots; none for an empty level. */
  List<ResourceVariable<TFloat32>> variables() {
    return variables;
  }

  /** What each variable holds before the first step. */
  Map<ResourceVariable<TFloat32>, float[]> initial() {
    return initial(group);
  }

  /** The same for a lane, which has start values of its own. */
  Map<ResourceVariable<TFloat32>, float[]> initial(ParameterGroup lane) {
    Map<ResourceVariable<TFloat32>, float[]> initial = new HashMap<>();
    for (ResourceVariable<TFloat32> variable : variables) {
      initial.put(
          variable,
          switch (slots.get(initial.size()).start()) {
            case VALUES -> lane.initial();
            case ZERO -> new float[lane.size()];
          });
    }
    return initial;
  }

  /**
   * Cuts the variables' vectors into tensors and names them.
   *
   * @param vectors what {@link #variables()} hold, in their order
   */
  void name(List<float[]> vectors, ImmutableMap.Builder<String, HostTensor> into) {
    for (int slot = 0; slot < vectors.size(); slot++) {
      List<float[]> values = group.split(vectors.get(slot));
      for (int i = 0; i < values.size(); i++) {
        Parameter parameter = group.parameters().get(i);
        into.put(
            tensorName(parameter, slots.get(slot)),
            HostTensor.of(values.get(i), parameter.shape()));
      }
    }
  }

  /** Whether a name is that of a value rather than a moment. */
  boolean isValue(String tensorName) {
    return group.parameters().stream()
        .anyMatch(parameter -> tensorName(parameter, VALUE).equals(tensorName));
  }

  /**
   * What the variables of both levels hold in a state.
   *
   * @throws IllegalArgumentException when a tensor is missing, unknown or of another shape
   */
  static Map<ResourceVariable<TFloat32>, float[]> join(
      Map<String, HostTensor> state, LevelVariables lower, LevelVariables upper) {
    lower.check(state);
    upper.check(state);
    for (String name : state.keySet()) {
      if (Arrays.stream(Level.values()).noneMatch(level -> name.startsWith(level.prefix()))) {
        throw new IllegalArgumentException("state has an unknown tensor " + name);
      }
    }
    Map<ResourceVariable<TFloat32>, float[]> vectors = new HashMap<>(lower.join(state));
    vectors.putAll(upper.join(state));
    return vectors;
  }

  /** Throws when a tensor of this level is missing, unknown or of another shape. */
  private void check(Map<String, HostTensor> state) {
    int expected = 0;
    for (StateSlot slot : isEmpty() ? List.<StateSlot>of() : slots) {
      for (Parameter parameter : group.parameters()) {
        String name = tensorName(parameter, slot);
        HostTensor tensor = state.get(name);
        if (tensor == null) {
          throw new IllegalArgumentException("state lacks the tensor " + name);
        }
        if (!Arrays.equals(tensor.shape(), parameter.shape())) {
          throw new IllegalArgumentException(
              "state has %s of shape %s; this model and these settings need %s"
                  .formatted(
                      name, Arrays.toString(tensor.shape()), Arrays.toString(parameter.shape())));
        }
        expected++;
      }
    }
    List<String> own =
        state.keySet().stream().filter(name -> name.startsWith(group.name() + "/")).toList();
    if (own.size() != expected) {
      String unknown =
          own.stream().filter(name -> !isKnown(name)).findFirst().orElse(group.name() + "/…");
      throw new IllegalArgumentException("state has an unknown tensor " + unknown);
    }
  }

  /** What each variable holds in a state that passed {@link #check}. */
  private Map<ResourceVariable<TFloat32>, float[]> join(Map<String, HostTensor> state) {
    Map<ResourceVariable<TFloat32>, float[]> vectors = new HashMap<>();
    for (int slot = 0; slot < variables.size(); slot++) {
      float[] vector = new float[group.size()];
      int offset = 0;
      for (Parameter parameter : group.parameters()) {
        float[] values = state.get(tensorName(parameter, slots.get(slot))).values();
        System.arraycopy(values, 0, vector, offset, values.length);
        offset += values.length;
      }
      vectors.put(variables.get(slot), vector);
    }
    return vectors;
  }

  private boolean isKnown(String name) {
    return group.parameters().stream()
        .anyMatch(parameter -> slots.stream().anyMatch(s -> tensorName(parameter, s).equals(name)));
  }

  private String tensorName(Parameter parameter, StateSlot slot) {
    return group.name() + "/" + parameter.name() + slot.suffix();
  }
}
