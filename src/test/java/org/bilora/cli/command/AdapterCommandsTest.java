package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.bilora.cli.option.AdapterDirectory;
import org.bilora.cli.option.PruneOption;
import org.bilora.data.CustomFormat;
import org.bilora.data.Example;
import org.bilora.data.Task;
import org.bilora.data.Tasks;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.train.Pruning;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedRun;
import org.bilora.train.TrainedValues;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands do with an adapter beside its base, through the command line. */
class AdapterCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

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

  private static Path train(String name, Object... options) {
    Path run = folder.resolve(name);
    Call trained = TinyRun.lora(data, run, options);
    assertEquals(0, trained.exitCode(), trained.err());
    return run;
  }

  private static Path exported(Path run, String name, Object... options) {
    Path out = folder.resolve(name);
    List<Object> arguments =
        new ArrayList<>(List.of("export", "--run", run, "--format", "peft", "--out", out));
    arguments.addAll(List.of(options));
    Call call = Call.of(arguments.toArray());
    assertEquals(0, call.exitCode(), call.err());
    return out;
  }

  private static Call withAdapter(String command, Path directory, Object... options) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(command, "--model", TinyRun.MODEL, "--adapter", directory, "--json"));
    arguments.addAll(List.of(options));
    return Call.of(arguments.toArray());
  }

  private static final List<Example> TEXTS =
      List.of("Why is the mill slow?", "the the river runs", "past old").stream()
          .map(text -> new Example(text, Optional.empty(), OptionalDouble.empty()))
          .toList();

  private static float[][] logits(Path directory) throws IOException {
    try (PretrainedEncoder base = PretrainedEncoders.load(TinyRun.MODEL)) {
      AdapterDirectory read = AdapterDirectory.read(directory, base, news -> {});
      Task task = Tasks.ofUser(false, read.start().labels(), CustomFormat.USUAL);
      return TrainedRun.of(base, read.start(), task).logits(TEXTS);
    }
  }

  private static void assertSame(float[][] expected, float[][] found) {
    for (int row = 0; row < expected.length; row++) {
      assertArrayEquals(expected[row], found[row], 1e-5f);
    }
  }

  @Test
  void anAdapterBesideItsBaseAnswersAsItsRun() throws IOException {
    Path run = folder.resolve("lora");
    String text = TinyRun.lines().get(1).split("\t")[0];
    Call ofRun = Call.of("predict", "--run", run, "--text", text, "--json");
    Call ofAdapter = withAdapter("predict", adapter, "--text", text);
    assertEquals(0, ofAdapter.exitCode(), ofAdapter.err());
    assertEquals(JSON.readTree(ofRun.out()), JSON.readTree(ofAdapter.out()));
    Path other = Files.write(folder.resolve("other.tsv"), TinyRun.lines().subList(0, 31));
    Call evaluated = Call.of("eval", "--run", run, "--data", other, "--json");
    Call beside = withAdapter("eval", adapter, "--data", other);
    assertEquals(0, beside.exitCode(), beside.err());
    assertEquals(
        JSON.readTree(evaluated.out()).path("metrics"),
        JSON.readTree(beside.out()).path("metrics"));
    assertEquals(30, JSON.readTree(beside.out()).path("examples").asInt());
  }

  @Test
  void whatIsReadIsWrittenAgainBitForBitAndInEveryOtherForm() throws IOException {
    Path again = folder.resolve("again");
    Call copied = withAdapter("export", adapter, "--format", "peft", "--out", again);
    assertEquals(0, copied.exitCode(), copied.err());
    for (String file : List.of("adapter_model.safetensors", "adapter_config.json", "labels.json")) {
      assertEquals(-1, Files.mismatch(adapter.resolve(file), again.resolve(file)), file);
    }
    for (String format : List.of("huggingface", "onnx", "savedmodel")) {
      Path out = folder.resolve(format);
      Call other = withAdapter("export", adapter, "--format", format, "--out", out);
      assertEquals(0, other.exitCode(), other.err());
      assertTrue(JSON.readTree(other.out()).path("compared_texts").asInt() >= 0);
    }
  }

  @Test
  void halfAHeadAndOptionsThatDoNotGoTogetherAreRefused() throws IOException {
    Path headless = Files.createDirectory(folder.resolve("headless"));
    Files.copy(adapter.resolve("adapter_config.json"), headless.resolve("adapter_config.json"));
    Map<String, HostTensor> tensors =
        new TreeMap<>(Safetensors.read(adapter.resolve("adapter_model.safetensors")).tensors());
    tensors.keySet().removeIf(name -> name.contains("classifier"));
    Safetensors.write(headless.resolve("adapter_model.safetensors"), tensors, Map.of());
    Call answered = withAdapter("predict", headless, "--text", "the mill");
    assertEquals(0, answered.exitCode(), answered.err());
    assertTrue(answered.err().contains("the adapter has no head: the one of"), answered.err());
    tensors.put("base_model.model.classifier.weight", HostTensor.of(new float[3 * 16], 3, 16));
    Safetensors.write(headless.resolve("adapter_model.safetensors"), tensors, Map.of());
    Call half = withAdapter("predict", headless, "--text", "the mill");
    assertTrue(half.err().contains("looked for base_model.model.classifier.bias;"), half.err());
    assertTrue(
        Call.of("predict", "--adapter", adapter, "--text", "a")
            .err()
            .contains("its base, --model"));
    assertTrue(
        Call.of("eval", "--adapter", adapter, "--run", adapter)
            .err()
            .contains("Give either --run"));
    Call wide = withAdapter("eval", adapter, "--task", "sst2", "--data", data);
    assertTrue(wide.error().contains("does not fit task sst2"), wide.err());
  }

  @Test
  void layersOfOtherRanksHavePatternsAndReadBackAsTheyWere() throws IOException {
    for (List<Object> options :
        List.<List<Object>>of(
            List.of("--rank-pattern", "value=3", "--alpha-pattern", "query=5"),
            List.of("--lora-start", "pissa"))) {
      String name = options.get(1).toString().replace("=", "");
      Path run = train(name, options.toArray());
      Path out = exported(run, name + "-peft");
      JsonNode config = JSON.readTree(out.resolve("adapter_config.json").toFile());
      assertEquals(options.size() == 4, config.has("rank_pattern"), config.toString());
      if (options.size() == 2) {
        assertEquals(4, config.path("r").asInt());
      }
      try (TrainedRun trained = TrainedRun.open(run)) {
        assertSame(trained.logits(TEXTS), logits(out));
      }
    }
  }

  @Test
  void aPrunedAdapterKeepsRanksOfItsOwnAndComputesWhatIsLeft() throws IOException {
    for (String method : List.of("joint", "adalora")) {
      Path run = folder.resolve(method);
      List<Object> arguments =
          new ArrayList<>(
              List.of("train", "--task", "custom", "--data", data, "--model", TinyRun.MODEL));
      arguments.addAll(List.of("--method", method, "--rank", 4, "--lr", 0.05, "--batch", 8));
      arguments.addAll(List.of("--max-length", 24, "--jit", "off", "--max-steps", 6, "--out", run));
      Call trainedRun = Call.of(arguments.toArray());
      assertEquals(0, trainedRun.exitCode(), trainedRun.err());
      for (String prune : List.of("0.6", "2")) {
        Path report = folder.resolve("report-" + method + prune);
        Path out =
            exported(run, method + prune, "--prune", prune, "--report", report, "--data", data);
        JsonNode table =
            JSON.readTree(report.resolve("report.json").toFile()).path("pruning").path("rows");
        JsonNode last = table.get(table.size() - 1);
        assertEquals(prune, last.path("pruned by").asText());
        assertTrue(last.path("share").asDouble() < 1, table.toString());
        assertTrue(Files.size(report.resolve("pruning.png")) > 1000);
        assertTrue(
            Files.readString(report.resolve("report.md")).contains("## Ranks of the layers"));
        try (TrainedRun trained = TrainedRun.open(run)) {
          TrainedValues values = trained.values();
          Pruning pruning = PruneOption.pruning(values, prune);
          float[][] unpruned = trained.logits(TEXTS);
          trained.replaceTrained(pruning.applied(values));
          float[][] pruned = trained.logits(TEXTS);
          assertSame(pruned, logits(out));
          assertTrue(Math.abs(pruned[0][0] - unpruned[0][0]) > 1e-6);
          if (prune.equals("2")) {
            assertTrue(pruning.ranks().values().stream().mapToInt(rank -> rank).sum() <= 8);
          }
        }
      }
    }
    Call lora =
        Call.of("export", "--run", folder.resolve("lora"), "--format", "peft", "--prune", "0.1");
    assertTrue(lora.error().contains("method lora has no pseudo singular values"), lora.err());
  }
}
