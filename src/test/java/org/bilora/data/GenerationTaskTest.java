package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationTaskTest {
  private static final Path E2E_FILES = Path.of("../shared/data/e2e");
  private static final Path WEBNLG_FILES = Path.of("../shared/data/webnlg");

  @TempDir private Path folder;

  private Path write(String name, String... lines) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, List.of(lines));
  }

  private static GenerationExample example(String context, String... references) {
    return new GenerationExample(context, ImmutableList.copyOf(references));
  }

  private static void assertRefused(String message, GenerationTask task, Path file) {
    IOException refused = assertThrows(IOException.class, () -> task.readFile(file));
    assertTrue(refused.getMessage().startsWith(file + ", " + message), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
  }

  @Test
  void e2eMeaningsTakeTheTextFormOfPublishedWork() throws IOException {
    Path file =
        write(
            "e2e.csv",
            "mr,ref",
            "\"name[Blue Spice], eatType[coffee shop], area[city centre]\",A coffee shop.",
            "\"name[Ann], priceRange[£20-25], customer rating[low], familyFriendly[yes],"
                + " near[Café Sicilia], food[Fast food]\",\"Ann, \"\"the\"\" place.\"");
    assertEquals(
        List.of(
            example(
                "name : Blue Spice | Type : coffee shop | area : city centre", "A coffee shop."),
            example(
                "name : Ann | price : £20-25 | customer rating : low | family friendly : yes |"
                    + " near : Café Sicilia | food : Fast food",
                "Ann, \"the\" place.")),
        GenerationTask.E2E.readFile(file));
  }

  @Test
  void e2eRowsWithTheSameMeaningAreOneExampleAndStayPairsForTraining() throws IOException {
    write("trainset.csv", "mr,ref", "name[A],a", "name[A],b", "name[B],c", "name[A],d");
    write("devset.csv", "\"mr\",\"ref\"", "\"name[A]\",\"e\"");
    write("testset_w_refs.csv", "mr,ref", "name[A],f", "name[A],g");
    GenerationDataset data = GenerationTask.E2E.read(folder);
    assertEquals(
        List.of(example("name : A", "a", "b"), example("name : B", "c"), example("name : A", "d")),
        data.split(Dataset.TRAIN));
    assertEquals(
        List.of("a", "b", "c", "d"),
        data.pairs(Dataset.TRAIN).stream().map(GenerationExample.Pair::completion).toList());
    assertEquals(List.of(example("name : A", "f", "g")), data.split(Dataset.TEST));
    assertEquals("trainset.csv, devset.csv, testset_w_refs.csv", data.source());
    assertEquals(64, data.sha256().length());
  }

  @Test
  void e2eWithoutReferencesKeepsEveryRow() throws IOException {
    Path file = write("testset.csv", "MR", "name[A]", "name[A]");
    assertEquals(
        List.of(example("name : A"), example("name : A")), GenerationTask.E2E.readFile(file));
  }

  @Test
  void aTextOverSeveralLinesBecomesOneLine() throws IOException {
    Path file = write("e2e.csv", "mr,ref", "name[A],\"one.", "  two\"", "name[B],c", "name[],d");
    assertRefused("line 5: attribute name has no value", GenerationTask.E2E, file);
    Files.writeString(file, Files.readString(file).replace("name[]", "name[C]"));
    assertEquals(example("name : A", "one. two"), GenerationTask.E2E.readFile(file).get(0));
  }

  @Test
  void badE2eRowsAreNamedByLine() throws IOException {
    record Bad(String message, String row) {}
    for (Bad bad :
        List.of(
            new Bad("line 3: the meaning representation is empty", ",text"),
            new Bad("line 3: 'Blue Spice' is no attribute", "Blue Spice,text"),
            new Bad("line 3: '' is no attribute", "\"name[A],\",text"),
            new Bad("line 3: a comma is missing before 'area[x]'", "name[A] area[x],text"),
            new Bad("line 3: the reference is empty", "name[A],"),
            new Bad("line 3: 1 columns where 2 are needed", "name[A]"),
            new Bad("line 3: its quotation marks do not match", "name[A],\"text"),
            new Bad("line 3: mixed encodings: 'Â£'", "name[A],less than Â£20"))) {
      assertRefused(
          bad.message, GenerationTask.E2E, write("bad.csv", "mr,ref", "name[A],text", bad.row));
    }
    assertRefused(
        "line 1: no column 'mr'", GenerationTask.E2E, write("bad.csv", "meaning,ref", "name[A],t"));
    Path latin = write("latin.csv", "mr,ref");
    Files.write(latin, "mr,ref\nname[A],Café\n".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused("line 2: invalid UTF-8", GenerationTask.E2E, latin);
  }

  private static String[] webNlg(String second) {
    return new String[] {
      "<?xml version=\"1.0\" ?>",
      "<benchmark>",
      "  <entries>",
      "    <entry category=\"Airport\" eid=\"Id1\" size=\"2\">",
      "      <originaltripleset><otriple>a | b | c</otriple></originaltripleset>",
      "      <modifiedtripleset>",
      "        <mtriple>Aarhus_Airport | cityServed | \"Aarhus, Denmark\"</mtriple>",
      "        <mtriple>Aarhus_Airport | runwayLength | 2776.0</mtriple>",
      "      </modifiedtripleset>",
      "      <lex comment=\"good\" lid=\"Id1\">Aarhus Airport &amp; its",
      "        runway.</lex>",
      "      <lex comment=\"toFix\" lid=\"Id2\">Wrong.</lex>",
      "    </entry>",
      second,
      "  </entries>",
      "</benchmark>"
    };
  }

  @Test
  void webNlgEntriesAreTriplesWithTheirGoodTexts() throws IOException {
    Path file = write("a.xml", webNlg(""));
    assertEquals(
        List.of(
            new GenerationExample(
                "Aarhus_Airport : cityServed : \"Aarhus, Denmark\" | Aarhus_Airport : runwayLength"
                    + " : 2776.0",
                List.of("Aarhus Airport & its runway."),
                Optional.of("Airport"))),
        GenerationTask.WEBNLG.readFile(file));
  }

  @Test
  void webNlgTriplesMayBearTheNameOfTheOriginalOnes() throws IOException {
    String[] lines = webNlg("");
    lines[6] = lines[6].replace("mtriple", "otriple");
    Path file = write("a.xml", lines);
    assertTrue(
        GenerationTask.WEBNLG.readFile(file).get(0).context().startsWith("Aarhus_Airport : city"));
    lines[6] = lines[6].replace("otriple", "triplet");
    assertRefused(
        "line 7: <triplet> where <mtriple>", GenerationTask.WEBNLG, write("a.xml", lines));
  }

  @Test
  void webNlgFoldersAreReadInTheOrderOfTheirPaths() throws IOException {
    for (String name : List.of("train/2triples/b.xml", "train/1triples/a.xml", "dev/c.xml")) {
      write(name, String.join("\n", webNlg("")).replace("2776.0", name));
    }
    write("test/testdata_no_lex.xml", "not read");
    write("test/testdata_with_lex.xml", webNlg(""));
    GenerationDataset data = GenerationTask.WEBNLG.read(folder);
    List<String> contexts =
        data.split(Dataset.TRAIN).stream().map(GenerationExample::context).toList();
    assertTrue(contexts.get(0).endsWith("a.xml"), contexts.toString());
    assertTrue(contexts.get(1).endsWith("b.xml"), contexts.toString());
    assertEquals("a.xml, b.xml, c.xml, testdata_with_lex.xml", data.source());
  }

  @Test
  void aFileThatIsAPartOfAnotherCountsOnce() throws IOException {
    String entry = String.join("\n", webNlg(""));
    write("train/a.xml", entry);
    write("dev/a.xml", entry);
    String[] both = webNlg(entryOf(webNlg("")).replace("2776.0", "1.0"));
    write("test/testdata_unseen_with_lex.xml", entry);
    write("test/testdata_with_lex.xml", both);
    GenerationDataset data = GenerationTask.WEBNLG.read(folder);
    assertEquals(2, data.split(Dataset.TEST).size());
    assertTrue(
        data.source()
            .contains("testdata_unseen_with_lex.xml (is in another file as well: counted once)"),
        data.source());
    write("test/testdata_unseen_with_lex.xml", entry.replace("2776.0", "3.0"));
    assertEquals(3, GenerationTask.WEBNLG.read(folder).split(Dataset.TEST).size());
    write("test/testdata_unseen_with_lex.xml", both);
    assertEquals(2, GenerationTask.WEBNLG.read(folder).split(Dataset.TEST).size());
  }

  private static String entryOf(String[] lines) {
    String all = String.join("\n", lines);
    return all.substring(all.indexOf("    <entry"), all.indexOf("</entry>") + "</entry>".length());
  }

  @Test
  void badWebNlgEntriesAreNamedByLine() throws IOException {
    GenerationTask task = GenerationTask.WEBNLG;
    assertRefused(
        "line 14: the meaning representation is empty",
        task,
        write("a.xml", webNlg("<entry><lex comment=\"good\">t</lex></entry>")));
    assertRefused(
        "line 14: 'a | b' is no triple",
        task,
        write("a.xml", webNlg("<entry><mtriple>a | b</mtriple></entry>")));
    assertRefused(
        "line 14: the text is empty",
        task,
        write("a.xml", webNlg("<entry><mtriple>a|b|c</mtriple><lex/></entry>")));
    assertRefused("line 14: not XML", task, write("a.xml", webNlg("<entry></mtriple></entry>")));
    assertRefused("line 1: <html> where", task, write("a.xml", "<html/>"));
  }

  private static final String DART =
      """
      [
        {"tripleset": [["First Clearing", "LOCATION", "On NYS 52"], ["52", "Part_Of", "NYS"]],
         "subtree_was_extended": false,
         "annotations": [{"source": "WikiTableQuestions_mturk", "text": "First\\nclearing."},
                         {"source": "x", "text": "Clearing."}]},
        %s
      ]
      """;

  @Test
  void dartObjectsAreTriplesWithTheirAnnotations() throws IOException {
    String second = "{\"tripleset\": [[\"a\", \"B\", 3]], \"annotations\": []}";
    write("dart-v1.1.1-full-train.json", DART.formatted(second));
    write("dart-v1.1.1-full-dev.json", DART.formatted(second));
    assertEquals(
        List.of(
            example(
                "First Clearing : location : On NYS 52 | 52 : part_of : NYS",
                "First clearing.",
                "Clearing."),
            example("a : b : 3")),
        GenerationTask.DART.read(folder).split(Dataset.TRAIN));
  }

  @Test
  void badDartObjectsAreNamedByLine() throws IOException {
    record Bad(String message, String object) {}
    for (Bad bad :
        List.of(
            new Bad("line 6: the meaning representation is empty", "{\"tripleset\": []}"),
            new Bad(
                "line 6: \\ud83d is half of a character",
                "{\"tripleset\": [[\"a\", \"\\ud83d\", \"c\"]]}"),
            new Bad("line 6: JSON that cannot be read", "{\"tripleset\": " + "[".repeat(2000)),
            new Bad("line 6: [\"a\",\"b\"] is no triple", "{\"tripleset\": [[\"a\", \"b\"]]}"),
            new Bad("line 6: null in the triple", "{\"tripleset\": [[\"a\", null, \"c\"]]}"),
            new Bad(
                "line 6: an annotation has no text",
                "{\"tripleset\": [[\"a\", \"b\", \"c\"]], \"annotations\": [{}]}"),
            new Bad("line 6: not an object", "7"),
            new Bad("line 6: not JSON", "{\"tripleset\" []}"),
            new Bad(
                "line 6: not JSON at column 32: Duplicate field 'tripleset'",
                "{\"tripleset\": [], \"tripleset\": []}"))) {
      assertRefused(
          bad.message, GenerationTask.DART, write("bad.json", DART.formatted(bad.object)));
    }
    assertRefused("line 1: not an array", GenerationTask.DART, write("bad.json", "{}"));
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    write("trainset.csv", "mr,ref", "name[A],a");
    for (GenerationTask task : GenerationTask.values()) {
      IOException refused = assertThrows(IOException.class, () -> task.read(folder));
      assertTrue(refused.getMessage().startsWith(folder + ": there is no "), refused.getMessage());
    }
  }

  @Test
  void anUnknownTaskIsMetWithTheKnownOnes() {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> GenerationTask.named("e2"));
    assertEquals("task is 'e2'; it must be one of e2e, webnlg, dart", refused.getMessage());
  }

  @Test
  void theReleaseOfWebNlgHasTheKnownSizes() throws IOException {
    assumeTrue(Files.isDirectory(WEBNLG_FILES));
    GenerationDataset data = GenerationTask.WEBNLG.read(WEBNLG_FILES);
    assertEquals(6_940, data.split(Dataset.TRAIN).size());
    assertEquals(872, data.split(Dataset.DEV).size());
    List<GenerationExample> test = data.split(Dataset.TEST);
    assertEquals(1_862, test.size());
    Set<Optional<String>> seen =
        data.split(Dataset.TRAIN).stream()
            .map(GenerationExample::category)
            .collect(Collectors.toSet());
    assertEquals(10, seen.size());
    assertEquals(891, test.stream().filter(each -> !seen.contains(each.category())).count());
  }

  @Test
  void theReleaseOfE2eHasTheKnownSizes() throws IOException {
    assumeTrue(Files.isDirectory(E2E_FILES));
    GenerationDataset data = GenerationTask.E2E.read(E2E_FILES);
    // Of the 42,063 lines after the header two belong to texts of two lines.
    assertEquals(42_061, data.pairs(Dataset.TRAIN).size());
    assertEquals(4_672, data.pairs(Dataset.DEV).size());
    assertEquals(547, data.split(Dataset.DEV).size());
    assertEquals(4_693, data.pairs(Dataset.TEST).size());
    assertEquals(630, data.split(Dataset.TEST).size());
  }
}
