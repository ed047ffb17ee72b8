package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders of Hugging Face's download cache: {@code blobs} under their hashes, and links to them in
 * {@code snapshots/COMMIT}, one of which {@code refs/main} names.
 */
class HubCacheTest {
  private static final Path MODELS = Path.of("src", "test", "resources", "transformers");
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @TempDir private Path folder;
  private Path cache;
  private Path snapshot;

  @BeforeEach
  void makeCache() throws IOException {
    cache = folder.resolve("models--someone--tiny");
    snapshot = cache.resolve("snapshots").resolve(COMMIT);
    Path blobs = Files.createDirectories(cache.resolve("blobs"));
    Files.createDirectories(snapshot);
    Files.createDirectories(cache.resolve("refs"));
    Files.writeString(cache.resolve("refs").resolve("main"), COMMIT);
    try (Stream<Path> files = Files.list(MODELS.resolve("bert"))) {
      for (Path file : files.toList()) {
        Path blob = blobs.resolve(Integer.toHexString(file.hashCode()));
        Files.copy(file, blob);
        Files.createSymbolicLink(
            snapshot.resolve(file.getFileName()), Path.of("../../blobs", blob.getFileName() + ""));
      }
    }
  }

  @Test
  void theCachesFolderAndItsSnapshotAreTheModel() throws IOException {
    try (PretrainedEncoder plain = PretrainedEncoders.load(MODELS.resolve("bert").toString())) {
      for (Path directory : List.of(cache, snapshot)) {
        try (PretrainedEncoder read = PretrainedEncoders.load(directory.toString())) {
          assertEquals(plain.sha256(), read.sha256());
          assertEquals(plain.files(), read.files());
          assertEquals(plain.weights().keySet(), read.weights().keySet());
          for (String name : plain.weights().keySet()) {
            HostTensor tensor = plain.weights().get(name);
            assertArrayEquals(tensor.values(), read.weights().get(name).values(), name);
          }
        }
      }
    }
  }

  @Test
  void aDecodersCacheIsReadToo() throws IOException {
    Path gpt2 = folder.resolve("models--gpt2");
    Path commit = Files.createDirectories(gpt2.resolve("snapshots").resolve("a1"));
    Path blobs = Files.createDirectories(gpt2.resolve("blobs"));
    Files.createDirectories(gpt2.resolve("refs"));
    Files.writeString(gpt2.resolve("refs/main"), "a1\n");
    try (Stream<Path> files = Files.list(MODELS.resolve("gpt2"))) {
      for (Path file : files.toList()) {
        Path blob = Files.copy(file, blobs.resolve(file.getFileName()));
        Files.createSymbolicLink(commit.resolve(file.getFileName()), blob.toAbsolutePath());
      }
    }
    try (PretrainedDecoder plain = PretrainedDecoders.load(MODELS.resolve("gpt2").toString());
        PretrainedDecoder read = PretrainedDecoders.load(gpt2.toString())) {
      assertEquals(plain.sha256(), read.sha256());
      assertEquals(plain.files(), read.files());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fedcba", "", "../../elsewhere", "a b\u0000c"})
  void aSnapshotThatIsNotThereIsNamed(String commit) throws IOException {
    Path main = cache.resolve("refs").resolve("main");
    Files.writeString(main, commit);
    String message = refused(cache);
    assertTrue(message.startsWith(main + " names the snapshot "), message);
  }

  @Test
  void aBlobThatWasNotDownloadedIsNamed() throws IOException {
    Files.delete(snapshot.resolve("model.safetensors").toRealPath());
    assertTrue(refused(cache).contains(snapshot.toString()), refused(cache));
  }

  private static String refused(Path directory) {
    String message =
        assertThrows(IOException.class, () -> PretrainedEncoders.load(directory.toString()))
            .getMessage();
    assertEquals(1, message.lines().count(), message);
    return message;
  }
}
