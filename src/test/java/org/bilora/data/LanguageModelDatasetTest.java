package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bilora.text.Encoding;
import org.bilora.text.JsonTokenizer;
import org.bilora.text.Tokenizer;
import org.junit.jupiter.api.Test;

class LanguageModelDatasetTest {
  private static final Path TOKENIZER =
      Path.of("src/test/resources/transformers/gpt2/tokenizer.json");
  private static final int END = 0;

  private static LanguageModelDataset pairs() throws IOException {
    GenerationDataset dataset =
        new GenerationDataset(
            GenerationTask.E2E,
            ImmutableMap.of(
                Dataset.TRAIN,
                ImmutableList.of(
                    new GenerationExample(
                        "name : Ann", ImmutableList.of("Ann is old.", "It is Ann."))),
                Dataset.DEV,
                ImmutableList.of(new GenerationExample("name : Bo", ImmutableList.of("Bo.")))),
            "trainset.csv, devset.csv",
            "abc");
    try (Tokenizer tokenizer = tokenizer()) {
      return LanguageModelDataset.of(dataset, tokenizer, END);
    }
  }

  private static Tokenizer tokenizer() throws IOException {
    return JsonTokenizer.of(
        Files.readAllBytes(TOKENIZER), JsonTokenizer.Segments.NONE, TOKENIZER.toString());
  }

  private static int[] ids(String text) throws IOException {
    try (Tokenizer tokenizer = tokenizer()) {
      return tokenizer.encode(text, Optional.empty(), 1000).inputIds();
    }
  }

  @Test
  void aPairIsContextEndBlankAndCompletionEnd() throws IOException {
    LanguageModelDataset dataset = pairs();
    assertEquals(2, dataset.split(Dataset.TRAIN).size());
    Encoding first = dataset.split(Dataset.TRAIN).get(0);
    int[] context = ids("name : Ann");
    int[] completion = ids(" Ann is old.");
    int[] expected =
        IntStream.of(context)
            .boxed()
            .collect(
                java.util.stream.Collectors.collectingAndThen(
                    java.util.stream.Collectors.toList(),
                    list -> {
                      list.add(END);
                      IntStream.of(completion).forEach(list::add);
                      list.add(END);
                      return list.stream().mapToInt(Integer::intValue).toArray();
                    }));
    assertArrayEquals(expected, first.inputIds());
    for (int i = 0; i < first.length(); i++) {
      assertEquals(i > context.length ? 1 : 0, first.tokenTypeIds()[i], "token " + i);
    }
    assertEquals("e2e", dataset.task().name());
    assertTrue(dataset.task().languageModelling());
  }

  @Test
  void longSequencesAreCutAndThoseWithoutACompletionLeftOut() throws IOException {
    LanguageModelDataset dataset = pairs();
    int context = ids("name : Ann").length;
    LanguageModelDataset.Cut cut = dataset.cut(Dataset.TRAIN, context + 3);
    assertEquals(2, cut.cut());
    assertEquals(0, cut.leftOut());
    for (EncodedExample example : cut.examples()) {
      assertEquals(context + 3, example.encoding().length());
      assertEquals(2, example.predictions());
    }
    IllegalArgumentException nothing =
        assertThrows(IllegalArgumentException.class, () -> dataset.cut(Dataset.TRAIN, context + 1));
    assertTrue(nothing.getMessage().startsWith("the train split of e2e has no text"));
    assertEquals(0, dataset.cut(Dataset.TRAIN, 1000).cut());
  }

  @Test
  void plainTextComesInBlocksOfWhichAllButTheFirstTokenCounts() {
    LanguageModelDataset dataset =
        LanguageModelDataset.blocks(
            "text",
            Map.of(
                Dataset.TRAIN, IntStream.range(0, 11).toArray(), Dataset.DEV, new int[] {1, 2, 3}),
            3,
            "a.txt",
            "abc");
    assertEquals(3, dataset.split(Dataset.TRAIN).size());
    assertArrayEquals(new int[] {3, 4, 5}, dataset.split(Dataset.TRAIN).get(1).inputIds());
    for (EncodedExample block : dataset.cut(Dataset.TRAIN, 3).examples()) {
      assertEquals(2, block.predictions());
    }
    assertThrows(
        IllegalArgumentException.class,
        () ->
            LanguageModelDataset.blocks(
                "text", Map.of(Dataset.TRAIN, new int[] {1, 2}), 3, "a.txt", "abc"));
    assertThrows(IllegalArgumentException.class, () -> dataset.split("test"));
  }
}
