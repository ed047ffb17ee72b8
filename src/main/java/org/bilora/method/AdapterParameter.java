package org.bilora.method;

import org.bilora.autodiff.Parameter;

/**
 * A parameter of an adapted layer as it starts.
 *
 * @param name what it is
 * @param shape of its matrix or vector
 * @param start row-major
 * @param decayed whether weight decay applies
 * @param rate its learning rate as a multiple of the level's
 */
public record AdapterParameter(
    ParameterName name, long[] shape, float[] start, boolean decayed, double rate) {

  /** At the level's learning rate. */
  public AdapterParameter(ParameterName name, long[] shape, float[] start, boolean decayed) {
    this(name, shape, start, decayed, 1);
  }

  /** What is kept as it is: no gradient reaches it. */
  static AdapterParameter held(ParameterName name, long[] shape, float[] values) {
    return new AdapterParameter(name, shape, values, false, 0);
  }

  /** The same at another learning rate. */
  AdapterParameter atRate(double other) {
    return new AdapterParameter(name, shape, start, decayed, other);
  }

  /** A matrix of zeros. */
  static AdapterParameter zeros(ParameterName name, int rows, int columns) {
    return new AdapterParameter(name, new long[] {rows, columns}, new float[rows * columns], true);
  }

  /** The parameter of a group. */
  public Parameter parameter() {
    return new Parameter(name.name(), shape, start, decayed, rate);
  }
}
