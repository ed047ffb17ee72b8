package org.bilora.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills the process of a study at random moments and compares with an undisturbed one. */
class KilledStudyTest {
  @TempDir Path folder;

  @Test
  @Tag("slow")
  void aStudyKilledTenTimesEndsWithTheResultsOfAnUndisturbedOne() throws Exception {
    Path whole = folder.resolve("whole");
    long begun = System.nanoTime();
    assertEquals(0, run(whole, Long.MAX_VALUE));
    long undisturbed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    Path killed = folder.resolve("killed");
    Random random = new Random(5);
    // Ten lives of a tenth of the time on average, starts included, do not reach the end.
    for (int kill = 1; kill <= 10; kill++) {
      long life = (long) (undisturbed * (0.04 + 0.12 * random.nextDouble()));
      assertNotEquals(0, run(killed, life), "it had ended before kill " + kill);
    }
    assertEquals(0, run(killed, Long.MAX_VALUE));
    StudyRunnerTest.assertSameNumbers(results(whole), results(killed));
  }

  private static Map<Cell, CellResult> results(Path directory) throws IOException {
    Map<Cell, CellResult> results =
        new ResultStore(directory, warning -> {}).read(Cell.of(KilledStudy.study()));
    assertEquals(12, results.size());
    return results;
  }

  /** Exit code; the process is killed, without a chance to clean up, after so many milliseconds. */
  private static int run(Path directory, long milliseconds) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                KilledStudy.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolveSibling("output.txt").toFile())
            .start();
    if (!process.waitFor(milliseconds, TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
    }
    return process.waitFor();
  }
}
