package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several labels, and several scores, of a user's own files. */
class SeveralLabelsTest {
  private static final CustomFormat COLUMNS = labels(List.of("x", "y"), null);
  private static final CustomFormat CUT = labels(List.of(), "|");

  @TempDir Path folder;

  private static CustomFormat labels(List<String> columns, String separator) {
    return CustomFormat.USUAL.withLabels(Optional.empty(), columns, Optional.ofNullable(separator));
  }

  private Dataset read(String name, String content, CustomFormat format) throws IOException {
    Path file = Files.writeString(folder.resolve(name), content);
    return Tasks.load("custom", Optional.of(file), format);
  }

  private String problem(String name, String content, CustomFormat format) {
    return assertThrows(IOException.class, () -> read(name, content, format)).getMessage();
  }

  /** Targets of all examples by text, so that the order of a split does not matter. */
  private static Optional<List<Double>> targets(Dataset data, String text) {
    return data.splits().values().stream()
        .flatMap(List::stream)
        .filter(example -> example.text().equals(text))
        .findFirst()
        .orElseThrow()
        .targets();
  }

  @Test
  void columnsOfZerosAndOnesAreLabels() throws IOException {
    Dataset data = read("a.csv", "text,y,x\na,0,1\nb,1,1.0\nc,0,0\nd,1,0\n", COLUMNS);
    assertEquals(TaskType.MULTI_LABEL, data.task().type());
    assertEquals(List.of("x", "y"), data.task().labels());
    assertEquals(Optional.of(List.of(1.0, 0.0)), targets(data, "a"));
    assertEquals(Optional.of(List.of(1.0, 1.0)), targets(data, "b"));
    assertEquals(Optional.of(List.of(0.0, 0.0)), targets(data, "c"));
    assertTrue(
        data.notes().get(0).contains("columns x, y have 2 labels (x, y), each there or not"),
        data.notes().get(0));
  }

  @Test
  void columnsOfOtherNumbersAreScores() throws IOException {
    Dataset data = read("a.tsv", "text\tx\ty\na\t0\t1.5\nb\t1\t-2\nc\t3\t4\n", COLUMNS);
    assertEquals(TaskType.REGRESSION, data.task().type());
    assertEquals(List.of("x", "y"), data.task().labels());
    assertEquals(2, data.task().outputs());
    assertEquals(Optional.of(List.of(1.0, -2.0)), targets(data, "b"));
    Dataset asked =
        read(
            "b.tsv",
            "text\tx\ty\na\t0\t1\nb\t1\t0\nc\t1\t1\n",
            COLUMNS.withType(TaskType.REGRESSION));
    assertEquals(TaskType.REGRESSION, asked.task().type());
  }

  @Test
  void oneColumnHasLabelsBetweenSeparatorsOrAListInJson() throws IOException {
    Dataset data = read("a.csv", "text,label\na,news | sport\nb,\nc,sport\n", CUT);
    assertEquals(List.of("news", "sport"), data.task().labels());
    assertEquals(Optional.of(List.of(1.0, 1.0)), targets(data, "a"));
    assertEquals(Optional.of(List.of(0.0, 0.0)), targets(data, "b"));
    Dataset lists =
        read(
            "a.jsonl",
            "{\"text\": \"a\", \"label\": [\"news\", 1]}\n{\"text\": \"b\", \"label\": []}\n{\"text\": \"c\", \"label\": [\"news\"]}\n",
            CustomFormat.USUAL);
    assertEquals(List.of("1", "news"), lists.task().labels());
    assertEquals(Optional.of(List.of(0.0, 0.0)), targets(lists, "b"));
  }

  @Test
  void rowsThatDoNotFitAreToldOrLeftOut() throws IOException {
    String half = problem("a.csv", "text,x,y\na,1,\nb,0,1\nc,1,1\n", COLUMNS);
    assertTrue(half.contains("line 2: no y where other label columns are filled"), half);
    String word = problem("b.csv", "text,x,y\na,1,yes\nb,0,1\nc,1,0\n", COLUMNS);
    assertTrue(word.contains("line 2: the label columns have 1, yes"), word);
    String missing = problem("c.csv", "text,x\na,1\nb,0\n", COLUMNS);
    assertTrue(missing.contains("y"), missing);
    CustomFormat skipping = COLUMNS.withTexts(Optional.empty(), Optional.empty(), true);
    Dataset data = read("d.csv", "text,x,y\na,1,\nb,0,1\nc,1,1\nd,0,0\n", skipping);
    assertEquals(3, data.splits().values().stream().mapToInt(List::size).sum());
    String unknown =
        assertThrows(
                IOException.class,
                () ->
                    Tasks.load(
                        read("e.csv", "text,label\na,p|q\nb,p\nc,q\n", CUT).task(),
                        Optional.of(
                            Files.writeString(folder.resolve("f.csv"), "text,label\na,z\n"))))
            .getMessage();
    assertTrue(unknown.contains("unknown label 'z'"), unknown);
  }

  @Test
  void aSplitHasTheRarestLabelsOnBothSides() {
    Task task = TinyTasks.labels(2, 2, 1).task();
    List<Example> examples =
        java.util.stream.IntStream.range(0, 40)
            .mapToObj(
                i ->
                    new Example(
                        "t" + i,
                        Optional.empty(),
                        Optional.of(List.of(i % 10 == 0 ? 1.0 : 0.0, i % 2 == 0 ? 1.0 : 0.0))))
            .toList();
    StratifiedSplit split = StratifiedSplit.of(examples, task, 0.5, 3);
    assertEquals(2, split.lower().stream().filter(e -> e.requireTargets().get(0) == 1).count());
    assertEquals(2, split.upper().stream().filter(e -> e.requireTargets().get(0) == 1).count());
  }
}
