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

  /** λ of a layer; empty for a form without Λ. */
  Optional<float[]> lambda(String module, Function<ParameterName, float[]> values);

  /** Whether it is AdaLoRA's triplets, which files of other programs hold as such. */
  default boolean triplets() {
    return false;
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
