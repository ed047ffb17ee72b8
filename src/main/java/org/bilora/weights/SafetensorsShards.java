package org.bilora.weights;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Predicate;

/**
 * Tensors spread over several safetensors files, as large Hugging Face models come: an index
 * ({@code model.safetensors.index.json}) whose {@code weight_map} names the shard of every tensor.
 */
public final class SafetensorsShards {
  private SafetensorsShards() {}

  /**
   * Reads the wanted tensors from the shards that {@code index} names, beside it.
   *
   * @throws IOException when the index is unsound, a shard is missing or unsound, or a tensor is
   *     not in the shard that the index names
   */
  public static SafetensorsFile read(Path index, Predicate<String> wanted) throws IOException {
    return ShardIndex.read(index).read(wanted, Safetensors::read);
  }
}
