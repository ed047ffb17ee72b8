package org.bilora.weights;

import com.google.common.collect.ImmutableMap;
import java.util.Map;

/**
 * Tensors by name, and what they were read from.
 *
 * @param tensors as float32
 * @param sha256 of the file's bytes, hexadecimal
 */
public record NamedTensors(Map<String, HostTensor> tensors, String sha256) {
  /** Copies what could change. */
  public NamedTensors {
    tensors = ImmutableMap.copyOf(tensors);
  }
}
