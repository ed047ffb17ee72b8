package org.bilora.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.hash.Hashing;
import com.google.common.primitives.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsShardsTest {
  @TempDir Path folder;
  private Path index;

  @BeforeEach
  void writeTwoShards() throws IOException {
    index = folder.resolve("model.safetensors.index.json");
    shard("one.safetensors", "a", 1);
    shard("two.safetensors", "b", 2);
    Files.writeString(
        index, "{\"weight_map\":{\"b\":\"two.safetensors\",\"a\":\"one.safetensors\"}}");
  }

  @Test
  void tensorsOfAllShardsAreRead() throws IOException {
    SafetensorsFile read = SafetensorsShards.read(index, name -> true);
    assertArrayEquals(new float[] {1}, read.tensors().get("a").values());
    assertArrayEquals(new float[] {2}, read.tensors().get("b").values());
    byte[] bytes =
        Bytes.concat(
            Files.readAllBytes(folder.resolve("one.safetensors")),
            Files.readAllBytes(folder.resolve("two.safetensors")));
    assertEquals(Hashing.sha256().hashBytes(bytes).toString(), read.sha256());
    assertEquals(Set.of("b"), SafetensorsShards.read(index, "b"::equals).tensors().keySet());
  }

  @Test
  void aMissingShardIsNamed() throws IOException {
    Files.delete(folder.resolve("two.safetensors"));
    assertRefused("names the shard two.safetensors, which is missing from " + folder);
  }

  @Test
  void aTensorThatIsNotInItsShardIsNamed() throws IOException {
    shard("two.safetensors", "c", 3);
    assertRefused("says that tensor b is in two.safetensors, but it is not there");
  }

  @Test
  void aTruncatedShardIsNamed() throws IOException {
    Path shard = folder.resolve("two.safetensors");
    byte[] bytes = Files.readAllBytes(shard);
    Files.write(shard, java.util.Arrays.copyOf(bytes, bytes.length - 1));
    assertRefused(shard + " is not a sound safetensors file: tensor b");
  }

  @Test
  void anUnsoundIndexIsRefused() throws IOException {
    Files.writeString(index, "{\"weight_map\":");
    assertRefused(index + " is not valid JSON");
    Files.writeString(index, "{\"weights\":{}}");
    assertRefused(index + " has no weight_map");
    Files.writeString(index, "{\"weight_map\":{\"a\":\"../one.safetensors\"}}");
    assertRefused("the shard of tensor a is \"../one.safetensors\"; it must be a file name");
  }

  private void shard(String file, String tensor, float value) throws IOException {
    Safetensors.write(
        folder.resolve(file),
        Map.of(tensor, HostTensor.of(new float[] {value}, 1)),
        Map.of("format", "pt"));
  }

  private void assertRefused(String complaint) {
    IOException refused =
        assertThrows(IOException.class, () -> SafetensorsShards.read(index, name -> true));
    assertTrue(refused.getMessage().contains(complaint), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
  }
}
