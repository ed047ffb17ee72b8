package org.bilora.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadBackBitForBit() throws IOException {
    Path file = folder.resolve("values.safetensors");
    float[] special = {
      0f, -0f, Float.MIN_VALUE, Float.MAX_VALUE, Float.NEGATIVE_INFINITY, Float.NaN
    };
    float[] many = new float[700_000]; // more than one chunk
    for (int i = 0; i < many.length; i++) {
      many[i] = (float) Math.sin(i);
    }
    Map<String, HostTensor> tensors =
        Map.of(
            "special", HostTensor.of(special, 2, 3),
            "many", HostTensor.of(many, 700, 1000),
            "scalar", HostTensor.of(new float[] {7}),
            "none", HostTensor.of(new float[0], 0, 4));
    Safetensors.write(file, tensors, Map.of("step", "12", "ünï", "\"quoted\""));
    SafetensorsFile read = Safetensors.read(file);
    assertEquals(Map.of("step", "12", "ünï", "\"quoted\""), read.metadata());
    assertEquals(tensors.keySet(), read.tensors().keySet());
    tensors.forEach(
        (name, tensor) -> {
          assertArrayEquals(tensor.shape(), read.tensors().get(name).shape(), name);
          assertArrayEquals(tensor.values(), read.tensors().get(name).values(), name);
        });
    assertEquals(Hashing.sha256().hashBytes(Files.readAllBytes(file)).toString(), read.sha256());
  }

  @Test
  void tensorsStartAtAMultipleOfEightBytes() throws IOException {
    for (String name : List.of("a", "ab", "abc", "abcd")) {
      Path file = folder.resolve(name);
      Safetensors.write(file, Map.of(name, HostTensor.of(new float[] {1}, 1)), Map.of());
      byte[] bytes = Files.readAllBytes(file);
      assertEquals(0, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8);
    }
  }

  @Test
  void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = folder.resolve("kept.safetensors");
    Files.writeString(file, "old");
    assertThrows(
        IOException.class,
        () ->
            AtomicFile.write(
                file,
                out -> {
                  out.write(1);
                  throw new IOException("disk full");
                }));
    assertEquals("old", Files.readString(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void everyHalfPrecisionValueIsReadExactly() throws IOException {
    ByteBuffer halves = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
    for (int bits = 0; bits < 1 << 16; bits++) {
      halves.putShort((short) bits);
    }
    String entry = "\"x\":{\"dtype\":\"%s\",\"shape\":[65536],\"data_offsets\":[0,131072]}";
    float[] f16 = values(write("{" + entry.formatted("F16") + "}", halves.array()));
    float[] bf16 = values(write("{" + entry.formatted("BF16") + "}", halves.array()));
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertEquals(halfByDefinition(bits), f16[bits], Integer.toHexString(bits));
      assertEquals(Float.intBitsToFloat(bits << 16), bf16[bits], Integer.toHexString(bits));
    }
  }

  /** IEEE 754 binary16: sign, five bits of exponent, ten of fraction. */
  private static float halfByDefinition(int bits) {
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    double magnitude =
        switch (exponent) {
          case 0 -> fraction * Math.pow(2, -24);
          case 31 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
          default -> (1024 + fraction) * Math.pow(2, exponent - 25);
        };
    return (float) (bits >> 15 == 0 ? magnitude : -magnitude);
  }

  @Test
  void tensorsThatAreNotWantedMayHaveAnyType() throws IOException {
    Path file =
        write(
            "{\"ids\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                + "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}",
            new byte[] {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, (byte) 0x80, 0x3f});
    assertArrayEquals(
        new float[] {1}, Safetensors.read(file, "x"::equals).tensors().get("x").values());
    IOException refused = assertThrows(IOException.class, () -> Safetensors.read(file));
    assertEquals(
        file + ": tensor ids has data type I64; F64, F32, F16 and BF16 are read: convert it",
        refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,12]}} | tensor x: its bytes end at 12",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}} | tensor x: F32 of shape [3] takes 12 bytes",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | 4 bytes at its end belong to no tensor",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | tensor x: 4 bytes before it belong to none",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"y\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[2,8]}} | tensor y: its bytes overlap",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}} | tensor x: shape holds -2",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}} | tensor x: shape [4611686018427387904, 4] is too large",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}} | tensor x: data_offsets are [8, 0]",
        "{\"x\":{\"shape\":[2],\"data_offsets\":[0,8]}} | tensor x: has no dtype",
        "{\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}} | tensor x: has no shape",
        "{\"x\":3} | tensor x: has no dtype",
        "{\"x\": | its header is not valid JSON",
        "[1] | its header is not a JSON object",
        "{\"x\":1,\"x\":2} | Duplicate field 'x'",
        "{\"__metadata__\":{\"step\":1}} | __metadata__ \"step\" is not a string",
        "{\"__metadata__\":3} | __metadata__ is not a JSON object",
      })
  void aLyingHeaderIsRefusedByName(String header, String complaint) throws IOException {
    assertRefused(write(header, new byte[8]), complaint);
  }

  @Test
  void aTruncatedFileIsRefused() throws IOException {
    Path file = folder.resolve("whole.safetensors");
    Safetensors.write(file, ImmutableMap.of("x", HostTensor.of(new float[9], 3, 3)), Map.of());
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Path cut = folder.resolve("cut.safetensors");
      Files.write(cut, java.util.Arrays.copyOf(whole, length));
      assertRefused(cut, "is not a sound safetensors file");
    }
  }

  @Test
  void aHeaderLongerThanTheFileIsRefusedBeforeMemoryIsTaken() throws IOException {
    for (long length : new long[] {1L << 40, -1, 90_000_000}) {
      Path file = folder.resolve("lying.safetensors");
      Files.write(
          file, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
      assertRefused(file, "but only 8 follow");
    }
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("nowhere.safetensors");
    assertRefused(file, file + " is missing");
  }

  private static void assertRefused(Path file, String complaint) {
    IOException refused = assertThrows(IOException.class, () -> Safetensors.read(file));
    assertTrue(refused.getMessage().contains(complaint), refused.getMessage());
    assertTrue(refused.getMessage().startsWith(file.toString()), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
  }

  private static float[] values(Path file) throws IOException {
    return Safetensors.read(file).tensors().get("x").values();
  }

  private Path write(String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("made.safetensors");
    Files.write(
        file,
        ByteBuffer.allocate(8 + json.length + data.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json)
            .put(data)
            .array());
    return file;
  }
}
