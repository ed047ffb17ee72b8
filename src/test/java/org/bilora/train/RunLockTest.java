package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLockTest {
  @TempDir Path folder;

  @Test
  void anotherProcessIsKeptOutUntilTheHolderEnds() throws Exception {
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertEquals('!', holder.getInputStream().read());
      assertEquals(
          folder
              + " is being written by another training; wait for its end, or choose another"
              + " directory",
          assertThrows(IOException.class, () -> RunLock.take(folder)).getMessage());
    } finally {
      holder.destroyForcibly().waitFor();
    }
    RunLock.take(folder).close();
  }

  /** Takes the lock of a directory, says so and waits to be killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws Exception {
      RunLock lock = RunLock.take(Path.of(arguments[0]));
      System.out.print('!');
      System.out.flush();
      Thread.sleep(60_000);
      lock.close();
    }
  }

  @Test
  void aRunThatIsGoingOnIsNeitherStartedNorResumedAgain() throws IOException {
    Path directory = folder.resolve("run");
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    List<String> refusals = new ArrayList<>();
    TrainingListener intruder =
        new TrainingListener() {
          @Override
          public void stepFinished(Progress progress) {
            if (progress.step() == 1) {
              IOException refusal =
                  assertThrows(
                      IOException.class, () -> TinyRuns.trainer(directory, settings).resume());
              refusals.add(refusal.getMessage());
            }
          }
        };
    RunRecord undisturbed = TinyRuns.trainer(folder.resolve("alone"), settings).train();
    RunRecord run = TinyRuns.trainer(directory, settings, intruder).train();
    assertEquals(
        List.of(
            directory
                + " is being written by another training; wait for its end, or choose another"
                + " directory"),
        refusals);
    assertEquals(undisturbed.trainedSha256(), run.trainedSha256());
    assertTrue(
        assertThrows(IOException.class, () -> TinyRuns.trainer(directory, settings).train())
            .getMessage()
            .contains("already holds a run"));
  }

  @Test
  void aFinishedRunIsNotLocked() throws IOException {
    Path directory = folder.resolve("run");
    TrainingSettings settings =
        TinyRuns.settings(TinyRuns.LORA, TinyRuns.settings(TinyRuns.LORA).optimizer(), 1);
    RunRecord run = TinyRuns.trainer(directory, settings).train();
    Files.delete(directory.resolve(RunLock.FILE));
    assertEquals(run, TinyRuns.trainer(directory, settings).resume());
    assertFalse(Files.exists(directory.resolve(RunLock.FILE)));
  }
}
