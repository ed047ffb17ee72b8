package org.bilora.method;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/** The values of all adapters' parameters in a graph. */
@FunctionalInterface
public interface AdapterValues {

  /** The values of one role, in the order of the adapted layers. */
  List<Operand<TFloat32>> of(Role role);
}
