package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.Map;

/** Collects the tensors that a forward pass reads, by canonical name, each with its shape. */
final class TensorShapes {
  private final ImmutableMap.Builder<String, long[]> shapes = ImmutableMap.builder();

  /** A tensor of that name and shape. */
  TensorShapes tensor(String name, long... shape) {
    shapes.put(name, shape);
    return this;
  }

  /** A matrix {@code [rows, columns]}, named {@code name.weight}. */
  TensorShapes matrix(String name, long rows, long columns) {
    return tensor(name + ".weight", rows, columns);
  }

  /** A dense layer: weight {@code [out, in]} and bias {@code [out]}. */
  TensorShapes dense(String name, long out, long in) {
    return matrix(name, out, in).tensor(name + ".bias", out);
  }

  /** Dense layers with their shapes {@code [out, in]}. */
  TensorShapes dense(Map<String, long[]> layers) {
    layers.forEach((name, shape) -> dense(name, shape[0], shape[1]));
    return this;
  }

  /** A layer normalisation: gain and shift {@code [width]}. */
  TensorShapes layerNorm(String name, long width) {
    return tensor(name + ".weight", width).tensor(name + ".bias", width);
  }

  ImmutableMap<String, long[]> build() {
    return shapes.buildOrThrow();
  }
}
