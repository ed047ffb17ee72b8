package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bilora.weights.Mutants;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A damaged file of an export is refused by its name; what is not refused answers as before. */
class DamagedExportTest {
  private static final List<ServedModel.Text> TEXTS =
      List.of(ServedModel.Text.of("w1 w2 w3"), ServedModel.Text.of("w7"));

  @TempDir static Path folder;
  private static Path export;
  private static List<ServedModel.Answer> sound;

  @BeforeAll
  static void export() throws IOException {
    export = TinyExports.write(folder.resolve("model"), TinyExports.Texts.ONE, 3, 1, 5);
    sound = answers();
  }

  private static List<ServedModel.Answer> answers() throws IOException {
    try (ServedModel served = ServedModel.open(export)) {
      return served.classify(TEXTS);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "saved_model.pb, 60",
    "variables/variables.index, 60",
    "variables/variables.data-00000-of-00001, 60",
    "assets/tokenizer.json, 60",
    "assets/labels.json, 60",
    "assets/export.json, 120",
  })
  void aDamagedFileIsRefusedByItsName(String name, int mutants) throws IOException {
    Path file = export.resolve(name);
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(name.hashCode());
    int refused = 0;
    try {
      for (int i = 0; i < mutants; i++) {
        byte[] mutant = Mutants.of(whole, random);
        Files.write(file, mutant);
        try {
          assertEquals(
              sound,
              assertTimeout(Duration.ofSeconds(10), DamagedExportTest::answers),
              "mutant " + i);
        } catch (Exception e) {
          assertInstanceOf(IOException.class, e, "mutant " + i);
          refused += Arrays.equals(mutant, whole) ? 0 : 1;
          assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
          assertTrue(e.getMessage().length() < 700, e.getMessage());
          assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        }
      }
    } finally {
      Files.write(file, whole);
    }
    assertTrue(refused > mutants * 3 / 4, refused + " refused");
  }

  @Test
  void namesThatWereTurnedRoundAreNoticed() throws IOException {
    Path labels = export.resolve("assets/labels.json");
    String text = Files.readString(labels);
    try {
      Files.writeString(
          labels,
          text.replace("\"a\"", "\"x\"").replace("\"b\"", "\"a\"").replace("\"x\"", "\"b\""));
      String message = assertThrows(IOException.class, DamagedExportTest::answers).getMessage();
      assertTrue(message.startsWith(labels + " is not what was exported"), message);
    } finally {
      Files.writeString(labels, text);
    }
  }

  @Test
  void anotherLengthInTheRecordIsNoticed() throws IOException {
    Path record = export.resolve(ExportRecord.FILE);
    String text = Files.readString(record);
    try {
      Files.writeString(record, text.replaceAll("\"max_tokens\" : [0-9]+", "\"max_tokens\" : 4"));
      String message = assertThrows(IOException.class, DamagedExportTest::answers).getMessage();
      assertTrue(message.startsWith(record + " was changed after it was written"), message);
      Files.writeString(record, text.replaceAll(",\\s+\"record_sha256\" : \"[0-9a-f]+\"", ""));
      message = assertThrows(IOException.class, DamagedExportTest::answers).getMessage();
      assertTrue(message.startsWith(record + " has no record_sha256"), message);
    } finally {
      Files.writeString(record, text);
    }
  }
}
