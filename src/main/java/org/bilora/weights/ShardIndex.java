package org.bilora.weights;

import static org.bilora.weights.SafetensorsHeader.shown;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Tensors spread over several files, as large Hugging Face models come: an index whose {@code
 * weight_map} names the shard of every tensor.
 *
 * @param file the index
 * @param shardOf file name of a shard, beside the index, by name of the tensor
 */
record ShardIndex(Path file, SortedMap<String, String> shardOf) {
  /** Copies what could change. */
  ShardIndex {
    shardOf = ImmutableSortedMap.copyOf(shardOf);
  }

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  /** Reads one shard. */
  @FunctionalInterface
  interface ShardReader {
    /** Puts the wanted tensors into {@code tensors} and the shard's bytes into {@code hasher}. */
    void read(
        Path shard,
        Predicate<String> wanted,
        Hasher hasher,
        ImmutableMap.Builder<String, HostTensor> tensors)
        throws IOException;
  }

  /**
   * Reads the index.
   *
   * @throws IOException when it is not JSON, maps nothing, or names a shard that is no file beside
   *     it
   */
  static ShardIndex read(Path index) throws IOException {
    JsonNode map;
    try {
      map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s is not valid JSON: %s".formatted(index, shown(e.getOriginalMessage())));
    }
    if (!map.isObject() || map.isEmpty()) {
      throw new IOException(index + " has no weight_map that names the shard of every tensor");
    }
    ImmutableSortedMap.Builder<String, String> shardOf = ImmutableSortedMap.naturalOrder();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      JsonNode shard = entry.getValue();
      if (!shard.isTextual() || !shard.textValue().matches("[^/\\\\\\p{Cntrl}]{1,255}")) {
        throw new IOException(
            "%s: the shard of tensor %s is %s; it must be a file name in the same folder"
                .formatted(index, shown(entry.getKey()), shown(shard)));
      }
      shardOf.put(entry.getKey(), shard.textValue());
    }
    return new ShardIndex(index, shardOf.buildOrThrow());
  }

  Set<String> names() {
    return shardOf.keySet();
  }

  /**
   * Reads the wanted tensors.
   *
   * @throws IOException when a shard is missing or unsound, or a tensor is not in the shard that
   *     the index names
   */
  SafetensorsFile read(Predicate<String> wanted, ShardReader reader) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    ImmutableMap.Builder<String, HostTensor> all = ImmutableMap.builder();
    for (String shard : new TreeSet<>(shardOf.values())) {
      Path path = file.resolveSibling(shard);
      if (!Files.isRegularFile(path)) {
        throw new IOException(
            "%s names the shard %s, which is missing from %s: copy it there"
                .formatted(file, shard, file.toAbsolutePath().getParent()));
      }
      ImmutableMap.Builder<String, HostTensor> builder = ImmutableMap.builder();
      // A tensor that the index gives to another shard, or to none, is not taken from this one.
      reader.read(
          path, name -> shard.equals(shardOf.get(name)) && wanted.test(name), hasher, builder);
      Map<String, HostTensor> tensors = builder.buildOrThrow();
      for (Map.Entry<String, String> entry : shardOf.entrySet()) {
        String name = entry.getKey();
        if (entry.getValue().equals(shard) && wanted.test(name) && !tensors.containsKey(name)) {
          throw new IOException(
              "%s says that tensor %s is in %s, but it is not there: copy both again"
                  .formatted(file, shown(name), shard));
        }
      }
      all.putAll(tensors);
    }
    return new SafetensorsFile(ImmutableMap.of(), all.buildOrThrow(), hasher.hash().toString());
  }
}
