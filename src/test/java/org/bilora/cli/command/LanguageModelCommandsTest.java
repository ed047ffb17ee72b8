package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.Lists;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny GPT-2 on files of E2E, from training to evaluation, and what is refused. */
class LanguageModelCommandsTest {
  private static final Path MODELS = Path.of("src/test/resources/transformers");

  @TempDir private Path folder;
  private Path data;
  private Path run;

  @BeforeEach
  void write() throws IOException {
    data = MillFiles.write(folder);
    run = folder.resolve("run");
  }

  private Call train(String task, Object model, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("train", "--task", task, "--model", model, "--out", run, "--jit", "off"));
    arguments.addAll(List.of(more));
    return Call.of(arguments.toArray());
  }

  private static JsonNode json(Call call) throws IOException {
    assertEquals(0, call.exitCode(), call.err());
    return new ObjectMapper().readTree(call.out());
  }

  @Test
  void trainedResumedAndEvaluated() throws IOException {
    JsonNode record =
        json(
            train(
                "e2e",
                MODELS.resolve("gpt2"),
                "--data",
                data,
                "--method",
                "lora",
                "--epochs",
                "2",
                "--batch-tokens",
                "64",
                "--json"));
    assertEquals("finished", record.path("status").asText());
    assertEquals("e2e", record.path("task").path("name").asText());
    JsonNode settings = record.path("settings");
    assertEquals(64, settings.path("batch_tokens").asInt());
    assertEquals(0.1, settings.path("label_smoothing").asDouble());
    assertEquals(4, settings.path("adapter").path("rank").asInt());
    assertEquals(2e-4, settings.path("optimizer").path("learning_rate").asDouble());
    assertTrue(record.path("model").path("pooling").isNull());
    assertEquals("perplexity", record.path("best").path("metric").asText());

    JsonNode evaluation = json(Call.of("eval", "--run", run, "--data", data, "--json"));
    assertEquals(
        record.path("best").path("value").asDouble(),
        evaluation.path("metrics").path("perplexity").asDouble());
    Call again = Call.of("train", "--resume", "--out", run, "--data", data);
    assertEquals(0, again.exitCode(), again.err());
    assertTrue(again.err().contains("nothing to resume"), again.err());
    assertFails("trained a language model", Call.of("predict", "--run", run, "--text", "a"));

    Path served = folder.resolve("served");
    JsonNode export =
        json(Call.of("export", "--run", run, "--out", served, "--max-new-tokens", 4, "--json"));
    assertEquals("serving_default", export.path("signatures").path(0).asText());
    assertEquals(4, export.path("compared_prompts").asInt());
    assertFails("is a language model", Call.of("serve", "--export", served, "--port", 0));
    assertFails(
        "trained a language model",
        Call.of("export", "--adapters", run, "--out", folder.resolve("adapters")));
  }

  @Test
  void aPrunedExportThatCannotBeWrittenIsRefusedBeforeAnythingIsMeasured() throws IOException {
    Object[] options = {"--data", data, "--method", "joint", "--max-steps", 1};
    Call trained = train("e2e", MODELS.resolve("gpt2"), options);
    assertEquals(0, trained.exitCode(), trained.err());
    Path taken = Files.createDirectories(folder.resolve("taken/already")).getParent();
    Path report = folder.resolve("report");
    Call refused = pruned(taken, report);
    assertEquals(1, refused.exitCode(), refused.err());
    assertTrue(refused.error().contains(taken.toString()), refused.err());
    assertTrue(Files.notExists(report));
    Call exported = pruned(folder.resolve("free"), report);
    assertEquals(0, exported.exitCode(), exported.err());
    assertTrue(Files.readString(report.resolve("report.json")).contains("perplexity"));
  }

  @Test
  void anAdapterBesideItsBaseWritesTheTextsOfTheRunThatItCameFrom() throws IOException {
    Path base = MODELS.resolve("gpt2");
    Call trained =
        train("e2e", base, "--data", data, "--method", "joint", "--max-steps", 20, "--lr", 0.1);
    assertEquals(0, trained.exitCode(), trained.err());
    Path adapter = folder.resolve("adapter");
    json(Call.of("export", "--run", run, "--format", "peft", "--out", adapter, "--json"));
    Object[] text = {"--task", "e2e", "--text", "name[Mill]", "--max-new-tokens", 8, "--json"};
    double ofRun = score("--run", run, text);
    assertEquals(
        ofRun, score("--model", base, Lists.asList("--adapter", adapter, text).toArray()), 1e-5);
    assertTrue(Math.abs(ofRun - score("--model", base, text)) > 1e-3);
    assertFails(
        "adapter_config.json is missing",
        Call.of("generate", "--model", base, "--adapter", data, "--text", "a"));
    Call alone = Call.of("generate", "--run", run, "--adapter", adapter, "--text", "a");
    assertEquals(2, alone.exitCode(), alone.err());
    assertTrue(alone.err().contains("--adapter needs its base"), alone.err());
  }

  private static double score(String source, Path directory, Object... more) throws IOException {
    List<Object> arguments = new ArrayList<>(List.of("generate", source, directory));
    arguments.addAll(List.of(more));
    return json(Call.of(arguments.toArray())).path("log_probability").asDouble();
  }

  private Call pruned(Path out, Path report) {
    List<Object> arguments = new ArrayList<>(List.of("export", "--run", run, "--out", out));
    arguments.addAll(List.of("--format", "huggingface", "--prune", 0.5));
    arguments.addAll(List.of("--report", report, "--data", data));
    return Call.of(arguments.toArray());
  }

  @Test
  void bilevelTrainingSaysWhatD2IsAndWhatHasNoEffect() throws IOException {
    Call call =
        train(
            "e2e",
            MODELS.resolve("gpt2"),
            "--data",
            data,
            "--method",
            "first-order",
            "--max-steps",
            "2",
            "--split",
            "0.5",
            "--batch",
            "4");
    assertEquals(0, call.exitCode(), call.err());
    assertTrue(call.err().contains("warning: D2 is the dev split"), call.err());
    assertTrue(call.err().contains("warning: --split has no effect"), call.err());
    assertTrue(call.err().contains("warning: --batch has no effect"), call.err());
    assertTrue(call.err().contains("D1 12, D2 5"), call.err());
    assertTrue(call.out().contains("perplexity"), call.out());
  }

  @Test
  void stepsAreTimed() throws IOException {
    JsonNode timing =
        json(
            Call.of(
                "bench",
                "step",
                "--model",
                MODELS.resolve("gpt2"),
                "--method",
                "lora",
                "--batch",
                "2",
                "--seq",
                "8",
                "--rank",
                "2",
                "--steps",
                "1",
                "--json"));
    assertEquals("lora", timing.path("method").asText());
    assertTrue(timing.path("share_of_gemm_peak").asDouble() > 0);
  }

  private static void assertFails(String part, Call call) {
    assertEquals(1, call.exitCode(), call.err());
    assertEquals(1, call.errorLines(), call.err());
    assertTrue(call.error().contains(part), call.err());
    assertFalse(call.hasStackTrace(), call.err());
    assertEquals("", call.out());
  }

  private void assertRefused(String part, Call call) {
    assertFails(part, call);
    assertFalse(Files.exists(run));
  }

  @Test
  void whatDoesNotFitIsRefusedInOneLine() throws IOException {
    Path gpt2 = MODELS.resolve("gpt2");
    assertRefused(
        "is an encoder, which writes no texts", train("e2e", "minilm-l6", "--data", data));
    assertRefused(
        "model_type is bert; supported: gpt2",
        train("e2e", MODELS.resolve("bert"), "--data", data));
    assertRefused("data is missing", train("e2e", gpt2));
    assertRefused(
        "a language model has no head", train("e2e", gpt2, "--data", data, "--method", "head"));
    assertRefused(
        "batchTokens is 9, but there are texts that take",
        train("e2e", gpt2, "--data", data, "--batch-tokens", "9"));
    Path texts = Files.write(folder.resolve("data.tsv"), TinyRun.lines());
    assertRefused(
        "model_type is gpt2; supported: bert, roberta", train("custom", gpt2, "--data", texts));
    Files.write(data.resolve("devset.csv"), List.of("mr,ref", ",A mill."));
    assertRefused(
        "line 2: the meaning representation is empty", train("e2e", gpt2, "--data", data));
  }
}
