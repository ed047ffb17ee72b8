package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small files in each task's original format. */
class GlueReaderTest {
  private static final String DOWNLOAD =
      "; download GLUE's CoLA from https://gluebenchmark.com/tasks, unpack it, and give its folder";
  private static final String COLA = "gj04\t1\t\tIt \"works\".\ngj04\t0\t*\tIt work.\n";

  @TempDir Path folder;

  private Dataset read(String task, Map<String, String> files) throws IOException {
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    return Tasks.load(task, Optional.of(folder));
  }

  private String problem(String task, Map<String, String> files) {
    return assertThrows(IOException.class, () -> read(task, files))
        .getMessage()
        .replace(folder.toString(), "DATA");
  }

  private static Example one(String text, double target) {
    return new Example(text, Optional.empty(), target);
  }

  private static Example two(String text, String pair, double target) {
    return new Example(text, Optional.of(pair), target);
  }

  @Test
  void colaHasNoHeaderExceptForItsTestFile() throws IOException {
    Dataset cola =
        read(
            "cola",
            ImmutableMap.of(
                "train.tsv", COLA, "dev.tsv", COLA, "test.tsv", "index\tsentence\n0\tA test.\n"));
    assertEquals(one("It \"works\".", 1), cola.split("train").get(0));
    assertEquals(one("It work.", 0), cola.split("dev").get(1));
    assertEquals(Example.of("A test."), cola.split("test").get(0));
    assertEquals(MetricName.MATTHEWS, cola.task().primaryMetric());
    assertEquals("train.tsv, dev.tsv, test.tsv", cola.source());
  }

  @Test
  void sst2IsReadFromGluesOwnFolderInAnyCaseAndSpelling() throws IOException {
    String labelled = "sentence\tlabel\r\nfine \"film \t1\r\ndull\t0\r\n";
    Dataset sst2 =
        read(
            "sst-2",
            ImmutableMap.of("sst_2/Train.tsv", "\uFEFF" + labelled, "sst_2/dev.tsv", labelled));
    assertEquals(one("fine \"film ", 1), sst2.split("train").get(0));
    assertEquals("sst2", sst2.task().name());
    assertEquals(2, sst2.splits().size());
  }

  @Test
  void mrpcPairsItsStringColumns() throws IOException {
    String header = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n";
    String labelled = header + "1\t5\t6\tHe said \"no.\tNo, he said.\n0\t7\t8\tA.\tB.\n";
    Dataset mrpc =
        read(
            "mrpc",
            ImmutableMap.of(
                "MRPC/train.tsv",
                "\uFEFF" + labelled,
                "MRPC/dev.tsv",
                labelled,
                "MRPC/test.tsv",
                "index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t7\t8\tC.\tD.\n"));
    assertEquals(two("He said \"no.", "No, he said.", 1), mrpc.split("train").get(0));
    assertEquals(Example.of("C.", "D."), mrpc.split("test").get(0));
    assertTrue(mrpc.task().pairs());
    assertEquals(2, mrpc.task().metrics().size());
  }

  @Test
  void stsbHasScores() throws IOException {
    String columns =
        "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2";
    String row = "0\tg\tf\ty\t1\tnone\tnone\tA plane.\tA jet.";
    String labelled = columns + "\tscore\n" + row + "\t3.800\n" + row + "\t5\n";
    Dataset stsb =
        read(
            "sts-b",
            ImmutableMap.of(
                "train.tsv",
                labelled,
                "dev.tsv",
                labelled,
                "test.tsv",
                columns + "\n" + row + "\n"));
    assertEquals(two("A plane.", "A jet.", 3.8), stsb.split("train").get(0));
    assertTrue(stsb.split("test").get(0).target().isEmpty());
    assertTrue(stsb.task().regression());
    assertEquals(1, stsb.task().outputs());
  }

