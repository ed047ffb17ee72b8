package org.bilora.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.hash.Hashing;
import com.google.common.primitives.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchFileTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "torch");
  private static final float[] WHOLE = {
    -1, -0.75f, -0.5f, -0.25f, 0, 0.25f, 0.5f, 0.75f, 1, 1.25f, 1.5f, 1.75f
  };

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "stream.bin"})
  void tensorsOfEveryKindAreRead(String name) throws IOException {
    Path file = FOLDER.resolve(name);
    SafetensorsFile read = TorchFile.read(file, tensor -> !tensor.equals("positions"));
    Map<String, HostTensor> tensors = read.tensors();
    assertEquals(
        Set.of(
            "whole",
            "shared",
            "turned",
            "rows",
            "parameter",
            "double",
            "half",
            "brain",
            "scalar",
            "none"),
        tensors.keySet());
    assertTensor(tensors.get("whole"), WHOLE, 3, 4);
    assertTensor(tensors.get("shared"), WHOLE, 3, 4);
    assertTensor(tensors.get("turned"), HostTensor.of(WHOLE, 3, 4).transpose().values(), 4, 3);
    assertTensor(tensors.get("rows"), Arrays.copyOfRange(WHOLE, 4, 12), 2, 4);
    assertTensor(tensors.get("parameter"), new float[] {1.5f, -2}, 2);
    assertTensor(tensors.get("double"), new float[] {0.1f, 0}, 2);
    assertTensor(tensors.get("half"), new float[] {0.5f, 0x1p-24f}, 2);
    assertTensor(tensors.get("brain"), new float[] {0.5f, 3}, 2);
    assertTensor(tensors.get("scalar"), new float[] {7});
    assertTensor(tensors.get("none"), new float[0], 0, 3);
    assertEquals(Hashing.sha256().hashBytes(Files.readAllBytes(file)).toString(), read.sha256());
    assertTrue(TorchFile.names(file).contains("positions"));
    assertRefused(file, "tensor positions has data type I64; F64, F32, F16 and BF16 are read");
  }

  @Test
  void aModulesStateIsReadWithItsVersions() throws IOException {
    Map<String, HostTensor> tensors =
        TorchFile.read(FOLDER.resolve("module.bin"), name -> true).tensors();
    assertTensor(tensors.get("weight"), new float[] {0.25f, 4}, 1, 2);
    assertTensor(tensors.get("bias"), new float[] {-1}, 1);
  }

  @ParameterizedTest
  @CsvSource({
    "refused-run.bin, asks for __builtin__.print",
    "refused-module.bin, asks for torch.nn.modules.linear.Linear",
    "refused-nested.bin, holds something else than a tensor under state_dict",
  })
  void whatIsNoTensorIsRefusedByName(String name, String complaint) {
    assertRefused(FOLDER.resolve(name), complaint);
  }

  /** Pickles that would call a function of the system, each by another instruction. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cos\\nsystem\\n(X\\x04\\x00\\x00\\x00true\\x85R. | asks for os.system",
        "(ios\\nsystem\\n. | asks for the instruction 0x69",
        "X\\x02\\x00\\x00\\x00osX\\x06\\x00\\x00\\x00system\\x93. | asks for os.system",
        "ccollections\\nOrderedDict\\n)\\x81. | asks for the instruction 0x81",
        "\\x82\\x01. | asks for the instruction 0x82",
        "ctorch._utils\\n_rebuild_tensor_v3\\n. | asks for torch._utils._rebuild_tensor_v3",
        "ctorch.storage\\n_load_from_bytes\\n. | asks for torch.storage._load_from_bytes",
        "ccollections\\nOrderedDict\\nK\\x01b. | asks for the state of an object",
      })
  void nothingIsCalled(String instructions, String complaint) throws IOException {
    Path file = folder.resolve("evil.bin");
    Files.write(file, Bytes.concat(start(), pickle(instructions)));
    assertRefused(file, complaint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "K\\x01 | ends in the middle",
        "X\\xff\\xff\\xff\\x7fabc. | ends in the middle of a value",
        "h\\x05. | refers to a value that it has not made",
        "a. | finds no value",
        "t. | finds no mark",
        "K\\x01K\\x02. | values are left over",
        "}X\\x01\\x00\\x00\\x00aK\\x01s. | something else than a tensor under a",
        "K\\x01Q. | another kind of value",
        "](e. | no dictionary of tensors",
      })
  void aDamagedPickleIsToldInOneLine(String instructions, String complaint) throws IOException {
    Path file = folder.resolve("damaged.bin");
    Files.write(file, Bytes.concat(start(), pickle(instructions)));
    assertRefused(file, complaint);
  }

  @Test
  void oneChangedValueIsNoticedByItsChecksum() throws IOException {
    byte[] bytes = Files.readAllBytes(FOLDER.resolve("module.bin"));
    int at = Bytes.indexOf(bytes, new byte[] {0, 0, (byte) 0x80, 0x3e}); // 0.25
    bytes[at] = 1;
    Path file = folder.resolve("changed.bin");
    Files.write(file, bytes);
    assertRefused(file, "has another checksum");
  }

  @Test
  void aShortenedStreamIsNoticed() throws IOException {
    byte[] bytes = Files.readAllBytes(FOLDER.resolve("stream.bin"));
    Path file = folder.resolve("short.bin");
    for (int length : new int[] {0, 1, 2, 40, bytes.length / 2, bytes.length - 1}) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertRefused(file, "is not a sound PyTorch checkpoint");
    }
    Files.write(file, Arrays.copyOf(bytes, bytes.length + 1));
    assertRefused(file, "1 bytes at its end belong to no storage");
  }

  /** Magic number, protocol and machine of a checkpoint in one stream. */
  private static byte[] start() {
    return Bytes.concat(
        pickle("\\x8a\\x0al\\xfc\\x9cF\\xf9 j\\xa8P\\x19."),
        pickle("M\\xe9\\x03."),
        pickle("}X\\x0d\\x00\\x00\\x00little_endian\\x88s."));
  }

  private static byte[] pickle(String instructions) {
    StringBuilder bytes = new StringBuilder("\u0080\u0002");
    for (int at = 0; at < instructions.length(); at++) {
      if (instructions.startsWith("\\x", at)) {
        bytes.append((char) Integer.parseInt(instructions.substring(at + 2, at + 4), 16));
        at += 3;
      } else if (instructions.startsWith("\\n", at)) {
        bytes.append('\n');
        at += 1;
      } else {
        bytes.append(instructions.charAt(at));
      }
    }
    return bytes.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void assertTensor(HostTensor tensor, float[] values, long... shape) {
    assertArrayEquals(shape, tensor.shape());
    assertArrayEquals(values, tensor.values());
  }

  private static void assertRefused(Path file, String complaint) {
    IOException refused = assertThrows(IOException.class, () -> TorchFile.read(file, name -> true));
    assertTrue(refused.getMessage().contains(complaint), refused.getMessage());
    assertTrue(refused.getMessage().startsWith(file.toString()), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
  }
}
