package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.bilora.text.Encoding;
import org.bilora.weights.HostTensor;
import org.bilora.weights.TorchFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files of a model with some bytes changed, by chance from a seed. Each is read as the sound one
 * is, or refused in one line; one that is read and means something else has other hashes than a run
 * recorded, which the run refuses by the file's name. None ends the process.
 */
class DamagedModelsTest {
  private static final Path MODELS = Path.of("src", "test", "resources", "transformers");
  private static final Path CHECKPOINTS = Path.of("src", "test", "resources", "torch");
  private static final Duration LONGEST = Duration.ofSeconds(10);
  private static final String[] PIECES = {
    "null",
    "0",
    "-1",
    "4294967296",
    "1e999",
    "\"\"",
    "[]",
    "{}",
    "true",
    "\u0000",
    "\"\ud83d\ude00\"",
    "[[[["
  };

  @TempDir private Path folder;

  /** What a model makes of two texts, and its weights. */
  private record Result(List<Encoding> texts, Map<String, HostTensor> weights) {
    boolean sameAs(Result other) {
      return texts.equals(other.texts)
          && weights.keySet().equals(other.weights.keySet())
          && weights.entrySet().stream()
              .allMatch(
                  tensor ->
                      Arrays.equals(
                          tensor.getValue().values(), other.weights.get(tensor.getKey()).values()));
    }
  }

  private Result read(Map<String, String> hashes) throws IOException {
    try (PretrainedModel model = PretrainedModels.load(folder.toString())) {
      hashes.putAll(model.files());
      hashes.put("weights", model.sha256());
      List<Encoding> texts =
          List.of(
              model
                  .tokenizer()
                  .encode("The old mill, caf\u00e9s!", Optional.of("It [MASK] runs"), 12),
              model.tokenizer().encode("", Optional.empty(), 12));
      return new Result(texts, model.weights());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert, tokenizer.json, 250",
    "roberta, tokenizer.json, 100",
    "gpt2, tokenizer.json, 100",
    "albert, tokenizer.json, 250",
    "mpnet, tokenizer.json, 100",
    "bert, config.json, 100",
    "gpt2, config.json, 100",
    "bert, model.safetensors, 150",
  })
  void aDamagedFileIsRefusedOrMeansTheSameOrHasAnotherHash(String model, String file, int mutants)
      throws IOException {
    try (var files = Files.list(MODELS.resolve(model))) {
      for (Path each : files.toList()) {
        Files.copy(each, folder.resolve(each.getFileName()));
      }
    }
    Map<String, String> recorded = new TreeMap<>();
    Result sound = read(recorded);
    byte[] bytes = Files.readAllBytes(folder.resolve(file));
    int end = file.endsWith("safetensors") ? headerEnd(bytes) : bytes.length;
    Random random = new Random(13 + model.hashCode() + file.hashCode());
    int refused = 0;
    for (int mutant = 0; mutant < mutants; mutant++) {
      Files.write(folder.resolve(file), mutated(bytes, end, random));
      Map<String, String> hashes = new TreeMap<>();
      try {
        Result result = assertTimeoutPreemptively(LONGEST, () -> read(hashes));
        assertTrue(result.sameAs(sound) || !hashes.equals(recorded), "mutant " + mutant);
      } catch (Exception e) {
        refused++;
        assertTold(e, folder);
      }
    }
    assertTrue(refused > mutants / 10, refused + " refused");
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "module.bin"})
  void aDamagedArchiveIsRefusedOrMeansTheSame(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(CHECKPOINTS.resolve(name));
    Result sound = new Result(List.of(), torch(CHECKPOINTS.resolve(name)));
    Random random = new Random(17);
    Path file = folder.resolve(name);
    for (int mutant = 0; mutant < 150; mutant++) {
      Files.write(file, mutated(bytes, bytes.length, random));
      try {
        Result result =
            assertTimeoutPreemptively(LONGEST, () -> new Result(List.of(), torch(file)));
        assertTrue(result.sameAs(sound), "mutant " + mutant);
      } catch (Exception e) {
        assertTold(e, folder);
      }
    }
  }

  @Test
  void aDamagedStreamIsRefusedOrHasTheSameTensors() throws IOException {
    byte[] bytes = Files.readAllBytes(CHECKPOINTS.resolve("stream.bin"));
    Random random = new Random(19);
    Path file = folder.resolve("stream.bin");
    for (int mutant = 0; mutant < 150; mutant++) {
      Files.write(file, mutated(bytes, bytes.length, random));
      try {
        assertTimeoutPreemptively(LONGEST, () -> torch(file));
      } catch (Exception e) {
        assertTold(e, folder);
      }
    }
  }

  private static Map<String, HostTensor> torch(Path file) throws IOException {
    return TorchFile.read(file, tensor -> !tensor.equals("positions")).tensors();
  }

  private static void assertTold(Exception e, Path folder) {
    String message = e.getMessage();
    assertTrue(e instanceof IOException || e instanceof IllegalArgumentException, () -> "" + e);
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.length() < 700, message);
    assertTrue(message.contains(folder.toString()), message);
  }

  private static int headerEnd(byte[] safetensors) {
    return 8 + (int) ByteBuffer.wrap(safetensors).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  /**
   * A few bytes changed, taken away, repeated or put in before {@code end}, or the rest cut off.
   */
  private static byte[] mutated(byte[] sound, int end, Random random) {
    byte[] bytes = sound.clone();
    int at = random.nextInt(end);
    int to = Math.min(end, at + 1 + random.nextInt(12));
    byte[] before = Arrays.copyOf(bytes, at);
    byte[] after = Arrays.copyOfRange(bytes, to, bytes.length);
    return switch (random.nextInt(6)) {
      case 0 -> before;
      case 1 -> Bytes.concat(before, after);
      case 2 ->
          Bytes.concat(
              before,
              Arrays.copyOfRange(bytes, at, to),
              Arrays.copyOfRange(bytes, at, bytes.length));
      case 3 -> value(bytes, at, random);
      default -> {
        bytes[at] ^= (byte) (1 << random.nextInt(8));
        yield bytes;
      }
    };
  }

  /** Another JSON value in place of the next one. */
  private static byte[] value(byte[] bytes, int at, Random random) {
    int from = at;
    while (from < bytes.length && bytes[from] != ':') {
      from++;
    }
    int to = Math.min(bytes.length, from + 1);
    while (to < bytes.length && bytes[to] != ',' && bytes[to] != '}') {
      to++;
    }
    return Bytes.concat(
        Arrays.copyOf(bytes, Math.min(bytes.length, from + 1)),
        PIECES[random.nextInt(PIECES.length)].getBytes(StandardCharsets.UTF_8),
        Arrays.copyOfRange(bytes, to, bytes.length));
  }
}