  @Test
  void rteQnliAndWnliNameTheirPairs() throws IOException {
    String rte =
        "index\tsentence1\tsentence2\tlabel\n0\tA.\tB.\tnot_entailment\n1\tC.\tD.\tentailment\n";
    assertEquals(
        two("A.", "B.", 1),
        read("rte", ImmutableMap.of("RTE/train.tsv", rte, "RTE/dev.tsv", rte)).split("dev").get(0));
    String qnli = rte.replace("sentence1\tsentence2", "question\tsentence");
    assertEquals(
        two("C.", "D.", 0),
        read("qnli", ImmutableMap.of("QNLI/train.tsv", qnli, "QNLI/dev.tsv", qnli))
            .split("train")
            .get(1));
    String wnli = rte.replace("not_entailment", "0").replace("entailment", "1");
    assertEquals(
        two("A.", "B.", 0),
        read(
                "wnli",
                ImmutableMap.of(
                    "WNLI/train.tsv", wnli,
                    "WNLI/dev.tsv", wnli,
                    "WNLI/test.tsv", "index\tsentence1\tsentence2\n0\tE.\tF.\n"))
            .split("dev")
            .get(0));
  }

  @Test
  void mnliHasMatchedAndMismatchedSplits() throws IOException {
    String shared =
        "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse"
            + "\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2";
    String row = "0\t1\t1n\tfiction\t( a )\t( b )\t(ROOT a)\t(ROOT b)\tA.\tB.";
    String train =
        shared
            + "\tlabel1\tgold_label\n"
            + row
            + "\tneutral\tneutral\n"
            + row
            + "\tcontradiction\tcontradiction\n";
    String dev =
        shared
            + "\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label\n"
            + row
            + "\tneutral\tneutral\tneutral\tneutral\tneutral\tentailment\n";
    String test = shared + "\n" + row + "\n";
    Dataset mnli =
        read(
            "mnli",
            ImmutableMap.of(
                "MNLI/train.tsv", train,
                "MNLI/dev_matched.tsv", dev,
                "MNLI/dev_mismatched.tsv", dev,
                "MNLI/test_matched.tsv", test,
                "MNLI/test_mismatched.tsv", test));
    assertEquals(two("A.", "B.", 1), mnli.split("train").get(0));
    assertEquals(two("A.", "B.", 0), mnli.split("dev_mismatched").get(0));
    assertEquals(
        List.of("train", "dev", "dev_mismatched", "test", "test_mismatched"),
        List.copyOf(mnli.splits().keySet()));
    assertTrue(mnli.split("test_mismatched").get(0).target().isEmpty());
    assertEquals(3, mnli.task().outputs());
  }

  @Test
  void qqpsFewTornRowsAreLeftOutAndCounted() throws IOException {
    String header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n";
    StringBuilder rows = new StringBuilder(header);
    for (int i = 0; i < 2000; i++) {
      rows.append("%d\t1\t2\tWhy?\tWhy not?\t%d\n".formatted(i, i % 2));
    }
    String whole = rows.toString();
    String torn = whole + "7\t1\t2\tWhy\n is it?\tWhy so?\t1\n";
    Dataset qqp = read("qqp", ImmutableMap.of("QQP/train.tsv", torn, "QQP/dev.tsv", whole));
    assertEquals(2000, qqp.split("train").size());
    assertEquals("train.tsv (2 broken rows left out), dev.tsv", qqp.source());
    assertEquals(
        "DATA/QQP/train.tsv, line 2002: 4 columns where 6 are needed (id, qid1, qid2, question1,"
            + " question2, is_duplicate); repair or delete the line",
        problem("qqp", ImmutableMap.of("QQP/train.tsv", torn + "x\n")));
  }

  @Test
  void aSplitThatIsNotThereIsNamed() throws IOException {
    Dataset cola = read("cola", ImmutableMap.of("train.tsv", COLA, "dev.tsv", COLA));
    assertEquals(
        "task cola has no split 'test'; it has [train, dev]",
        assertThrows(IllegalArgumentException.class, () -> cola.split("test")).getMessage());
  }

