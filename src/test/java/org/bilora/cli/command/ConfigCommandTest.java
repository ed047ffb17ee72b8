package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bilora.train.RunRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Options in a file, and runs that are only looked at. */
class ConfigCommandTest {
  private static final String MODEL = "src/test/resources/transformers/bert";

  @TempDir private Path folder;

  private Path data() throws IOException {
    return Files.writeString(
        folder.resolve("data.csv"),
        "text,a,b\n" + "the river,0,1\na mill,1,0\nwhy is it,1,1\n".repeat(8));
  }

  @Test
  void aRunIsRepeatedFromTheOptionsThatItWrote() throws IOException {
    Path first = folder.resolve("first");
    Call call =
        TinyRun.lora(
            data(),
            first,
            "--targets",
            "query,value",
            "--rank-pattern",
            "value=3",
            "--lora-plus",
            4,
            "--label-columns",
            "a,b",
            "--class-weights",
            "1,2.5");
    assertEquals(0, call.exitCode(), call.err());
    Path options = first.resolve("settings.yaml");
    String text = Files.readString(options);
    assertTrue(text.contains("\nrank-pattern: value=3\n"), text);
    assertTrue(text.contains("\nlabel-columns: a,b\n"), text);
    assertFalse(text.contains("\nout:"), text);

    Path second = folder.resolve("second");
    Call again = Call.of("train", "--config", options, "--out", second);
    assertEquals(0, again.exitCode(), again.err());
    RunRecord one = RunRecord.read(first);
    RunRecord other = RunRecord.read(second);
    assertEquals(one.settings(), other.settings());
    assertEquals(one.task(), other.task());
    assertEquals(one.trainedSha256(), other.trainedSha256());

    Call dry =
        Call.of(
            "train",
            "--config",
            options,
            "--seed",
            5,
            "--out",
            folder.resolve("no"),
            "--dry-run",
            "--json");
    assertEquals(0, dry.exitCode(), dry.err());
    JsonNode plan = new ObjectMapper().readTree(dry.out());
    assertEquals(one.trainedParameters(), plan.get("trained_parameters").asInt());
    assertEquals(2, plan.get("steps").asInt());
    assertTrue(plan.get("seconds").asDouble() > 0);
    assertFalse(Files.exists(folder.resolve("no")));
  }

  @Test
  void filesOfOptionsMayHoldListsAndWrongOnesAreRefused() throws IOException {
    Path file = folder.resolve("run.yaml");
    Files.writeString(
        file,
        "task: custom\ndata: %s\nmodel: %s\nmethod: head\ntargets: [query, value]\nlabel-columns: [a, b]\nmax-steps: 1\nmax-length: 24\njit: off\nbatch: 4\n"
            .formatted(data(), MODEL));
    Call call = Call.of("train", "--config", file, "--out", folder.resolve("run"));
    assertEquals(0, call.exitCode(), call.err());
    assertEquals(
        List.of("query", "value"),
        RunRecord.read(folder.resolve("run")).settings().adapter().targets());

    Files.writeString(file, "rnak: 8\n");
    Call wrong = Call.of("train", "--config", file, "--out", folder.resolve("other"));
    assertTrue(wrong.error().contains("there is no option 'rnak' for a file"), wrong.err());
    Files.writeString(file, "- rank\n");
    Call list = Call.of("train", "--config", file, "--out", folder.resolve("other"));
    assertTrue(list.error().contains("it must have an option per line"), list.err());
    Call both = Call.of("train", "--resume", "--dry-run", "--out", folder.resolve("run"));
    assertTrue(both.err().contains("leave --dry-run out"), both.err());
  }

  @Test
  void anOptionThatAFileHasTwiceIsRefusedByNameAndLine() throws IOException {
    Path file = folder.resolve("run.yaml");
    Files.writeString(file, "task: custom\nrank: 8\nalpha: 16\nrank: 4\n");
    Call option = Call.of("train", "--config", file, "--out", folder.resolve("run"));
    assertEquals(
        "bilora: %s, line 4: Duplicate field 'rank'".formatted(file), option.error(), option.err());
    Files.writeString(file, "rank-pattern: {value: 8, query: 4, value: 2}\n");
    Call pattern = Call.of("train", "--config", file, "--out", folder.resolve("run"));
    assertTrue(pattern.error().contains("line 1: Duplicate field 'value'"), pattern.err());
    Files.writeString(file, "rank: 8\n---\nrank: 4\n");
    Call documents = Call.of("train", "--config", file, "--out", folder.resolve("run"));
    assertTrue(documents.error().contains("run.yaml, line "), documents.err());
  }
}
