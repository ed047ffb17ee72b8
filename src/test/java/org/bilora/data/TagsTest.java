package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bilora.text.JsonTokenizer;
import org.bilora.text.Tokenizer;
import org.bilora.text.WordPieceDefinition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Words with tags, from their files to tokens. */
class TagsTest {
  private static final String CONLL =
      "-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects VBZ O\nPeter NNP B-PER\nBlackburn NNP I-PER\n\n"
          + "Yes UH O\n\nBonn NNP B-LOC\n";

  @TempDir Path folder;

  private Dataset read(String name, String content, CustomFormat format) throws IOException {
    Path file = Files.writeString(folder.resolve(name), content);
    return Tasks.load("custom", Optional.of(file), format);
  }

  private String problem(String name, String content) {
    CustomFormat format = CustomFormat.USUAL.withType(TaskType.TOKEN_CLASSIFICATION);
    return assertThrows(IOException.class, () -> read(name, content, format)).getMessage();
  }

  private static Example find(Dataset data, String text) {
    return data.splits().values().stream()
        .flatMap(List::stream)
        .filter(example -> example.text().equals(text))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void columnsHoldAWordAndItsTagPerLine() throws IOException {
    Dataset data = read("a.conll", CONLL, CustomFormat.USUAL);
    assertEquals(TaskType.TOKEN_CLASSIFICATION, data.task().type());
    assertEquals(List.of("O", "B-LOC", "B-ORG", "B-PER", "I-PER"), data.task().labels());
    Example first = find(data, "EU rejects Peter Blackburn");
    assertEquals(Optional.of(List.of(2.0, 0.0, 3.0, 4.0)), first.targets());
    assertEquals(
        List.of("EU", "rejects", "Peter", "Blackburn"),
        first.words().orElseThrow().stream().map(word -> word.of(first.text())).toList());
    assertTrue(
        data.notes().get(0).contains("3 texts of 6 words, with 1 LOC, 1 ORG, 1 PER"),
        data.notes().get(0));
  }

  @Test
  void jsonHoldsSpansCountedInCodePoints() throws IOException {
    String line =
        "{\"text\": \"😀 Peter Blackburn, EU\", \"spans\": [{\"start\": 2, \"end\": 17, \"label\":"
            + " \"PER\"}, {\"start\": 19, \"end\": 21, \"label\": \"ORG\"}]}\n";
    Dataset data =
        read(
            "a.jsonl",
            line + "{\"text\": \"Yes.\", \"spans\": []}\n{\"text\": \"No.\", \"spans\": []}\n",
            CustomFormat.USUAL.withType(TaskType.TOKEN_CLASSIFICATION));
    Example first = find(data, "😀 Peter Blackburn, EU");
    List<String> labels = data.task().labels();
    assertEquals(
        List.of("O", "B-PER", "I-PER", "O", "B-ORG"),
        first.requireTargets().stream().map(tag -> labels.get(tag.intValue())).toList());
  }

  @Test
  void whatIsNoTagOrNoSpanIsToldWithItsLine() {
    assertTrue(problem("a.conll", "a O\nb X\n").contains("line 2: the tag is 'X'"));
    assertTrue(problem("b.conll", "a O\nb\n").contains("line 2: 1 columns"));
    assertTrue(problem("c.conll", "a O\n\nb O\n").contains("no word of it has a tag"));
    for (String span : List.of("{\"start\": 1, \"end\": 3, \"label\": \"X\"}", "{\"start\": 2}")) {
      String json = "{\"text\": \"abc de\", \"spans\": [" + span + "]}\n";
      assertTrue(problem("d.jsonl", json).contains("line 1"), span);
    }
    String behind =
        "{\"text\": \"abc\", \"spans\": [{\"start\": 0, \"end\": 4, \"label\": \"X\"}]}\n";
    assertTrue(problem("e.jsonl", behind).contains("does not lie in its text"));
  }

  @Test
  void aWordHasItsLabelAtItsFirstTokenAndNoneWhenItIsCutOff() throws IOException {
    String text = "😀 unaffable, cat unaffable";
    Example example =
        new Example(
            text,
            Optional.empty(),
            Optional.of(List.of(1.0, 2.0, 0.0, 1.0, 2.0)),
            Optional.of(Words.of(text)));
    byte[] definition =
        WordPieceDefinition.lowerCase(
            List.of(
                "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", ",", "cat"),
            "test");
    try (Tokenizer tokenizer =
        JsonTokenizer.of(definition, JsonTokenizer.Segments.FIRST_AND_SECOND, "test")) {
      // [CLS] [UNK] un ##aff ##able , cat un [SEP]
      EncodedExample encoded = EncodedSet.of(tokenizer, List.of(example), 9).examples().get(0);
      assertEquals(Optional.of(List.of(1, 2, 5, 6, 7)), encoded.firstTokens());
      Batch batch = Batch.of(List.of(encoded), 2, 10);
      assertEquals(20, batch.targets().length);
      assertEquals(2, batch.targets()[2]);
      assertEquals(Batch.NO_WORD, batch.targets()[3]);
      assertEquals(Batch.NO_WORD, batch.targets()[10]);
      EncodedExample cut = EncodedSet.of(tokenizer, List.of(example), 6).examples().get(0);
      assertEquals(
          Optional.of(List.of(1, 2, EncodedExample.CUT, EncodedExample.CUT, EncodedExample.CUT)),
          cut.firstTokens());
    }
  }
}
