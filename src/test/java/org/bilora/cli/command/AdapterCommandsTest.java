package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bilora.train.RunRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands do with an adapter beside its base, through the command line. */
class AdapterCommandsTest {
  @TempDir static Path folder;

  private static Path data;
  private static Path adapter;

  @BeforeAll
  static void anAdapterIsTrainedAndExported() throws IOException {
    data = Files.write(folder.resolve("data.tsv"), TinyRun.lines());
    Path run = folder.resolve("lora");
    assertEquals(0, TinyRun.lora(data, run, "--lr", 0.05).exitCode());
    adapter = folder.resolve("peft");
    Call exported = Call.of("export", "--run", run, "--format", "peft", "--out", adapter);
    assertEquals(0, exported.exitCode(), exported.err());
  }

  @Test
  void aRunStartsFromAnAdapterAndRemembersIt() throws IOException {
    Path run = folder.resolve("started");
    List<Object> arguments =
        new ArrayList<>(
            List.of("train", "--task", "custom", "--data", data, "--model", TinyRun.MODEL));
    arguments.addAll(List.of("--adapter", adapter, "--method", "joint", "--alpha", 4));
    arguments.addAll(List.of("--batch", 8, "--max-length", 24, "--jit", "off", "--max-steps", 1));
    arguments.addAll(List.of("--out", run));
    Call started = Call.of(arguments.toArray());
    assertEquals(0, started.exitCode(), started.err());
    assertTrue(
        started
            .err()
            .contains(
                "the adapter %s has rank 2 in place of 8; alpha 16, trained with 4 as given"
                    .formatted(adapter)),
        started.err());
    RunRecord record = RunRecord.read(run);
    assertEquals(2, record.settings().adapter().rank());
    assertEquals(4, record.settings().adapter().alpha());
    assertEquals(64, record.model().adapter().orElseThrow().sha256().length());
    String settings = Files.readString(run.resolve("settings.yaml"));
    assertTrue(settings.contains("adapter: ") && settings.contains("rank: 2"), settings);
    Call resumed = Call.of("train", "--resume", "--data", data, "--out", run);
    assertEquals(0, resumed.exitCode(), resumed.err());
  }
}
