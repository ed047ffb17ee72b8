package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.bilora.export.ServedModel;
import org.bilora.export.ServedOutputs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every type of task from a table to predictions, a report and an export. */
class TaskTypesCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private Call trained;

  private Call call(Object... arguments) {
    Call call = Call.of(arguments);
    assertEquals(0, call.exitCode(), call.err());
    return call;
  }

  private Path train(String name, String content, Object... options) throws IOException {
    Path data = Files.writeString(folder.resolve(name), content);
    Path run = folder.resolve("run");
    trained = TinyRun.lora(data, run, options);
    assertEquals(0, trained.exitCode(), trained.err());
    return run;
  }

  @Test
  void severalLabelsFromATableToAServer() throws IOException {
    Path run =
        train(
            "data.csv",
            "id,text,label\n" + "1,the river,wet|slow\n2,a mill,\n3,why is it,slow\n".repeat(8),
            "--label-separator",
            "|",
            "--class-weights",
            "balanced",
            "--focal-gamma",
            "2");
    Path answers = folder.resolve("answers.csv");
    Path data = folder.resolve("data.csv");
    call(
        "predict", "--run", run, "--in", data, "--keep", "id", "--probabilities", "--out", answers);
    List<String> lines = Files.readAllLines(answers);
    assertEquals("id,labels,probability_slow,probability_wet", lines.get(0));
    String[] cells = lines.get(1).split(",");
    List<String> present = new ArrayList<>();
    for (int k = 0; k < 2; k++) {
      if (Double.parseDouble(cells[2 + k]) > 0.5) {
        present.add(List.of("slow", "wet").get(k));
      }
    }
    assertEquals(String.join("|", present), cells[1]);
    JsonNode one =
        JSON.readTree(call("predict", "--run", run, "--text", "the river", "--json").out());
    assertEquals(present, JSON.convertValue(one.get("labels"), List.class));

    Path report = folder.resolve("report");
    Call eval = call("eval", "--run", run, "--data", data, "--report", report);
    assertTrue(eval.out().contains("micro_f1"), eval.out());
    String markdown = Files.readString(report.resolve("report.md"));
    assertTrue(markdown.contains("| micro average |"), markdown);
    assertTrue(ImageIO.read(report.resolve("reliability.png").toFile()).getWidth() > 100);
    assertEquals(
        2 + 3, JSON.readTree(report.resolve("report.json").toFile()).at("/classes/rows").size());

    Path base = folder.resolve("saved");
    call("export", "--run", run, "--out", base);
    try (ServedModel served = ServedModel.open(base)) {
      assertEquals(ServedOutputs.LABELS, served.outputs());
      ServedModel.Answer answer = served.classify(List.of(ServedModel.Text.of("the river"))).get(0);
      assertEquals(present, answer.labels());
      assertEquals(Double.parseDouble(cells[2]), answer.values().get(0), 1e-4);
    }
  }

  @Test
  void severalScoresFromATableToAServer() throws IOException {
    Path run =
        train(
            "data.jsonl",
            ("{\"text\": \"the river\", \"a\": 1.5, \"b\": 2}\n"
                    + "{\"text\": \"a mill\", \"a\": 0, \"b\": 3}\n")
                .repeat(8),
            "--label-columns",
            "a,b");
    Call predicted = call("predict", "--run", run, "--text", "the river", "--json");
    JsonNode one = JSON.readTree(predicted.out());
    assertEquals(
        List.of("a", "b"), List.copyOf(one.properties().stream().map(e -> e.getKey()).toList()));
    Path base = folder.resolve("saved");
    call("export", "--run", run, "--out", base);
    try (ServedModel served = ServedModel.open(base)) {
      assertEquals(ServedOutputs.SCORES, served.outputs());
      ServedModel.Answer answer = served.classify(List.of(ServedModel.Text.of("the river"))).get(0);
      assertEquals(one.get("b").asDouble(), answer.values().get(1), 1e-4);
    }
  }

  @Test
  void tagsOfWordsFromColumnsToASavedModel() throws IOException {
    Path run =
        train(
            "data.conll",
            "-DOCSTART- O\n\n" + "the O\nriver B-LOC\nruns I-LOC\n\na O\nmill B-X\n\n".repeat(8));
    String table =
        trained.err().lines().filter(line -> line.startsWith("epoch ")).findFirst().get();
    assertTrue(table.contains("  entity_f1  entity_precision  entity_recall   accuracy"), table);
    Path texts = Files.writeString(folder.resolve("texts.txt"), "the river, a mill\nriver\n");
    Path answers = folder.resolve("answers.jsonl");
    call("predict", "--run", run, "--in", texts, "--out", answers);
    JsonNode first = JSON.readTree(Files.readAllLines(answers).get(0));
    assertEquals(5, first.get("tags").size());
    for (JsonNode entity : first.get("entities")) {
      assertEquals(
          "the river, a mill".substring(entity.get("start").asInt(), entity.get("end").asInt()),
          entity.get("text").asText());
    }
    Path report = folder.resolve("report");
    Call eval =
        call("eval", "--run", run, "--data", folder.resolve("data.conll"), "--report", report);
    assertTrue(eval.out().contains("entity_precision"), eval.out());
    assertTrue(Files.readString(report.resolve("report.md")).contains("| LOC |"));
    Path base = folder.resolve("saved");
    call("export", "--run", run, "--out", base);
    try (ServedModel served = ServedModel.open(base)) {
      assertEquals(ServedOutputs.TOKENS, served.outputs());
      ServedModel.Answer answer = served.classify(List.of(ServedModel.Text.of("the river"))).get(0);
      int outputs = served.labels().size();
      assertEquals(answer.logits().size(), answer.labels().size() * outputs);
      Call one = call("predict", "--run", run, "--text", "the river", "--json");
      List<String> tags = new ArrayList<>();
      JSON.readTree(one.out()).get("tags").forEach(tag -> tags.add(tag.asText()));
      assertEquals(tags.get(0), answer.labels().get(1));
    }
    Call serve = Call.of("serve", "--export", base, "--port", "0");
    assertTrue(serve.err().contains("tags words"), serve.err());
    Path transformers = folder.resolve("transformers");
    Call written = call("export", "--run", run, "--format", "huggingface", "--out", transformers);
    assertTrue(written.out().contains("AutoModelForTokenClassification"), written.out());
    JsonNode config = JSON.readTree(transformers.resolve("config.json").toFile());
    assertEquals("BertForTokenClassification", config.at("/architectures/0").asText());
    assertEquals(
        served(base),
        config.get("id2label").properties().stream()
            .map(entry -> entry.getValue().asText())
            .toList());
    call("export", "--run", run, "--format", "onnx", "--out", folder.resolve("onnx"));
    assertTrue(Files.exists(folder.resolve("onnx").resolve("model.onnx")));
  }

  private static List<String> served(Path base) throws IOException {
    try (ServedModel served = ServedModel.open(base)) {
      return served.labels();
    }
  }

  @Test
  void aReportOfClassesHasTheConfusionMatrix() throws IOException {
    Path run = train("data.csv", "text,label\n" + "the river,x\na mill,y\nwhy,z\n".repeat(8));
    Path report = folder.resolve("report");
    call("eval", "--run", run, "--data", folder.resolve("data.csv"), "--report", report);
    JsonNode json = JSON.readTree(report.resolve("report.json").toFile());
    assertEquals(3, json.at("/confusion/rows").size());
    assertTrue(ImageIO.read(report.resolve("confusion.png").toFile()).getWidth() > 100);
  }
}
