package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts in and predictions out, in every form that training data has. */
class PredictCommandTest {
  private static final String MODEL = "src/test/resources/transformers/bert";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    Path data = folder.resolve("data.csv");
    Files.writeString(
        data,
        "id,review,stars\n"
            + "1,\"the river, slowly\nruns\",1\n2,a mill is slow,2.0\n3,why is it,3\n".repeat(8));
    run = folder.resolve("run");
    Call call = TinyRun.lora(data, run, "--text-column", "review", "--label-column", "stars");
    assertEquals(0, call.exitCode(), call.err());
    assertTrue(
        call.err()
            .contains(
                "data.csv: 24 examples, text in column review; column stars has 3 classes (1, 2, 3);"
                    + " if the numbers are scores, say --task-type regression"),
        call.err());
  }

  private static Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static Call predict(Object... arguments) {
    Object[] all = new Object[arguments.length + 3];
    all[0] = "predict";
    all[1] = "--run";
    all[2] = run;
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    Call call = Call.of(all);
    assertEquals(0, call.exitCode(), call.err());
    return call;
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.readAllLines(file);
  }

  @Test
  void aTableIsReadByTheNamesOfTheRunsColumnsAndItsLabelIsIgnored() throws IOException {
    Path in = write("new.csv", "stars,id,review\n,7,\"a mill,\nslow\"\nfive,8,why is it\n,9,\n");
    Path out = folder.resolve("new.out.csv");
    predict("--in", in, "--keep", "id", "--probabilities", "--out", out);
    List<String> lines = lines(out);
    assertEquals("id,label,probability,probability_1,probability_2,probability_3", lines.get(0));
    assertEquals(List.of("7", "8", "9"), lines.stream().skip(1).map(l -> l.split(",")[0]).toList());
    for (String line : lines.subList(1, 4)) {
      double sum = 0;
      for (String cell : List.of(line.split(",")).subList(3, 6)) {
        sum += Double.parseDouble(cell);
      }
      assertEquals(1, sum, 2e-6);
    }
    // The same text alone is answered alike.
    Call one = predict("--text", "a mill,\nslow");
    assertEquals(
        one.out().strip(),
        String.join("\t", lines.get(1).split(",")[1], lines.get(1).split(",")[2]));
  }

  @Test
  void everyFormGivesTheSameAnswers() throws IOException {
    Path csv = write("same.csv", "id,review\n1,a mill\n2,the river\n");
    Path tsv = write("same.tsv", "id\treview\n1\ta mill\n2\tthe river\n");
    Path jsonl =
        write(
            "same.jsonl",
            "{\"id\":1,\"review\":\"a mill\"}\n{\"review\":\"the river\",\"id\":{\"a\":[2]}}\n");
    Path text = write("same.txt", "a mill\nthe river\n");
    List<String> expected = predict("--in", text).out().lines().toList();
    assertEquals(2, expected.size());
    String header = "label\tprobability\n";
    assertEquals(header + String.join("\n", expected) + "\n", predict("--in", tsv).out());
    assertEquals(
        (header + String.join("\n", expected) + "\n").replace('\t', ','),
        predict("--in", csv).out());
    assertEquals(
        String.join("\n", expected) + "\n", predict("--in", csv, "--out-format", "lines").out());
    List<String> objects = predict("--in", jsonl, "--keep", "id").out().lines().toList();
    JsonNode second = JSON.readTree(objects.get(1));
    assertEquals(JSON.readTree("{\"a\":[2]}"), second.path("id"));
    assertTrue(JSON.readTree(objects.get(0)).path("id").isInt());
    assertEquals(expected.get(1).split("\t")[0], second.path("label").asText());
    assertEquals(
        Double.parseDouble(expected.get(1).split("\t")[1]),
        second.path("probability").asDouble(),
        1e-6);
    Path out = folder.resolve("same.out.jsonl");
    predict("--in", tsv, "--keep", "id", "--probabilities", "--out", out);
    JsonNode object = JSON.readTree(lines(out).get(0));
    assertEquals("1", object.path("id").asText());
    assertEquals(3, object.path("probabilities").size());
  }

  @Test
  void standardInputToStandardOutputIsAFilter() {
    InputStream before = System.in;
    System.setIn(
        new ByteArrayInputStream("a mill\r\n\nthe\rriver\n".getBytes(StandardCharsets.UTF_8)));
    try {
      Call call = predict("--in", "-");
      assertEquals(3, call.out().lines().count());
      assertEquals("", call.err().lines().filter(line -> !line.isBlank()).findFirst().orElse(""));
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void rowsThatCannotBeUsedAreToldOrLeftOut() throws IOException {
    Path in = write("bad.csv", "id,review\n1,a mill\n2\n3,the river\n");
    Path out = folder.resolve("bad.out.csv");
    Call refused = Call.of("predict", "--run", run, "--in", in, "--out", out);
    assertEquals(1, refused.exitCode());
    assertTrue(refused.error().contains("bad.csv, line 3: 1 columns where 2"), refused.err());
    assertFalse(Files.exists(out));
    Call call = predict("--in", in, "--keep", "id", "--skip-invalid", "--out", out);
    assertEquals(3, lines(out).size());
    assertTrue(call.err().contains("1 rows cannot be used and are left out"), call.err());
    Path invalid = folder.resolve("invalid.txt");
    Files.write(invalid, new byte[] {'a', '\n', (byte) 0xFF, '\n'});
    Call utf8 = Call.of("predict", "--run", run, "--in", invalid);
    assertTrue(utf8.error().contains("invalid.txt, line 2: invalid UTF-8"), utf8.err());
    Call kept = Call.of("predict", "--run", run, "--in", in, "--keep", "key");
    assertTrue(kept.error().contains("no column 'key' to keep among id, review"), kept.err());
  }

  @Test
  void oneFileIsMeasuredWholeAndTheTrainingFileByWhatWasHeldBack() throws IOException {
    Path test = write("test.csv", "review,stars\n" + "a mill,1\nit,3.0\n".repeat(20));
    Call whole = Call.of("eval", "--run", run, "--data", test, "--json");
    assertEquals(0, whole.exitCode(), whole.err());
    assertEquals(40, JSON.readTree(whole.out()).path("examples").asInt());
    assertEquals("all", JSON.readTree(whole.out()).path("split").asText());
    Call own = Call.of("eval", "--run", run, "--data", folder.resolve("data.csv"), "--json");
    assertEquals("dev", JSON.readTree(own.out()).path("split").asText());
    assertEquals(2, JSON.readTree(own.out()).path("examples").asInt());
    assertTrue(own.err().contains("is what the model was trained on"), own.err());
  }

  @Test
  void aFinishedRunIsNoOtherRunForOtherSettings() throws IOException {
    String before = Files.readString(run.resolve("run.json"));
    Call call =
        Call.of(
            "train",
            "--resume",
            "--out",
            run,
            "--data",
            folder.resolve("data.csv"),
            "--epochs",
            7,
            "--lr",
            "1e-2");
    assertEquals(1, call.exitCode());
    assertTrue(call.error().contains("settings.epochs was 10 and is now 7"), call.err());
    assertEquals(before, Files.readString(run.resolve("run.json")));
  }

  @Test
  void aRecordOrAModelThatWasChangedIsRefusedByName() throws IOException {
    Path copy = Files.createDirectory(folder.resolve("changed"));
    for (String name : List.of("run.json", "trained.safetensors")) {
      Files.copy(run.resolve(name), copy.resolve(name));
    }
    String record = Files.readString(copy.resolve("run.json"));
    String alpha = record.replaceFirst("\"alpha\" : [0-9.]+", "\"alpha\" : 36.0");
    assertFalse(alpha.equals(record));
    Files.writeString(copy.resolve("run.json"), alpha);
    Call changed = Call.of("predict", "--run", copy, "--text", "a mill");
    assertEquals(1, changed.exitCode());
    assertTrue(
        changed.error().contains("run.json was changed after it was written"), changed.err());
    // Where the model is may be told anew; that it is the same is checked.
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String name : List.of("config.json", "tokenizer.json", "model.safetensors")) {
      Files.copy(Path.of(MODEL, name), model.resolve(name));
    }
    Files.writeString(copy.resolve("run.json"), record.replace(MODEL, model.toString()));
    Call moved = Call.of("predict", "--run", copy, "--text", "a mill");
    assertEquals(predict("--text", "a mill").out(), moved.out(), moved.err());
    String config = Files.readString(model.resolve("config.json"));
    Files.writeString(model.resolve("config.json"), config.replace("gelu", "relu"));
    Call other = Call.of("predict", "--run", copy, "--text", "a mill");
    assertEquals(1, other.exitCode());
    assertTrue(
        other.error().contains("config.json of " + model + " is not what the run in"), other.err());
    Files.writeString(model.resolve("config.json"), config);
    Files.writeString(model.resolve("tokenizer_config.json"), "{\"do_lower_case\": false}");
    Call added = Call.of("predict", "--run", copy, "--text", "a mill");
    assertTrue(
        added.error().contains("tokenizer_config.json of " + model + " is not what"), added.err());
  }

  @Test
  void aResumedRunKnowsItsColumns() {
    Call call = Call.of("train", "--resume", "--out", run, "--data", folder.resolve("data.csv"));
    assertEquals(0, call.exitCode(), call.err());
  }
}
