package org.bilora.method;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.LowRankValues;
import org.bilora.bilevel.Level;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * The parameters of one adapted dense layer and the ΔW they stand for, in a graph and on the host.
 * A parameter is named after its layer, a dot and the matrix's letter.
 */
public interface AdapterForm {

  /** r: columns of the left and rows of the right matrix. */
  int rank();

  /** Role of the left matrix, {@code [out, rank]}. */
  Role left();

  /** Role of the right matrix, {@code [rank, in]}. */
  Role right();

  /** The parameters of a layer, with start values for which ΔW is 0. */
  List<AdapterParameter> declare(StartValues start, AdaptedLayer layer);

  /**
   * What becomes of each layer, from values in a graph.
   *
   * @param frozen W of a layer, {@code [out, in]}
   */
  Map<String, LowRank> increments(
      Ops tf,
      List<String> modules,
      Function<ParameterName, Operand<TFloat32>> values,
      Function<String, Operand<TFloat32>> frozen);

  /** The same on the host. */
  LowRankValues increment(String module, Function<ParameterName, float[]> values);

  /**
   * Values of a layer's parameters for which ΔW is a given one: the way back of {@link #increment}.
   *
   * @param increment of a rank up to this form's
   * @param fresh start values, which stand where an increment of a lower rank says nothing
   * @throws IllegalArgumentException when the form has no values for it
   */
  Map<ParameterName, float[]> from(
      AdaptedLayer layer, LowRankValues increment, Function<ParameterName, float[]> fresh);

  /** λ of a layer; empty for a form without Λ. */
  Optional<float[]> lambda(String module, Function<ParameterName, float[]> values);

  /** Whether it is AdaLoRA's triplets, which files of other programs hold as such. */
  default boolean triplets() {
    return false;
  }

  /**
   * Whether {@link #increments} also takes values of several trainings at once, each parameter with
   * an axis of lanes in front, and yields increments that have it too.
   */
  default boolean takesLanes() {
    return false;
  }

  /**
   * An increment that a form without magnitudes can hold, with this form's rank.
   *
   * @throws IllegalArgumentException when it has magnitudes, or a higher rank
   */
  default LowRankValues held(
      AdaptedLayer layer, LowRankValues increment, Function<ParameterName, float[]> fresh) {
    if (increment.magnitude().isPresent()) {
      throw new IllegalArgumentException(
          "%s has magnitudes, which this method does not have; choose dora or bidora"
              .formatted(layer.module()));
    }
    if (increment.rank() > rank()) {
      throw new IllegalArgumentException(
          "%s has the rank %d, which does not fit into the rank %d of the settings; choose a higher rank"
              .formatted(layer.module(), increment.rank(), rank()));
    }
    return increment.widened(
        fresh.apply(lower(layer.module(), left())), fresh.apply(lower(layer.module(), right())));
  }

  /** A parameter of the lower level. */
  static ParameterName lower(String module, Role role) {
    return new ParameterName(Level.LOWER, module, role);
  }

  /** A parameter of the upper level. */
  static ParameterName upper(String module, Role role) {
    return new ParameterName(Level.UPPER, module, role);
  }
}
