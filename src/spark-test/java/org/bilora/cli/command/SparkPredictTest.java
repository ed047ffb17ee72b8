package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Predictions of a run over data sets, held against {@code predict} on the same rows. */
class SparkPredictTest {
  private static final int ROWS = 10_000;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String[] WORDS = {"river", "mill", "slow", "old", "the", "a", "is", "why"};

  @TempDir private static Path folder;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    Path data = Files.write(folder.resolve("data.tsv"), TinyRun.lines());
    run = folder.resolve("run");
    succeeded(TinyRun.lora(data, run));
  }

  private static String text(int row) {
    StringBuilder text = new StringBuilder();
    for (int word = 0; word <= row % 11; word++) {
      text.append(WORDS[(row * 7 + word * 3) % WORDS.length]).append(' ');
    }
    return text.append(row).toString();
  }

  private static Path parquet(int rows) throws IOException {
    Path file = folder.resolve("texts.parquet");
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message rows { required int64 id; optional binary text (STRING); }");
    SimpleGroupFactory groups = new SimpleGroupFactory(schema);
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new org.apache.hadoop.fs.Path(file.toUri()))
            .withType(schema)
            .build()) {
      for (int row = 0; row < rows; row++) {
        writer.write(groups.newGroup().append("id", (long) row).append("text", text(row)));
      }
    }
    return file;
  }

  private static Call predict(Object... options) {
    return call(List.of("predict", "--run", run), options);
  }

  private static Call onSpark(String master, Object... options) {
    return call(List.of("spark", "predict", "--run", run, "--master", master), options);
  }

  private static Call call(List<Object> command, Object... options) {
    return Call.of(Stream.concat(command.stream(), Arrays.stream(options)).toArray());
  }

  private static Call succeeded(Call call) {
    assertEquals(0, call.exitCode(), call.err());
    return call;
  }

  private static List<Path> parts(Path out) throws IOException {
    try (Stream<Path> files = Files.list(out)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("part-"))
          .sorted()
          .toList();
    }
  }

  @Test
  void aParquetFileIsAnsweredByTwoExecutorsAsByPredictRowByRow() throws IOException {
    Path in = parquet(ROWS);
    List<String> lines = new ArrayList<>();
    for (int row = 0; row < ROWS; row++) {
      lines.add("{\"id\":%d,\"text\":\"%s\"}".formatted(row, text(row)));
    }
    Path same = Files.write(folder.resolve("texts.jsonl"), lines);
    Path expected = folder.resolve("expected.jsonl");
    succeeded(predict("--in", same, "--keep", "id", "--probabilities", "--out", expected));
    Path out = folder.resolve("labels.parquet");
    String master = "local-cluster[2,1,1024]";
    Call spread =
        succeeded(
            onSpark(
                master,
                "--in",
                in,
                "--keep",
                "id",
                "--probabilities",
                "--out",
                out,
                "--parts",
                8,
                "--json"));
    JsonNode result = JSON.readTree(spread.out());
    assertEquals(ROWS, result.path("lines").asInt());
    // Eight parts, two executors, and each of these opened the run once.
    assertEquals(2, result.path("openings").size(), spread.out());
    HashSet<String> executors = new HashSet<>();
    result.path("openings").forEach(opening -> executors.add(opening.asText()));
    assertEquals(2, executors.size(), spread.out());
    assertEquals(8, parts(out).size());
    assertSameRows(Files.readAllLines(expected), out);
  }

  private static void assertSameRows(List<String> expected, Path out) throws IOException {
    int row = 0;
    for (Path part : parts(out)) {
      try (ParquetReader<Group> reader =
          ParquetReader.builder(new GroupReadSupport(), new org.apache.hadoop.fs.Path(part.toUri()))
              .withConf(new Configuration())
              .build()) {
        for (Group group = reader.read(); group != null; group = reader.read()) {
          JsonNode same = JSON.readTree(expected.get(row));
          assertEquals(row, group.getLong("id", 0));
          assertEquals(same.path("label").asText(), group.getString("label", 0));
          assertEquals(same.path("probability").asDouble(), group.getDouble("probability", 0));
          for (String label : List.of("fact", "opinion", "question")) {
            assertEquals(
                same.path("probabilities").path(label).asDouble(),
                group.getDouble("probability_" + label, 0));
          }
          row++;
        }
      }
    }
    assertEquals(ROWS, row);
  }

  @Test
  void foldersOfTextAreReadAndWrittenAsPredictDoes() throws IOException {
    Path in = Files.createDirectories(folder.resolve("texts"));
    String head = "id,text\n";
    Files.writeString(in.resolve("a.csv"), head + "1,\"the river,\nslowly\"\n2,\n");
    Files.writeString(in.resolve("b.csv"), head + "3,why \"\"is it\n".replace("\"\"", ""));
    Path whole =
        Files.writeString(
            folder.resolve("whole.csv"), head + "1,\"the river,\nslowly\"\n2,\n3,why is it\n");
    Path expected = folder.resolve("expected.csv");
    succeeded(predict("--in", whole, "--keep", "id", "--out", expected));
    Path out = folder.resolve("labels.csv");
    succeeded(onSpark("local[2]", "--in", in, "--keep", "id", "--out", out, "--parts", 2));
    List<String> rows = new ArrayList<>();
    for (Path part : parts(out)) {
      List<String> lines = Files.readAllLines(part);
      assertEquals("id,label,probability", lines.get(0));
      rows.addAll(lines.subList(1, lines.size()));
    }
    List<String> all = Files.readAllLines(expected);
    assertEquals(all.subList(1, all.size()), rows);
    Call again = onSpark("local[2]", "--in", in, "--out", out);
    assertEquals(1, again.exitCode());
    assertTrue(again.error().contains("labels.csv exists already"), again.err());
    Path refused = folder.resolve("wrong.csv");
    Call wrong = onSpark("local[2]", "--in", in, "--text-column", "review", "--out", refused);
    assertEquals(1, wrong.exitCode());
    assertEquals(1, wrong.errorLines(), wrong.err());
    assertFalse(wrong.error().contains("Exception"), wrong.err());
    assertTrue(wrong.error().contains(".csv, line 1: no column 'review'"), wrong.err());
  }

  @Test
  void wrongCallsAreOneLineBeforeSparkIsStarted() {
    Call none =
        Call.of("spark", "predict", "--run", folder.resolve("no"), "--in", "x", "--out", "y");
    assertEquals(1, none.exitCode());
    assertEquals(1, none.errorLines(), none.err());
    Call parts = Call.of("spark", "predict", "--run", run, "--in", "x", "--out", "y", "--parts", 0);
    assertEquals(2, parts.exitCode());
    Call cores = onSpark("spark://nowhere:7077", "--in", "x", "--out", "y");
    assertEquals(2, cores.exitCode());
    assertTrue(cores.error().contains("--executor-cores N"), cores.err());
  }
}
