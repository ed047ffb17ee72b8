package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CustomReaderTest {
  private static final String TSV = "text\tlabel\nA \"b.\tpos\nC.\tneg\nD.\tpos\n";

  @TempDir Path folder;

  private void write(String name, String content) {
    try {
      Files.writeString(folder.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Dataset read() throws IOException {
    return Tasks.load("custom", Optional.of(folder));
  }

  private Dataset readFile(String name) throws IOException {
    return Tasks.load("custom", Optional.of(folder.resolve(name)));
  }

  /** The message when a file of that content is given. */
  private String problem(String name, String content) {
    write(name, content);
    return assertThrows(IOException.class, () -> readFile(name))
        .getMessage()
        .replace(folder.toString(), "DATA");
  }

  @Test
  void aFolderHoldsSplitsInAnyOfTheThreeFormats() throws IOException {
    write("train.tsv", "\uFEFF" + TSV.replace("\n", "\r\n"));
    write("validation.CSV", "id,Label,Text\n1,neg,\"A, \"\"quoted\"\"\ntext.\"\n\n2,pos,E.\n");
    write("test.jsonl", "{\"text\": \"F \\u00e9.\", \"extra\": [1]}\n");
    Dataset data = read();
    assertEquals(ImmutableList.of("neg", "pos"), data.task().labels());
    assertEquals(new Example("A \"b.", Optional.empty(), 1), data.split("train").get(0));
    assertEquals(
        new Example("A, \"quoted\"\ntext.", Optional.empty(), 0), data.split("dev").get(0));
    assertEquals(new Example("E.", Optional.empty(), 1), data.split("dev").get(1));
    assertEquals(new Example("F é.", Optional.empty(), Double.NaN), data.split("test").get(0));
    assertEquals("train.tsv, validation.CSV, test.jsonl", data.source());
  }

  @Test
  void pairsNumbersAndBooleansAreTakenAsWritten() throws IOException {
    write(
        "pairs.jsonl",
        "{\"sentence1\":\"a\",\"sentence2\":\"b\",\"label\":10}\n\n"
            + "{\"label\":9,\"sentence2\":\"d\",\"sentence1\":\"c\"}\n"
            + "{\"label\":9,\"sentence2\":\"f\",\"sentence1\":\"e\"}\n");
    Dataset data = readFile("pairs.jsonl");
    assertEquals(ImmutableList.of("9", "10"), data.task().labels());
    assertTrue(data.task().pairs());
    assertEquals(3, data.split("train").size() + data.split("dev").size());
    write(
        "truth.jsonl",
        "{\"text\":\"a\",\"label\":true}\n".repeat(9) + "{\"text\":\"a\",\"label\":false}");
    assertEquals(ImmutableList.of("false", "true"), readFile("truth.jsonl").task().labels());
  }

  @Test
  void oneFileIsSplitNineToOneByClassAlwaysAlike() throws IOException {
    String rows =
        IntStream.range(0, 200)
            .mapToObj(i -> "text %d\t%s\n".formatted(i, i % 4 == 0 ? "rare" : "often"))
            .collect(Collectors.joining());
    write("all.tsv", "sentence\tlabel\n" + rows);
    Dataset data = readFile("all.tsv");
    assertEquals(180, data.split("train").size());
    int rare = data.task().labels().indexOf("rare");
    assertEquals(5, data.split("dev").stream().filter(example -> example.target() == rare).count());
    assertEquals("all.tsv (split 9:1 by class, seed 1)", data.source());
    assertEquals(data, readFile("all.tsv"));
    String before = data.sha256();
    write("all.tsv", "sentence\tlabel\n" + rows + "more\trare\n");
    assertNotEquals(before, readFile("all.tsv").sha256());
  }

  @Test
  void scoresAndManyNumbersAreARegression() throws IOException {
    write("scores.csv", "text1,text2,score\na,b,0.5\nc,d,-1e1\ne,f,2\n");
    assertTrue(readFile("scores.csv").task().regression());
    write("twenty.tsv", "text\tlabel\n" + numbered(20));
    assertEquals(20, readFile("twenty.tsv").task().labels().size());
    write("more.tsv", "text\tlabel\n" + numbered(21));
    assertTrue(readFile("more.tsv").task().regression());
    assertEquals(MetricName.PEARSON, readFile("more.tsv").task().primaryMetric());
  }

  private static String numbered(int classes) {
    return IntStream.range(0, 5 * classes)
        .mapToObj(i -> "text %d\t%d\n".formatted(i, i % classes))
        .collect(Collectors.joining());
  }

  @Test
  void aKnownTaskKeepsItsClassesAndNeedsNoTrainingSplit() throws IOException {
    Task known =
        new Task(
            "custom",
            false,
            ImmutableList.of("pos", "neg", "mixed"),
            ImmutableList.of(MetricName.ACCURACY));
    write("dev.tsv", TSV);
    Dataset data = Tasks.load(known, Optional.of(folder));
    assertEquals(known, data.task());
    assertEquals(0, data.split("dev").get(0).target());
    write("dev.tsv", TSV + "E.\tother\n");
    assertEquals(
        folder.resolve("dev.tsv") + ", line 5: unknown label 'other'; known are pos, neg, mixed",
        assertThrows(IOException.class, () -> Tasks.load(known, Optional.of(folder))).getMessage());
  }

  @Test
  void missingAndAmbiguousFilesAreNamed() {
    assertEquals(
        folder + ": there is no train.tsv|csv|jsonl in it; add it, or give one file to be split",
        assertThrows(IOException.class, this::read).getMessage());
    write("train.tsv", TSV);
    assertEquals(
        folder
            + ": there is no dev.tsv|csv|jsonl or validation.tsv|csv|jsonl in it; add it, or give"
            + " one file to be split",
        assertThrows(IOException.class, this::read).getMessage());
    write("train.csv", TSV);
    assertEquals(
        folder + ": both train.csv and train.tsv are in it; keep one",
        assertThrows(IOException.class, this::read).getMessage());
    assertEquals(
        folder.resolve("nowhere")
            + ": there is no such file or folder; give a folder with train.tsv|csv|jsonl and"
            + " dev.tsv|csv|jsonl, or one file",
        assertThrows(IOException.class, () -> readFile("nowhere")).getMessage());
    assertEquals(
        "DATA/notes.txt: its name must end with one of .tsv, .csv, .jsonl",
        problem("notes.txt", TSV));
  }

  @Test
  void wrongHeadersAreNamed() {
    assertEquals(
        "DATA/a.tsv, line 1: no text among the columns words, label; name the columns text (or"
            + " sentence, text1, sentence1), label or score, and for pairs text2 (or sentence2)",
        problem("a.tsv", "words\tlabel\nA.\t1\n"));
    assertEquals(
        "DATA/a.tsv, line 1: both a label and a score; rename the one that is not to be learnt",
        problem("a.tsv", "text\tlabel\tscore\nA.\t1\t1\n"));
    assertEquals(
        "DATA/a.tsv, line 1: two columns have the same name: text, Text",
        problem("a.tsv", "text\tText\n"));
    assertEquals(
        "DATA/a.tsv, line 2: no label or score; fill it in or delete the line",
        problem("a.tsv", "text\tother\nA.\t1\n"));
  }

  @Test
  void wrongRowsAreNamedWithTheLineTheyBeginOn() {
    assertEquals(
        "DATA/a.tsv, line 3: 3 columns where 2 are needed (text, label); repair or delete the line",
        problem("a.tsv", "text\tlabel\nA.\t1\nB.\t\t2\n"));
    assertEquals(
        "DATA/a.csv, line 6: 1 columns where 2 are needed (text, label); repair or delete the line",
        problem("a.csv", "text,label\n\n\"A\nb\",1\n\nB.\n"));
    assertEquals(
        "DATA/a.csv, line 3: its quotation marks do not match; double those within quoted text",
        problem("a.csv", "text,label\nA.,1\n\"B.,2\nC.,3\n"));
    assertEquals(
        "DATA/a.csv, line 2: its quotation marks do not match; double those within quoted text",
        problem("a.csv", "text,label\n\"A\" b,1\n"));
    assertEquals(
        "DATA/a.tsv, line 2: no text; fill it in or delete the line",
        problem("a.tsv", "text\tlabel\n \t1\n"));
    assertEquals(
        "DATA/a.tsv, line 3: the score is 'high'; it must be a number",
        problem("a.tsv", "text\tscore\nA.\t1\nB.\thigh\n"));
    assertEquals(
        "DATA/a.jsonl, line 2: not JSON at column 1",
        problem("a.jsonl", "{\"text\":\"a\",\"label\":1}\nA.\t1\n"));
    assertEquals(
        "DATA/a.jsonl, line 1: not a JSON object; write one per line, such as"
            + " {\"text\": …, \"label\": …}",
        problem("a.jsonl", "[1]\n"));
    assertEquals(
        "DATA/a.jsonl, line 2: no text; fill it in or delete the line",
        problem("a.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"txt\":\"a\",\"label\":1}\n"));
  }

  @Test
  void splitsThatDoNotFitEachOtherAreNamed() {
    write("train.tsv", TSV);
    write("dev.tsv", "text\ttext2\tlabel\nA.\tB.\tpos\n");
    assertEquals(
        folder.resolve("dev.tsv") + ": it has a second text, and the training data has none",
        assertThrows(IOException.class, this::read).getMessage());
    write("dev.tsv", "text\tlabel\nA.\tother\n");
    assertEquals(
        folder.resolve("dev.tsv") + ", line 2: unknown label 'other'; known are neg, pos",
        assertThrows(IOException.class, this::read).getMessage());
  }

  @Test
  void filesToLearnNothingFromAreRefused() {
    assertEquals(
        "DATA/a.tsv: all 2 examples have the label '1'; training needs two classes or more",
        problem("a.tsv", "text\tlabel\nA.\t1\nB.\t1\n"));
    assertEquals(
        "DATA/a.tsv: all 2 examples have the score 0.5; training needs different ones",
        problem("a.tsv", "text\tscore\n" + "A.\t0.5\n".repeat(3)));
    for (String name : List.of("a.tsv", "a.csv")) {
      assertEquals(
          "DATA/" + name + ": it has no examples; add them, one per line", problem(name, "text\n"));
    }
    assertEquals("DATA/a.jsonl: the file is empty; get or write it anew", problem("a.jsonl", ""));
  }
}
