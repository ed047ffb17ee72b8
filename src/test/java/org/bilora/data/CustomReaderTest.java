package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CustomReaderTest extends CustomFiles {
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
    assertEquals(Example.of("F é."), data.split("test").get(0));
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
    assertEquals(
        5, data.split("dev").stream().filter(example -> example.requireTarget() == rare).count());
    assertEquals("all.tsv (split 9:1 by class, seed 1)", data.source());
    assertEquals(data, readFile("all.tsv"));
    String before = data.sha256();
    write("all.tsv", "sentence\tlabel\n" + rows + "more\trare\n");
    assertNotEquals(before, readFile("all.tsv").sha256());
  }

  @Test
  void fractionsAreScoresAndWholeNumbersAndWordsAreClasses() throws IOException {
    write("scores.csv", "text1,text2,score\na,b,0.5\nc,d,-1e1\ne,f,2\n");
    assertTrue(readFile("scores.csv").task().regression());
    write("five.tsv", "text\tlabel\n" + "a\t0.5\nb\t1\nc\t1.5\nd\t2\ne\t2.25\n".repeat(4));
    assertTrue(readFile("five.tsv").task().regression());
    assertEquals(MetricName.PEARSON, readFile("five.tsv").task().primaryMetric());
    write("many.tsv", "text\tlabel\n" + numbered(26));
    Dataset many = readFile("many.tsv");
    assertEquals(26, many.task().labels().size());
    assertEquals("25", many.task().labels().get(25));
    assertEquals(
        "many.tsv: 130 examples, text in column text; column label has 26 classes (0, 1, 2, 3, 4,"
            + " 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 6 more); if the numbers"
            + " are scores, say --task-type regression",
        many.notes().get(0));
    write("words.tsv", "text\tlabel\na\t1\nb\tother\n".repeat(1) + "c\t1\nd\tother\n");
    assertEquals(ImmutableList.of("1", "other"), readFile("words.tsv").task().labels());
  }

  @Test
  void theTaskTypeIsTheUsersToSay() throws IOException {
    write("many.tsv", "text\tlabel\n" + numbered(26));
    assertTrue(readFile("many.tsv", typed(TaskType.REGRESSION)).task().regression());
    write("five.tsv", "text\tlabel\n" + "a\t0.5\nb\t1.50\nc\t1.5\n".repeat(4));
    Task task = readFile("five.tsv", typed(TaskType.CLASSIFICATION)).task();
    assertEquals(ImmutableList.of("0.5", "1.5"), task.labels());
    assertEquals(Optional.of(typed(TaskType.CLASSIFICATION)), task.format());
    assertEquals(
        List.of(
            "five.tsv: 12 examples, text in column text; column label has 2 classes (0.5, 1.5)"),
        readFile("five.tsv", typed(TaskType.CLASSIFICATION)).notes());
  }

  private static CustomFormat typed(TaskType type) {
    return new CustomFormat(
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(type), false);
  }

  private Dataset readFile(String name, CustomFormat format) throws IOException {
    return Tasks.load("custom", Optional.of(folder.resolve(name)), format);
  }

  @Test
  void numbersAreOneClassHoweverTheyAreWritten() throws IOException {
    write(
        "train.jsonl",
        "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": 0}\n"
            + "{\"text\": \"c\", \"label\": 1.0}\n{\"text\": \"d\", \"label\": \"-0.0\"}\n");
    write("dev.csv", "text,label\na,0.0\nb,+1\nc,1e0\n");
    Dataset data = read();
    assertEquals(ImmutableList.of("0", "1"), data.task().labels());
    assertEquals(List.of(1.0, 0.0, 1.0, 0.0), targets(data, "train"));
    assertEquals(List.of(0.0, 1.0, 1.0), targets(data, "dev"));
    write("mixed.tsv", "text\tlabel\na\t1\nb\tx\nc\t1.0\n");
    assertEquals(
        folder.resolve("mixed.tsv")
            + ", line 4: the label is '1.0', elsewhere the same number is '1'; write it alike",
        assertThrows(IOException.class, () -> readFile("mixed.tsv")).getMessage());
  }

  private static List<Double> targets(Dataset data, String split) {
    return data.split(split).stream().map(e -> e.requireTarget()).toList();
  }

  @Test
  void wordsAmongScoresAndNothingsAmongNumbersAreMistakes() {
    assertEquals(
        "DATA/a.csv, line 3: the score is 'n/a'; it must be a number (--task-type classification"
            + " takes words and numbers as classes)",
        problem("a.csv", "text,label\na,0.5\nb,n/a\nc,1.5\n"));
    assertEquals(
        "DATA/a.csv, line 4: the label is 'NaN' where the others are numbers; fill it in or delete"
            + " the line",
        problem("a.csv", "text,label\na,0\nb,1\nc,NaN\n"));
    assertEquals(
        "DATA/a.csv, line 2: the score is 1e300, which a 32-bit float cannot hold; scale all scores"
            + " alike",
        problem("a.csv", "text,score\na,1e300\nb,1\n"));
  }

  @Test
  void columnsCanBeNamedAndTheOthersNeedNoName() throws IOException {
    write("spam.csv", "v1,v2,,,\n" + "spam,a b,,,\nham,c,,x,\n".repeat(5));
    CustomFormat named =
        new CustomFormat(
            Optional.of("v2"), Optional.empty(), Optional.of("V1"), Optional.empty(), false);
    Dataset data = readFile("spam.csv", named);
    assertEquals(ImmutableList.of("ham", "spam"), data.task().labels());
    assertEquals(new Example("a b", Optional.empty(), 1), data.split("train").get(0));
    assertEquals(
        List.of("spam.csv: 10 examples, text in column v2; column v1 has 2 classes (ham, spam)"),
        data.notes());
    // What the user said goes with the task, so that other data of it is read alike.
    assertEquals(Optional.of(named), data.task().format());
    assertEquals(
        10, Tasks.load(data.task(), Optional.of(folder.resolve("spam.csv"))).split("all").size());
    write("twice.csv", "text,Text,label\na,b,1\n");
    assertEquals(
        folder.resolve("twice.csv")
            + ", line 1: 2 columns are called text, Text; rename all but one",
        assertThrows(IOException.class, () -> readFile("twice.csv")).getMessage());
    write("other.csv", "text,label\na,1\n");
    assertEquals(
        folder.resolve("other.csv") + ", line 1: no column 'v2' among text, label",
        assertThrows(IOException.class, () -> readFile("other.csv", named)).getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> Tasks.load("rte", Optional.of(folder), named));
  }

  @Test
  void allRowsThatCannotBeUsedAreToldAndLeftOutOnDemand() throws IOException {
    StringBuilder rows = new StringBuilder("text,label\n");
    for (int i = 0; i < 30; i++) {
      rows.append("good %d,%d\nbad %d\n".formatted(i, i % 2, i));
    }
    rows.append("good,0\n,1\nno label,\n");
    write("a.csv", rows.toString());
    InvalidRowsException refused =
        assertThrows(InvalidRowsException.class, () -> readFile("a.csv"));
    assertEquals(32, refused.count());
    List<String> lines = refused.getMessage().lines().toList();
    assertEquals(
        folder.resolve("a.csv")
            + ": 32 of 63 rows cannot be used; repair or delete them, or leave them out with"
            + " --skip-invalid:",
        lines.get(0));
    assertEquals(22, lines.size());
    assertEquals(
        "  line 3: 1 columns where 2 are needed (text, label); repair or delete the line",
        lines.get(1));
    assertEquals("  … and 12 more", lines.get(21));
    Dataset data =
        readFile(
            "a.csv",
            new CustomFormat(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), true));
    assertEquals(31, data.split("train").size() + data.split("dev").size());
    assertEquals("a.csv: 32 of 63 rows cannot be used and are left out", data.notes().get(1));
    assertEquals("a.csv (split 9:1 by class, seed 1) (32 rows left out)", data.source());
  }

  @Test
  void oneFileOfAKnownTaskIsMeasuredWholeUnlessItWasLearntFrom() throws IOException {
    write("train.csv", "text,label\n" + "a,x\nb,y\n".repeat(20));
    Dataset learnt = readFile("train.csv");
    assertEquals(4, learnt.split("dev").size());
    write("test.csv", "text,label\n" + "a,y\n".repeat(40));
    Optional<String> hash = Optional.of(learnt.sha256());
    Dataset other = known(learnt, "test.csv", hash);
    assertEquals(40, other.split("all").size());
    assertEquals(List.of(), other.notes());
    // The same bytes under another name are still what was learnt.
    Files.copy(folder.resolve("train.csv"), folder.resolve("copy.csv"));
    Dataset again = known(learnt, "copy.csv", hash);
    assertEquals(learnt.splits(), again.splits());
    assertTrue(
        again.notes().get(0).contains("is what the model was trained on"), again.notes()::toString);
  }

  private Dataset known(Dataset learnt, String name, Optional<String> hash) throws IOException {
    return Tasks.load(learnt.task(), Optional.of(folder.resolve(name)), Optional.empty(), hash);
  }

  @Test
  void theOnlyExampleOfAClassIsTrainedOn() throws IOException {
    assertEquals(
        "DATA/a.csv: each of its 2 classes has a single example, too few for a dev split; add"
            + " examples, or give a folder with train and dev files",
        problem("a.csv", "text,label\nthe cat,a\nthe dog,b\n"));
    for (String single : List.of("a", "m", "z")) {
      write("b.csv", "text,label\n1,l\n2,n\n3,%s\n4,l\n5,n\n".formatted(single));
      Dataset data = readFile("b.csv");
      int index = data.task().labels().indexOf(single);
      assertTrue(targets(data, "train").contains((double) index));
      assertEquals(5, data.split("train").size() + data.split("dev").size());
    }
  }

  @Test
  void halfACharacterAndAnEndlessTextAreRefusedWithTheirLine() {
    assertEquals(
        "DATA/a.jsonl, line 2: \\ud83d is half of a character; write both halves or U+FFFD",
        problem(
            "a.jsonl",
            "{\"text\":\"\\ud83d\\ude00\",\"label\":1}\n{\"text\":\"b \\ud83d c\",\"label\":0}\n"));
    assertEquals(
        "DATA/a.tsv, line 2: a text of 4,000,001 characters; the longest that is read has"
            + " 4,000,000, shorten or split it",
        problem("a.tsv", "text\tlabel\n" + "x".repeat(4_000_001) + "\t1\nb\t0\n"));
    assertEquals(
        "DATA/a.jsonl, line 2: it is longer than 16,777,216 bytes; break it into lines, or shorten"
            + " its text",
        problem("a.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"" + "x ".repeat(9_000_000)));
  }

  @Test
  void limitsOfTheJsonReaderAreToldAsOtherMistakes() {
    String deep =
        "{\"text\":\"a\",\"label\":1,\"more\":" + "[".repeat(2000) + "]".repeat(2000) + "}\n";
    String message = problem("a.jsonl", deep);
    assertTrue(message.startsWith("DATA/a.jsonl, line 1: JSON that cannot be read: "), message);
    assertTrue(message.length() < 300, message);
    assertEquals(
        "DATA/a.jsonl, line 1: label is a list or an object; a text, a number or a word is needed",
        problem(
            "a.jsonl", "{\"text\":\"a\",\"label\":{\"is\":1}}\n{\"text\":\"a\",\"label\":1}\n"));
    assertTrue(
        problem("a.jsonl", "{\"text\":\"a\",\"text\":\"b\",\"label\":1}\n")
            .contains("Duplicate field 'text'"));
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
    assertEquals(0, data.split("dev").get(0).requireTarget());
    write("dev.tsv", TSV + "E.\tother\n");
    assertEquals(
        folder.resolve("dev.tsv") + ", line 5: unknown label 'other'; known are pos, neg, mixed",
        assertThrows(IOException.class, () -> Tasks.load(known, Optional.of(folder))).getMessage());
  }

  @Test
  void labelsThatLookAlikeAreNotClassesOfTheirOwn() {
    for (String other : List.of("pos\u00a0", "\u200bpos")) {
      assertEquals(
          "DATA/a.csv, line 4: the label '%s' looks like 'pos' elsewhere, but has other characters; write it alike"
              .formatted(other),
          problem("a.csv", "text,label\na,pos\nb,neg\nc,%s\n".formatted(other)));
    }
    String composed = problem("a.csv", "text,label\na,caf\u00e9\nb,tea\nc,cafe\u0301\n");
    assertTrue(composed.contains("line 4: the label 'cafe\u0301' looks like"), composed);
  }

  @Test
  void labelsThatDifferInCapitalsAloneAreClassesWithAWarning() throws IOException {
    write("a.csv", "text,label\n" + "a,US\nb,us\nc,them\n".repeat(4));
    Dataset data = readFile("a.csv");
    assertEquals(List.of("US", "them", "us"), data.task().labels());
    assertEquals(
        "warning: US, us are classes of their own; write them alike if they are one",
        data.notes().get(1));
  }

  @Test
  void textsOfTheDevSplitThatAreLearntFromAreCounted() throws IOException {
    write("train.csv", "text,label\na,x\nb,y\nc,x\n");
    write("dev.csv", "text,label\na,x\nd,y\nc,y\n");
    assertTrue(read().notes().get(1).startsWith("warning: 2 of 3 texts of the dev split"));
    write("dev.csv", "text,label\nd,y\n");
    assertEquals(1, read().notes().size());
  }
}
