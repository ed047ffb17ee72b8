package org.bilora.method;

import com.google.common.collect.Maps;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bilora.adapter.LowRank;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A form whose ΔW of a layer follows from that layer's parameters alone, W left out. Unless it says
 * otherwise its matrices are B and A, and it has no Λ.
 */
interface LayerwiseForm extends AdapterForm {

  @Override
  default Role left() {
    return Role.B;
  }

  @Override
  default Role right() {
    return Role.A;
  }

  @Override
  default Map<String, LowRank> increments(
      Ops tf,
      List<String> modules,
      Function<ParameterName, Operand<TFloat32>> values,
      Function<String, Operand<TFloat32>> frozen) {
    return Maps.toMap(modules, module -> increment(tf, module, values));
  }

  /** ΔW of a layer, from values in a graph. */
  LowRank increment(Ops tf, String module, Function<ParameterName, Operand<TFloat32>> values);

  @Override
  default Optional<float[]> lambda(String module, Function<ParameterName, float[]> values) {
    return Optional.empty();
  }
}
