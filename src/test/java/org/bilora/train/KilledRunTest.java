package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.bilora.step.NetworkFineTuning;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledRunTest {
  @TempDir Path folder;

  /** Two processes, each of which builds the exact bi-level step for itself. */
  @Test
  @Tag("slow")
  void aRunWhoseProcessDiedGoesOnInAnotherOneBitForBit() throws Exception {
    TrainingSettings settings = TinyRuns.settings(TinyRuns.BILORA);
    RunRecord whole = TinyRuns.trainer(folder.resolve("whole"), settings).train();
    Path directory = folder.resolve("killed");
    assertEquals(137, trainUntilKilled(directory, 7));
    assertEquals(RunRecord.Status.RUNNING, new RunDirectory(directory).readRecord().status());
    RunRecord resumed = TinyRuns.trainer(directory, settings).resume();
    assertEquals(whole.trainedSha256(), resumed.trainedSha256());
    assertEquals(
        NetworkFineTuning.sha256(state(folder.resolve("whole"))),
        NetworkFineTuning.sha256(state(directory)));
  }

  private static Map<String, HostTensor> state(Path directory) throws IOException {
    return Checkpoint.read(new RunDirectory(directory).checkpoint()).state();
  }

  private static int trainUntilKilled(Path directory, int step) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            java,
            "-cp",
            System.getProperty("java.class.path"),
            KilledRun.class.getName(),
            directory.toString(),
            Integer.toString(step))
        .redirectErrorStream(true)
        .redirectOutput(directory.resolveSibling("output.txt").toFile())
        .start()
        .waitFor();
  }
}
