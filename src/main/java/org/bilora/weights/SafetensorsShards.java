package org.bilora.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Tensors spread over several safetensors files, as large Hugging Face models come: an index
 * ({@code model.safetensors.index.json}) whose {@code weight_map} names the shard of every tensor.
 */
public final class SafetensorsShards {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SafetensorsShards() {}

  /**
   * Reads the wanted tensors from the shards that {@code index} names, beside it.
   *
   * @throws IOException when the index is unsound, a shard is missing or unsound, or a tensor is
   *     not in the shard that the index names
   */
  public static SafetensorsFile read(Path index, Predicate<String> wanted) throws IOException {
    Map<String, String> shardOf = weightMap(index);
    Hasher hasher = Hashing.sha256().newHasher();
    ImmutableMap.Builder<String, HostTensor> all = ImmutableMap.builder();
    for (String shard : new TreeSet<>(shardOf.values())) {
      Path file = index.resolveSibling(shard);
      if (!Files.isRegularFile(file)) {
        throw new IOException(
            "%s names the shard %s, which is missing from %s: copy it there"
                .formatted(index, shard, index.toAbsolutePath().getParent()));
      }
      ImmutableMap.Builder<String, HostTensor> builder = ImmutableMap.builder();
      // A tensor that the index gives to another shard, or to none, is not taken from this one.
      Safetensors.read(
          file, name -> shard.equals(shardOf.get(name)) && wanted.test(name), hasher, builder);
      ImmutableMap<String, HostTensor> tensors = builder.buildOrThrow();
      for (Map.Entry<String, String> entry : shardOf.entrySet()) {
        String name = entry.getKey();
        if (entry.getValue().equals(shard) && wanted.test(name) && !tensors.containsKey(name)) {
          throw new IOException(
              "%s says that tensor %s is in %s, but it is not there: copy both again"
                  .formatted(index, name, shard));
        }
      }
      all.putAll(tensors);
    }
    return new SafetensorsFile(ImmutableMap.of(), all.buildOrThrow(), hasher.hash().toString());
  }

  private static Map<String, String> weightMap(Path index) throws IOException {
    JsonNode map;
    try {
      map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
    } catch (JsonProcessingException e) {
      throw new IOException("%s is not valid JSON: %s".formatted(index, e.getOriginalMessage()));
    }
    if (!map.isObject() || map.isEmpty()) {
      throw new IOException(index + " has no weight_map that names the shard of every tensor");
    }
    Map<String, String> shardOf = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String shard = entry.getValue().asText();
      if (!shard.matches("[^/\\\\]+")) {
        throw new IOException(
            "%s: the shard of tensor %s is \"%s\"; it must be a file name in the same folder"
                .formatted(index, entry.getKey(), shard));
      }
      shardOf.put(entry.getKey(), shard);
    }
    return shardOf;
  }
}
