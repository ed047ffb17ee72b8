package org.bilora.autodiff;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.bilora.graph.EndToEnd;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * The parameters of one level: V (lower) or E (upper). In the graph a group is a single vector, its
 * parameters laid end to end, so that an optimizer update, a norm or the unrolled step V − ξ∇L₁ is
 * one expression however many adapters there are.
 *
 * <p>Trainings that run side by side in lanes have a matrix, {@code [lanes, size]}, and their
 * parameters an axis of lanes in front. Rates and norms are then columns, {@code [lanes, 1]}, and
 * the same expressions serve.
 */
public final class ParameterGroup {
  private final String name;
  private final List<Parameter> parameters;
  private final int size;

  /**
   * @param name as it appears in checkpoints, such as {@code lower}
   * @throws IllegalArgumentException when two parameters share a name
   */
  public ParameterGroup(String name, List<Parameter> parameters) {
    this.name = name;
    this.parameters = ImmutableList.copyOf(parameters);
    Set<String> seen = new HashSet<>();
    long total = 0;
    for (Parameter parameter : parameters) {
      if (!seen.add(parameter.name())) {
        throw new IllegalArgumentException(
            "group %s declares parameter %s twice".formatted(name, parameter.name()));
      }
      total += parameter.size();
    }
    this.size = Math.toIntExact(total);
  }

  /** The group's name. */
  public String name() {
    return name;
  }

  /** Parameters in the order of the vector. */
  public List<Parameter> parameters() {
    return parameters;
  }

  /** Number of values in all parameters together. */
  public int size() {
    return size;
  }

  /** Whether there is nothing to train at this level. */
  public boolean isEmpty() {
    return size == 0;
  }

  /** Start values of all parameters, {@code [size]}. */
  public float[] initial() {
    float[] vector = new float[size];
    int offset = 0;
    for (Parameter parameter : parameters) {
      System.arraycopy(parameter.initial(), 0, vector, offset, parameter.size());
      offset += parameter.size();
    }
    return vector;
  }

  /** One value per parameter, shaped as declared, cut from a host copy of the vector. */
  public List<float[]> split(float[] vector) {
    List<float[]> values = new ArrayList<>();
    int offset = 0;
    for (Parameter parameter : parameters) {
      values.add(Arrays.copyOfRange(vector, offset, offset + parameter.size()));
      offset += parameter.size();
    }
    return values;
  }

  /**
   * The parameters as separate tensors.
   *
   * @param vector {@code [size]}, or {@code [lanes, size]}
   * @return one operand per parameter, of the parameter's shape, lanes in front
   */
  public List<Operand<TFloat32>> split(Ops tf, Operand<TFloat32> vector) {
    boolean inLanes = vector.shape().numDimensions() > 1;
    Shape lanes = inLanes ? Shape.of(vector.shape().get(0)) : Shape.scalar();
    List<Operand<TFloat32>> values = new ArrayList<>();
    int offset = 0;
    for (Parameter parameter : parameters) {
      int[] begin = inLanes ? new int[] {0, offset} : new int[] {offset};
      int[] size = inLanes ? new int[] {-1, parameter.size()} : new int[] {parameter.size()};
      Operand<TFloat32> flat = tf.slice(vector, tf.constant(begin), tf.constant(size));
      values.add(tf.reshape(flat, tf.constant(lanes.append(Shape.of(parameter.shape())))));
      offset += parameter.size();
    }
    return values;
  }

  /**
   * As {@link #split(Ops, Operand)}, by one operation, so that the adjoint of the vector is formed
   * by one, too.
   *
   * @param vector {@code [size]}
   */
  public List<Operand<TFloat32>> cut(Ops tf, Operand<TFloat32> vector) {
    int[] sizes = parameters.stream().mapToInt(Parameter::size).toArray();
    List<Output<TFloat32>> flat =
        tf.splitV(vector, tf.constant(sizes), tf.constant(0), (long) sizes.length).output();
    List<Operand<TFloat32>> values = new ArrayList<>();
    for (int i = 0; i < sizes.length; i++) {
      values.add(tf.reshape(flat.get(i), tf.constant(Shape.of(parameters.get(i).shape()))));
    }
    return values;
  }

  /**
   * The inverse of {@link #split(Ops, Operand)}.
   *
   * @param values one operand per parameter
   * @return {@code [size]}, or {@code [lanes, size]}
   */
  public Operand<TFloat32> join(Ops tf, List<Operand<TFloat32>> values) {
    if (values.size() != parameters.size()) {
      throw new IllegalArgumentException(
          "group %s has %d parameters, got %d values"
              .formatted(name, parameters.size(), values.size()));
    }
    boolean lanes =
        !values.isEmpty()
            && values.get(0).shape().numDimensions() > parameters.get(0).shape().length;
    List<Operand<TFloat32>> flat = new ArrayList<>();
    for (Operand<TFloat32> value : values) {
      int[] shape = lanes ? new int[] {Math.toIntExact(value.shape().get(0)), -1} : new int[] {-1};
      flat.add(tf.reshape(value, tf.constant(shape)));
    }
    return EndToEnd.of(tf, flat, lanes ? 1 : 0);
  }

  /** Number of values that are trained, those that stay as they are left out. */
  public int trainedSize() {
    return parameters.stream().filter(p -> p.rate() > 0).mapToInt(Parameter::size).sum();
  }

  /** 1 where weight decay applies and 0 elsewhere, {@code [size]}. */
  public Operand<TFloat32> decayMask(Ops tf) {
    return perValue(tf, parameter -> parameter.decayed() ? 1 : 0);
  }

  /**
   * Each value's learning rate as a multiple of the group's, {@code [size]}; empty where all are 1.
   */
  public Optional<Operand<TFloat32>> rates(Ops tf) {
    boolean same = parameters.stream().allMatch(parameter -> parameter.rate() == 1);
    return same ? Optional.empty() : Optional.of(perValue(tf, Parameter::rate));
  }

  private Operand<TFloat32> perValue(Ops tf, ToDoubleFunction<Parameter> value) {
    List<Operand<TFloat32>> values = new ArrayList<>();
    for (Parameter parameter : parameters) {
      values.add(
          tf.fill(
              tf.constant(new int[] {parameter.size()}),
              tf.constant((float) value.applyAsDouble(parameter))));
    }
    return EndToEnd.of(tf, values);
  }
}
