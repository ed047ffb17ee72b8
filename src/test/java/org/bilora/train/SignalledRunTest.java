package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs that are killed again and again, at whatever they are doing, end as if nothing had been. */
class SignalledRunTest {
  private static final int LINEAGES = 2;
  private static final int SIGNALS = 20;

  @TempDir Path folder;

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void twentySignalsChangeNothing() throws Exception {
    Optional<String> whole = SignalledRun.trainer(folder.resolve("whole")).train().trainedSha256();
    assertTrue(whole.isPresent());
    ExecutorService threads = Executors.newFixedThreadPool(LINEAGES);
    try {
      List<Callable<Integer>> lineages = new ArrayList<>();
      for (int i = 0; i < LINEAGES; i++) {
        Path directory = folder.resolve("run" + i);
        Random random = new Random(100 + i);
        lineages.add(() -> killed(directory, SIGNALS / LINEAGES, random));
      }
      int landed = 0;
      for (Future<Integer> signals : threads.invokeAll(lineages)) {
        landed += signals.get();
      }
      assertEquals(SIGNALS, landed);
    } finally {
      threads.shutdownNow();
    }
    for (int i = 0; i < LINEAGES; i++) {
      Path directory = folder.resolve("run" + i);
      Trainer trainer = SignalledRun.trainer(directory);
      RunRecord ended =
          Files.exists(directory.resolve("run.json")) ? trainer.resume() : trainer.train();
      assertEquals(RunRecord.Status.FINISHED, ended.status());
      assertEquals(whole, ended.trainedSha256());
    }
  }

  /** How many signals ended a process. */
  private static int killed(Path directory, int signals, Random random) throws Exception {
    int landed = 0;
    for (int i = 0; i < signals; i++) {
      Process process = start(directory);
      try (BufferedReader lines = process.inputReader()) {
        // Every fourth signal comes before the first step, the others between steps.
        if (i % 4 == 0) {
          process.waitFor(200 + random.nextInt(1500), TimeUnit.MILLISECONDS);
        } else {
          String line = lines.readLine();
          while (line != null && !line.equals("step")) {
            line = lines.readLine();
          }
          Thread.sleep(random.nextInt(20));
        }
        landed += process.isAlive() ? 1 : 0;
        if (random.nextBoolean()) {
          process.destroy();
        } else {
          process.destroyForcibly();
        }
        process.waitFor();
      }
    }
    return landed;
  }

  private static Process start(Path directory) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            java,
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            SignalledRun.class.getName(),
            directory.toString())
        .redirectErrorStream(true)
        .start();
  }
}
