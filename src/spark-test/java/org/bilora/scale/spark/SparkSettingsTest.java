package org.bilora.scale.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What executors are started with, and what is said of those that cannot do the work. */
class SparkSettingsTest {
  private static SparkConf conf(String master, OptionalInt cores, Map<String, String> properties) {
    return new SparkSettings(Optional.of(master), cores, properties)
        .conf(new SparkConf(false), "test", SparkSettings.TaskShare.EXECUTOR);
  }

  @Test
  void aCellTakesAWholeExecutorAndTensorFlowItsCoresAlone() {
    SparkConf conf = conf("local-cluster[2,3,1500]", OptionalInt.empty(), Map.of());
    assertEquals("3", conf.get("spark.task.cpus"));
    assertEquals("1500m", conf.get("spark.executor.memory"));
    assertEquals("3", conf.get("spark.executorEnv.TF_NUM_INTRAOP_THREADS"));
    assertTrue(conf.get("spark.executor.extraJavaOptions").contains("ActiveProcessorCount=3"));
    for (String entry : conf.get("spark.executor.extraClassPath").split(":")) {
      assertTrue(Path.of(entry).isAbsolute(), entry);
    }
  }

  @Test
  void whatTheUserSaysOfSparkWins() {
    SparkConf conf =
        conf(
            "spark://host:7077",
            OptionalInt.of(4),
            Map.of(
                "spark.task.cpus", "2",
                "spark.executor.memory", "5g",
                "spark.executor.extraJavaOptions", "-Dmine=1"));
    assertEquals("2", conf.get("spark.task.cpus"));
    assertEquals("5g", conf.get("spark.executor.memory"));
    assertEquals("4", conf.get("spark.executor.cores"));
    assertTrue(conf.get("spark.executor.extraJavaOptions").endsWith("-Dmine=1"));
  }

  @Test
  void aClusterWhoseExecutorsHaveNobodyKnowsHowManyCoresIsRefused() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> conf("spark://host:7077", OptionalInt.empty(), Map.of()));
    assertTrue(refused.getMessage().contains("--executor-cores N"), refused.getMessage());
  }

  @Test
  void oneProcessNeedsNoClassPath() {
    SparkConf conf = conf("local[2]", OptionalInt.empty(), Map.of());
    assertFalse(conf.contains("spark.executor.extraClassPath"));
    assertEquals("2", conf.get("spark.task.cpus"));
  }

  @Test
  void aHostThatLacksAFileIsRefusedWithItsNameAndThePath(@TempDir Path folder) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Path study = Files.createDirectory(folder.resolve("study"));
    try (SharedPaths paths = SharedPaths.of(List.of(model), study)) {
      paths.requireHere();
      Files.delete(model);
      String refused = assertThrows(IOException.class, paths::requireHere).getMessage();
      assertTrue(refused.contains("host " + SharedPaths.host() + " has no " + model), refused);
      Files.createDirectory(model);
      // A folder of the same name on another host's own disk does not have the driver's mark.
      Files.move(study, folder.resolve("moved"));
      Files.createDirectory(study);
      refused = assertThrows(IOException.class, paths::requireHere).getMessage();
      assertTrue(refused.contains("does not see the folder " + study), refused);
    }
    assertTrue(Files.exists(folder.resolve("moved")));
  }

  @Test
  void aFailedJobIsToldByItsLastAttemptInOneLine() {
    String message =
        "Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure:"
            + " Lost task 0.3 in stage 3.0 (TID 7) (10.0.0.6 executor 2): %s\n\tat x.Y\nDriver"
            + " stacktrace:";
    RuntimeException full =
        new IllegalStateException(
            message.formatted("java.io.IOException: runs/x: no space left on device"));
    assertEquals(
        "executor 2 on 10.0.0.6: runs/x: no space left on device",
        SparkFailure.explained(full).getMessage());
    RuntimeException wrapped =
        new IllegalStateException(
            message.formatted(
                "org.apache.spark.SparkException: Task failed while writing rows\n\tat x.Y\n"
                    + "Caused by: java.io.UncheckedIOException: java.io.IOException: a.csv, line 1: no"));
    assertEquals(
        "executor 2 on 10.0.0.6: a.csv, line 1: no", SparkFailure.explained(wrapped).getMessage());
    RuntimeException classes =
        new IllegalStateException(
            message.formatted("java.lang.ClassNotFoundException: org.bilora.scale.spark.CellTask"));
    assertTrue(SparkFailure.ofClassPath(classes));
    assertTrue(
        SparkFailure.explained(classes).getMessage().contains("spark.executor.extraClassPath"));
    assertFalse(SparkFailure.ofClassPath(full));
  }
}
