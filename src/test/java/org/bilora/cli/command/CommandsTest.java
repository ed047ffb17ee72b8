package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bilora.export.ServedModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on a tiny model, from training to export. */
class CommandsTest {
  private static final Path MODEL = Path.of("src/test/resources/transformers/bert");
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  @TempDir private static Path folder;
  private static Path data;
  private static Path run;
  private static Call training;

  @BeforeAll
  static void train() throws IOException {
    data = folder.resolve("data.tsv");
    Files.write(data, TinyRun.lines());
    run = folder.resolve("run");
    training = train(run, "--max-steps", "6", "--json");
    assertEquals(0, training.exitCode(), training.err());
  }

  private static Call train(Path out, String... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--task",
                "custom",
                "--data",
                data,
                "--model",
                MODEL,
                "--out",
                out,
                "--method",
                "bilora",
                "--rank",
                "2",
                "--batch",
                "4",
                "--max-length",
                "24",
                "--jit",
                "off",
                "--hypergradient",
                "first-order"));
    arguments.addAll(List.of(more));
    return Call.of(arguments.toArray());
  }

  private static JsonNode json(Call call) throws IOException {
    assertEquals(0, call.exitCode(), call.err());
    JsonNode node = JSON.readTree(call.out());
    assertTrue(node.isObject(), call.out());
    return node;
  }

  @Test
  void trainPrintsTheRunRecordAsOneObjectAndProgressElsewhere() throws IOException {
    JsonNode record = json(training);
    assertEquals(JSON.readTree(run.resolve("run.json").toFile()).path("best"), record.path("best"));
    assertEquals(run.toString(), record.path("run").asText());
    assertEquals("finished", record.path("status").asText());
    assertEquals(record.path("frozen_sha256_before"), record.path("frozen_sha256_after"));
    assertTrue(training.err().contains("6 steps"), training.err());
  }

  @Test
  void trainForPeopleSaysHowItWentAndWhatIsNext() throws IOException {
    Call call = train(folder.resolve("people"), "--max-steps", "2", "--adapter-dropout", "0.5");
    assertEquals(0, call.exitCode(), call.err());
    assertTrue(call.out().contains("unchanged"), call.out());
    assertTrue(call.out().contains("bilora export --run"), call.out());
    assertTrue(
        call.err().contains("warning: --adapter-dropout has no effect with --method bilora"),
        call.err());
  }

  @Test
  void aFinishedRunIsNotTrainedAgain() throws IOException {
    String before = Files.readString(run.resolve("run.json"));
    Call call = train(run);
    assertEquals(1, call.exitCode());
    assertTrue(call.error().contains("already holds a run"), call.err());
    assertEquals(before, Files.readString(run.resolve("run.json")));
  }

  @Test
  void resumeTakesWhatIsNotGivenFromTheRun() throws IOException {
    Call call = Call.of("train", "--resume", "--out", run, "--data", data);
    assertEquals(0, call.exitCode(), call.err());
    assertTrue(call.err().contains("nothing to resume"), call.err());
  }

  @Test
  void evalMeasuresWhatTrainingMeasured() throws IOException {
    JsonNode evaluation = json(Call.of("eval", "--run", run, "--data", data, "--json"));
    JsonNode record = json(training);
    JsonNode best = record.path("best");
    assertEquals(
        best.path("value").asDouble(),
        evaluation.path("metrics").path(best.path("metric").asText()).asDouble(),
        1e-9);
    assertEquals("dev", evaluation.path("split").asText());
  }

  @Test
  void predictGivesALinePerLineAndTheSameForAText() throws IOException {
    Path in = folder.resolve("in.txt");
    Files.writeString(in, "the river runs\n\nwhy is the mill slow?\n");
    Path out = folder.resolve("out.tsv");
    JsonNode written = json(Call.of("predict", "--run", run, "--in", in, "--out", out, "--json"));
    assertEquals(3, written.path("lines").asInt());
    List<String> lines = Files.readAllLines(out);
    assertEquals(3, lines.size());
    for (String line : lines) {
      assertTrue(line.matches("(fact|opinion|question)\t[01]\\.\\d{6}"), line);
    }
    JsonNode one = json(Call.of("predict", "--run", run, "--text", "the river runs", "--json"));
    assertEquals(lines.get(0).split("\t")[0], one.path("label").asText());
    assertEquals(
        Double.parseDouble(lines.get(0).split("\t")[1]), one.path("probability").asDouble(), 1e-5);
    double sum = 0;
    for (JsonNode probability : one.path("probabilities")) {
      sum += probability.asDouble();
    }
    assertEquals(1, sum, 1e-6);
  }

  @Test
  void aSecondTextIsRefusedWhereTheTaskHasOne() throws IOException {
    Call text = Call.of("predict", "--run", run, "--text", "a", "--pair", "b");
    assertEquals(1, text.exitCode());
    assertTrue(text.error().contains("leave --pair out"), text.err());
    Path in = folder.resolve("pairs.txt");
    Files.writeString(in, "a\nb\tc\n");
    Path out = folder.resolve("pairs.out");
    Call file = Call.of("predict", "--run", run, "--in", in, "--out", out);
    assertEquals(1, file.exitCode());
    assertTrue(file.error().contains(in + ", line 2: 1 tab;"), file.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void theExportAnswersAsTheRunDoes() throws IOException {
    Path out = folder.resolve("served");
    JsonNode report = json(Call.of("export", "--run", run, "--out", out, "--json"));
    Path version = Path.of(report.path("saved_model").asText());
    assertEquals(out.resolve("1"), version);
    JsonNode one = json(Call.of("predict", "--run", run, "--text", "the mill", "--json"));
    try (ServedModel served = ServedModel.open(out)) {
      ServedModel.Answer answer = served.classify(List.of(ServedModel.Text.of("the mill"))).get(0);
      assertEquals(one.path("label").asText(), answer.label().orElseThrow());
      assertEquals(one.path("probability").asDouble(), answer.value(), 1e-5);
    }
  }

  @Test
  void anOnnxFileIsWrittenIntoANewFolder() throws IOException {
    Path out = folder.resolve("onnx");
    JsonNode report =
        json(Call.of("export", "--run", run, "--format", "onnx", "--out", out, "--json"));
    assertEquals(out.toString(), report.path("onnx").asText());
    assertTrue(report.path("largest_logit_difference").asDouble() < 1e-5, report.toString());
    assertTrue(Files.size(out.resolve("model.onnx")) > 0);
    Call again = Call.of("export", "--run", run, "--format", "onnx", "--out", out);
    assertEquals(1, again.exitCode());
    assertTrue(again.error().contains("exists already"), again.err());
    assertEquals(2, Call.of("export", "--run", run, "--format", "ONNX1").exitCode());
  }

  @Test
  void aTransformersDirectoryIsAModelLikeAnyOther() throws IOException {
    Path out = folder.resolve("huggingface");
    JsonNode report =
        json(Call.of("export", "--run", run, "--format", "huggingface", "--out", out, "--json"));
    assertEquals(out.toString(), report.path("huggingface").asText());
    assertEquals("BertForSequenceClassification", report.path("architecture").asText());
    assertTrue(report.path("largest_logit_difference").asDouble() < 1e-5, report.toString());
    JsonNode labels = JSON.readTree(out.resolve("config.json").toFile()).path("id2label");
    assertEquals("question", labels.path("2").asText());
  }

  @Test
  void featuresAreWrittenInTheShapeOfTheFixtures() throws IOException {
    Path in = folder.resolve("features.tsv");
    Files.writeString(in, "The river.\nA mill.\tIt runs \"slowly\".\n");
    Path out = folder.resolve("features.json");
    json(Call.of("features", "--model", MODEL, "--in", in, "--out", out, "--json"));
    JsonNode features = JSON.readTree(out.toFile());
    assertEquals(2, features.size());
    assertEquals(
        List.of("text", "input_ids", "cls", "mean"),
        ImmutableList.copyOf(features.get(0).fieldNames()));
    assertEquals(
        List.of("text", "pair", "input_ids", "cls", "mean"),
        ImmutableList.copyOf(features.get(1).fieldNames()));
    assertEquals("It runs \"slowly\".", features.get(1).path("pair").asText());
    assertEquals(16, features.get(1).path("cls").size());
    assertEquals(16, features.get(1).path("mean").size());
  }
}
