package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.bilora.weights.Mutants;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever happens to a file of examples, it is read as it stands or refused by name. */
class DamagedDataTest {
  private static final int MUTANTS = 150;

  @TempDir Path folder;

  private static byte[] whole(String extension) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 24; i++) {
      text.append(
          switch (extension) {
            case "csv" -> "%d,\"the \"\"cat\"\", été\n%d\",%d\n".formatted(i, i, i % 2);
            case "tsv" -> "%d\tthe cat, été %d\t%d\n".formatted(i, i, i % 2);
            default ->
                "{\"id\": %d, \"text\": \"the cat \\u00e9 %d\", \"label\": %d}\n"
                    .formatted(i, i, i % 2);
          });
    }
    String header =
        extension.equals("csv")
            ? "id,text,label\n"
            : extension.equals("tsv") ? "id\ttext\tlabel\n" : "";
    return (header + text).getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"csv", "tsv", "jsonl"})
  void aDamagedFileIsReadAsItStandsOrRefusedByName(String extension) throws IOException {
    Random random = new Random(7);
    Path file = folder.resolve("data." + extension);
    byte[] whole = whole(extension);
    Files.write(file, whole);
    String hash = Tasks.load("custom", Optional.of(file)).sha256();
    for (int i = 0; i < MUTANTS; i++) {
      byte[] mutant = Mutants.of(whole, random);
      Files.write(file, mutant);
      String which = extension + " mutant " + i;
      Assertions.assertTimeout(
          Duration.ofSeconds(5),
          () -> {
            for (CustomFormat format : List.of(CustomFormat.USUAL, skipping())) {
              try {
                Dataset read = Tasks.load("custom", Optional.of(file), format);
                assertTrue(Arrays.equals(whole, mutant) == read.sha256().equals(hash), which);
                assertFalse(read.split("train").isEmpty(), which);
              } catch (IOException e) {
                assertTrue(e.getMessage().startsWith(file.toString()), which + e.getMessage());
                assertTrue(e.getMessage().length() < 8000, which + e.getMessage());
              }
            }
          },
          which);
    }
  }

  private static CustomFormat skipping() {
    return new CustomFormat(
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), true);
  }
}
