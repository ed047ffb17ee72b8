package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bilora.cli.Main;
import org.bilora.train.RunRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code train --cluster}: several processes on this machine. */
class ClusterCommandTest {
  private static final String MODEL = "src/test/resources/transformers/bert";
  private static final int STEPS = 60;

  @TempDir private Path folder;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void endProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  /** {@code ;} stands for the end of a line. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "workers: [a:1, b]             | workers[1]: 'b' is no host:port",
        "workers: [a:1, 'b:70000']     | workers[1]: port is 70000",
        "workers: [a:1, a:1]           | stands there twice",
        "workers: []                   | there are no workers",
        "hosts: [a:1]                  | it must have 'workers:'",
        "workers: [a:1];workers: [b:1] | line 2: Duplicate field",
        "workers: [                    | line ",
      })
  void aFileThatIsNoneIsRefusedInOneLine(String text, String message) throws IOException {
    Path file = Files.writeString(folder.resolve("cluster.yaml"), text.replace(';', '\n'));
    Call call = Call.of("train", "--cluster", file, "--task-index", 1);
    assertEquals(1, call.exitCode(), call.err());
    assertTrue(call.error().contains(message), call.err());
    assertTrue(call.error().contains("cluster.yaml"), call.err());
    assertEquals(1, call.errorLines(), call.err());
  }

  @Test
  void aWorkersNumberIsOneOfTheFiles() throws IOException {
    Path file = Files.writeString(folder.resolve("cluster.yaml"), "workers: [a:1, b:1]");
    Call call = Call.of("train", "--cluster", file, "--task-index", 2);
    assertEquals(1, call.exitCode(), call.err());
    assertTrue(call.error().contains("it must be from 0 to 1"), call.err());
    Call without = Call.of("train", "--task-index", 2);
    assertTrue(without.error().contains("needs --cluster FILE"), without.err());
  }

  @Test
  void aPortThatIsTakenIsNamed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      Path file =
          Files.writeString(
              folder.resolve("cluster.yaml"),
              "workers: ['localhost:1', 'localhost:%d']".formatted(taken.getLocalPort()));
      Call call = Call.of("train", "--cluster", file, "--task-index", 1);
      assertEquals(1, call.exitCode(), call.err());
      assertTrue(call.error().contains("port " + taken.getLocalPort()), call.err());
      assertTrue(call.error().contains("is taken"), call.err());
    }
  }

  /** Chief and two workers; one is killed, the other ends with the chief; one process goes on. */
  @Test
  void aRunWhoseWorkerDiedSaysSoAndGoesOnWithFewer() throws Exception {
    Path cluster = folder.resolve("cluster.yaml");
    Files.writeString(
        cluster,
        "workers: ['127.0.0.1:%d', '127.0.0.1:%d', '127.0.0.1:%d']"
            .formatted(freePort(), freePort(), freePort()));
    Path data = Files.write(folder.resolve("data.tsv"), TinyRun.lines());
    Path run = folder.resolve("run");
    Process first = start("worker1", "--cluster", cluster, "--task-index", 1);
    Process second = start("worker2", "--cluster", cluster, "--task-index", 2);
    List<Object> options = new ArrayList<>(List.of("--cluster", cluster, "--out", run));
    options.addAll(
        List.of("--task", "custom", "--data", data, "--model", MODEL, "--method", "lora"));
    options.addAll(List.of("--rank", 2, "--batch", 8, "--max-length", 24, "--max-steps", STEPS));
    options.addAll(List.of("--checkpoint-every", 5));
    Process chief = start("chief", options.toArray());
    while (!Files.exists(run.resolve("checkpoint.safetensors"))) {
      assertTrue(chief.isAlive(), () -> output("chief"));
      Thread.sleep(5);
    }
    second.destroyForcibly();
    assertTrue(chief.waitFor(60, TimeUnit.SECONDS), () -> output("chief"));
    assertEquals(1, chief.exitValue(), output("chief"));
    List<String> errors =
        output("chief").lines().filter(line -> line.startsWith("bilora: ")).toList();
    assertEquals(1, errors.size(), output("chief"));
    assertTrue(errors.get(0).contains("worker 2 (127.0.0.1:"), errors.get(0));
    assertTrue(errors.get(0).contains("does not answer"), errors.get(0));
    assertFalse(output("chief").contains("\tat "), output("chief"));
    assertTrue(first.waitFor(60, TimeUnit.SECONDS), () -> output("worker1"));
    assertEquals(0, first.exitValue(), output("worker1"));
    assertTrue(output("worker1").contains("the chief has ended"), output("worker1"));
    RunRecord broken = RunRecord.read(run);
    assertTrue(broken.steps() < STEPS, "the worker was killed too late to matter");
    Call resumed = Call.of("train", "--resume", "--out", run, "--data", data);
    assertEquals(0, resumed.exitCode(), resumed.err());
    RunRecord whole = RunRecord.read(run);
    assertEquals(RunRecord.Status.FINISHED, whole.status());
    assertEquals(STEPS, whole.steps());
    assertFalse(Files.readString(run.resolve("settings.yaml")).contains("cluster"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private Process start(String name, Object... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dlog4j2.configurationFile=org/bilora/cli/log4j2.xml",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "train"));
    for (Object option : options) {
      command.add(option.toString());
    }
    File out = folder.resolve(name + ".txt").toFile();
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out).start();
    processes.add(process);
    return process;
  }

  private String output(String name) {
    try {
      return Files.readString(folder.resolve(name + ".txt"));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
