package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Files that are refused, and what is said of them. */
class CustomReaderErrorsTest extends CustomFiles {
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
            + " sentence, text1, sentence1), label or score, and for pairs text2 (or sentence2), or"
            + " say which they are with --text-column, --label-column and --pair-column",
        problem("a.tsv", "words\tlabel\nA.\t1\n"));
    assertEquals(
        "DATA/a.tsv, line 1: both a label and a score; say which is to be learnt with"
            + " --label-column",
        problem("a.tsv", "text\tlabel\tscore\nA.\t1\t1\n"));
    assertEquals(
        "DATA/a.tsv, line 2: no label or score; fill it in or delete the line",
        problem("a.tsv", "text\tother\nA.\t1\n"));
    assertEquals(
        "DATA/a.tsv, line 1: lines end with a carriage return alone; save the file with line feeds",
        problem("a.tsv", "text\tlabel\rA.\t1\r"));
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
        "DATA/a.tsv, line 3: the score is 'high'; it must be a number (--task-type classification"
            + " takes words and numbers as classes)",
        problem("a.tsv", "text\tscore\nA.\t1\nB.\thigh\n"));
    String notJson = problem("a.jsonl", "{\"text\":\"a\",\"label\":1}\nA.\t1\n");
    assertTrue(notJson.startsWith("DATA/a.jsonl, line 2: not JSON at column 1: "), notJson);
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
        folder.resolve("dev.tsv")
            + ": it has a second text (column text2), and the training data has none",
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
