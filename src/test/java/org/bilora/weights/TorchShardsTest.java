package org.bilora.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PyTorch checkpoints in parts, which {@code pytorch_model.bin.index.json} lists. */
class TorchShardsTest {
  private static final Path FILES = Path.of("src", "test", "resources", "torch");
  private static final String FIRST = "pytorch_model-00001-of-00002.bin";
  private static final String SECOND = "pytorch_model-00002-of-00002.bin";

  @TempDir private Path folder;
  private Path index;

  @BeforeEach
  void writeTwoShards() throws IOException {
    Files.copy(FILES.resolve("zip.bin"), folder.resolve(FIRST));
    Files.copy(FILES.resolve("stream.bin"), folder.resolve(SECOND));
    index = folder.resolve("pytorch_model.bin.index.json");
    index("half", FIRST, "turned", SECOND);
  }

  private void index(String one, String itsShard, String other, String othersShard)
      throws IOException {
    Files.writeString(
        index,
        "{\"metadata\": {\"total_size\": 8}, \"weight_map\": {\"%s\": \"%s\", \"%s\": \"%s\"}}"
            .formatted(one, itsShard, other, othersShard));
  }

  @Test
  void eachTensorComesFromItsShard() throws IOException {
    WeightFiles files = WeightFiles.in(folder);
    assertEquals(WeightFiles.Kind.TORCH_SHARDS, files.kind());
    assertEquals(Set.of("half", "turned"), files.names());
    SafetensorsFile read = files.read(name -> true);
    assertEquals(Set.of("half", "turned"), read.tensors().keySet());
    HostTensor half = TorchFile.read(folder.resolve(FIRST), "half"::equals).tensors().get("half");
    assertArrayEquals(half.values(), read.tensors().get("half").values());
    assertArrayEquals(new long[] {4, 3}, read.tensors().get("turned").shape());
    assertEquals(Set.of("half"), files.read("half"::equals).tensors().keySet());
  }

  @Test
  void whatTheIndexSaysAndIsNotThereIsNamed() throws IOException {
    index("half", FIRST, "absent", SECOND);
    assertRefused(index, "says that tensor absent is in " + SECOND + ", but it is not there");
    index("half", FIRST, "turned", "elsewhere.bin");
    assertRefused(index, "names the shard elsewhere.bin, which is missing from " + folder);
    index("half", FIRST, "turned", "../" + SECOND);
    assertRefused(index, "it must be a file name in the same folder");
  }

  @Test
  void aShardThatWasCutOffIsNamed() throws IOException {
    Path shard = folder.resolve(SECOND);
    byte[] whole = Files.readAllBytes(shard);
    Files.write(shard, Arrays.copyOf(whole, whole.length / 2));
    assertRefused(shard, "");
  }

  private void assertRefused(Path file, String complaint) {
    String message =
        assertThrows(IOException.class, () -> WeightFiles.in(folder).read(name -> true))
            .getMessage();
    assertTrue(message.startsWith(file.toString()) && message.contains(complaint), message);
    assertEquals(1, message.lines().count(), message);
  }
}
