package org.bilora.weights;

import com.google.common.collect.ImmutableMap;
import java.util.Map;

/**
 * What a safetensors file, or a set of shards, holds.
 *
 * @param metadata the header's {@code __metadata__}, empty when it has none
 * @param tensors by name, as float32
 * @param sha256 of the file's bytes, hexadecimal; of the shards' bytes one after the other, in the
 *     order of their names
 */
public record SafetensorsFile(
    Map<String, String> metadata, Map<String, HostTensor> tensors, String sha256) {
  /** Copies what could change. */
  public SafetensorsFile {
    metadata = ImmutableMap.copyOf(metadata);
    tensors = ImmutableMap.copyOf(tensors);
  }
}
