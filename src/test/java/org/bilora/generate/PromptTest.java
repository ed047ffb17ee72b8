package org.bilora.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.bilora.data.Dataset;
import org.bilora.data.GenerationDataset;
import org.bilora.data.GenerationExample;
import org.bilora.data.GenerationTask;
import org.bilora.data.LanguageModelDataset;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedDecoders;
import org.bilora.text.Encoding;
import org.junit.jupiter.api.Test;

class PromptTest {
  private static final String CONTEXT = "name : the old mill";

  /** A GPT-2 with 30 positions; 0 ends a text. */
  private static PretrainedDecoder model() throws IOException {
    return PretrainedDecoders.load("gpt2", Path.of("src/test/resources/transformers/gpt2"));
  }

  private static int[] ids(PretrainedDecoder model, String text) {
    return model.tokenizer().encode(text, Optional.empty(), 1000).inputIds();
  }

  @Test
  void aContextIsReadAsItWasInTraining() throws IOException {
    GenerationDataset dataset =
        new GenerationDataset(
            GenerationTask.E2E,
            ImmutableMap.of(
                Dataset.TRAIN,
                ImmutableList.of(
                    new GenerationExample(CONTEXT, ImmutableList.of("The river runs past.")))),
            "",
            "");
    try (PretrainedDecoder model = model()) {
      Encoding trained =
          LanguageModelDataset.of(dataset, model.tokenizer(), 0).split(Dataset.TRAIN).get(0);
      int[] prompt = Prompt.ofContext(model, CONTEXT, 5).tokens();
      assertArrayEquals(Arrays.copyOf(trained.inputIds(), prompt.length), prompt);
      // The loss counts what follows the prompt, from its first token on.
      assertEquals(
          prompt.length, Arrays.stream(trained.tokenTypeIds()).filter(i -> i == 0).count());
      assertEquals(1, trained.tokenTypeIds()[prompt.length]);
    }
  }

  @Test
  void aLongTextLosesItsEndAndKeepsHalfOfThePositionsAtLeast() throws IOException {
    try (PretrainedDecoder model = model()) {
      String text = CONTEXT.repeat(9);
      int[] whole = ids(model, text);
      Prompt roomy = Prompt.ofBeginning(model, text, 4);
      assertTrue(roomy.cut());
      assertArrayEquals(Arrays.copyOf(whole, 26), roomy.tokens());
      assertArrayEquals(Arrays.copyOf(whole, 15), Prompt.ofBeginning(model, text, 100).tokens());
      Prompt context = Prompt.ofContext(model, text, 4);
      int[] expected = Arrays.copyOf(whole, 26);
      expected[25] = 0;
      assertArrayEquals(expected, context.tokens());
      assertTrue(context.cut());
      assertFalse(Prompt.ofContext(model, "the mill", 4).cut());
    }
  }

  @Test
  void nothingToContinueIsTheEndOfAnotherText() throws IOException {
    try (PretrainedDecoder model = model()) {
      assertArrayEquals(new int[] {0}, Prompt.ofBeginning(model, "", 4).tokens());
      assertArrayEquals(ids(model, "the mill"), Prompt.ofBeginning(model, "the mill", 4).tokens());
    }
  }
}
