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
    return dense(name, out, in, true);
  }

  /** A dense layer with or without a bias. */
  TensorShapes dense(String name, long out, long in, boolean bias) {
    matrix(name, out, in);
    return bias ? tensor(name + ".bias", out) : this;
  }

  /** Dense layers with their shapes {@code [out, in]}. */
  TensorShapes dense(Map<String, long[]> layers) {
    layers.forEach((name, shape) -> dense(name, shape[0], shape[1]));
    return this;
  }

  /** A layer normalisation: gain and shift {@code [width]}. */
  TensorShapes layerNorm(String name, long width) {
    return layerNorm(name, width, true);
  }

  /** A layer normalisation with or without a shift. */
  TensorShapes layerNorm(String name, long width, boolean shift) {
    tensor(name + ".weight", width);
    return shift ? tensor(name + ".bias", width) : this;
  }

  Map<String, long[]> build() {
    return shapes.buildOrThrow();
  }
}
