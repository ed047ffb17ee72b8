package org.bilora.method;

import org.bilora.autodiff.Parameter;

/**
 * A parameter of an adapted layer as it starts.
 *
 * @param name what it is
 * @param shape of its matrix or vector
 * @param start row-major
 * @param decayed whether weight decay applies
 */
public record AdapterParameter(ParameterName name, long[] shape, float[] start, boolean decayed) {

  /** A matrix of zeros. */
  static AdapterParameter zeros(ParameterName name, int rows, int columns) {
    return new AdapterParameter(name, new long[] {rows, columns}, new float[rows * columns], true);
  }

  /** The parameter of a group. */
  public Parameter parameter() {
    return new Parameter(name.name(), shape, start, decayed);
  }
}
