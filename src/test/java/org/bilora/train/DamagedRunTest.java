package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Mutants;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A damaged file of a run is refused by name, or nothing that it says has changed. */
class DamagedRunTest {
  private static final int MUTANTS = 150;

  @TempDir static Path folder;
  private static RunDirectory run;

  @BeforeAll
  static void train() throws IOException {
    Path directory = folder.resolve("run");
    TinyRuns.trainer(directory, TinyRuns.settings(TinyRuns.LORA)).train();
    run = new RunDirectory(directory);
  }

  private static void damage(Path file, long seed, Executable reading) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(seed);
    int refused = 0;
    try {
      for (int i = 0; i < MUTANTS; i++) {
        String which = file.getFileName() + " mutant " + i;
        Files.write(file, Mutants.of(whole, random));
        try {
          Assertions.assertTimeout(Duration.ofSeconds(10), reading, which);
        } catch (AssertionError e) {
          throw new AssertionError(which, e);
        } catch (Throwable e) {
          assertTrue(e instanceof IOException, which + ": " + e);
          assertTrue(e.getMessage().contains(file.toString()), which + ": " + e.getMessage());
          assertTrue(e.getMessage().length() < 2000, which + ": " + e.getMessage());
          refused++;
        }
      }
    } finally {
      Files.write(file, whole);
    }
    assertTrue(refused > MUTANTS / 2, refused + " refused");
  }

  private static void assertSame(Map<String, HostTensor> expected, Map<String, HostTensor> found) {
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach(
        (name, tensor) -> {
          assertArrayEquals(tensor.shape(), found.get(name).shape(), name);
          assertArrayEquals(tensor.values(), found.get(name).values(), name);
        });
  }

  @Test
  void aDamagedRecordIsRefused() throws IOException {
    RunRecord record = run.readRecord();
    damage(
        run.record(),
        1,
        () -> {
          RunRecord read = run.readRecord();
          // Only where the model is may be told anew.
          RunRecord.Model model = read.model();
          assertEquals(
              record.toString(),
              read.toString().replace("name=" + model.name(), "name=" + record.model().name()));
        });
  }

  @Test
  void damagedValuesAreRefused() throws IOException {
    RunRecord record = run.readRecord();
    Map<String, HostTensor> trained = run.readTrained(record);
    damage(run.trained(), 2, () -> assertSame(trained, run.readTrained(record)));
  }

  @Test
  void aDamagedCheckpointIsRefused() throws IOException {
    Checkpoint checkpoint = Checkpoint.read(run.checkpoint());
    damage(
        run.checkpoint(),
        3,
        () -> {
          Checkpoint read = Checkpoint.read(run.checkpoint());
          assertSame(checkpoint.state(), read.state());
          assertSame(checkpoint.best(), read.best());
          assertEquals(checkpoint.position(), read.position());
        });
  }
}