  @Test
  void missingFilesAreNamedWithTheOfficialDownload() {
    assertEquals(
        "DATA: there is neither train.tsv nor CoLA/train.tsv in it" + DOWNLOAD,
        problem("cola", ImmutableMap.of()));
    assertEquals(
        "DATA: there is no dev.tsv in it" + DOWNLOAD,
        problem("cola", ImmutableMap.of("train.tsv", COLA)));
    assertEquals(
        folder.resolve("nowhere") + ": there is no such folder" + DOWNLOAD,
        assertThrows(
                IOException.class, () -> Tasks.load("cola", Optional.of(folder.resolve("nowhere"))))
            .getMessage());
    assertEquals(
        folder.resolve("train.tsv") + ": it is not a folder" + DOWNLOAD,
        assertThrows(
                IOException.class,
                () -> Tasks.load("cola", Optional.of(folder.resolve("train.tsv"))))
            .getMessage());
  }

  @Test
  void wrongRowsAreNamedWithTheirLine() {
    assertEquals(
        "DATA/CoLA/train.tsv, line 3: 3 columns where 4 are needed (source, label, star, sentence);"
            + " repair or delete the line",
        problem("cola", ImmutableMap.of("CoLA/train.tsv", COLA + "gj04\t1\tThe end.\n")));
    assertEquals(
        "DATA/CoLA/train.tsv, line 3: unknown label '2'; known are 0, 1",
        problem("cola", ImmutableMap.of("CoLA/train.tsv", COLA + "gj04\t2\t\tThe end.\n")));
    assertEquals(
        "DATA/RTE/train.tsv, line 1: no column 'sentence1' among [sentence, label]"
            + DOWNLOAD.replace("CoLA", "RTE"),
        problem("rte", ImmutableMap.of("RTE/train.tsv", "sentence\tlabel\nA.\t1\n")));
    String scores = "sentence1\tsentence2\tscore\nA.\tB.\t1\nA.\tB.\t";
    for (String wrong : new String[] {"x", "NaN", "1e999", "1f", "", "0x1p3"}) {
      assertEquals(
          "DATA/STS-B/train.tsv, line 3: the score is '%s'; it must be a number".formatted(wrong),
          problem("stsb", ImmutableMap.of("STS-B/train.tsv", scores + wrong + "\n")));
    }
  }

  @Test
  void filesToLearnNothingFromAreRefused() {
    assertEquals(
        "DATA/CoLA/train.tsv: all 2 examples have the label '1'; training needs two classes or more",
        problem("cola", ImmutableMap.of("CoLA/train.tsv", "gj\t1\t\tA.\ngj\t1\t\tB.\n")));
    assertEquals(
        "DATA/SST-2/train.tsv: it has a header and no examples" + DOWNLOAD.replace("CoLA", "SST-2"),
        problem("sst2", ImmutableMap.of("SST-2/train.tsv", "sentence\tlabel\n\n")));
    assertEquals(
        "DATA/CoLA/train.tsv: the file is empty; get or write it anew",
        problem("cola", ImmutableMap.of("CoLA/train.tsv", "")));
  }

  @Test
  void unknownTasksAndMissingDataAreWrongSettings() {
    String unknown =
        assertThrows(IllegalArgumentException.class, () -> Tasks.load("coal", Optional.of(folder)))
            .getMessage();
    assertEquals(
        "task is 'coal'; it must be one of cola, sst2, mrpc, stsb, rte, qnli, qqp, mnli, wnli,"
            + " grammar, grammar-pairs, custom",
        unknown);
    assertEquals(
        "data is missing; task cola needs the folder of its files",
        assertThrows(IllegalArgumentException.class, () -> Tasks.load("cola", Optional.empty()))
            .getMessage());
  }
}
