package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bilora.export.DecoderDirectory;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedDecoders;
import org.bilora.train.TrainedLanguageModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a text file to a model, to a run on it, to generated texts. */
class PretrainCommandTest {
  @TempDir private Path folder;
  private Path text;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      lines.add("The old mill stands by the river.");
      lines.add(i % 4 == 0 ? "" : "The river runs past the mill.");
    }
    text = Files.write(folder.resolve("text.txt"), lines);
    out = folder.resolve("models/mill");
    Files.createDirectory(folder.resolve("models"));
  }

  private Call pretrain(Path to, Object... more) {
    List<Object> words = new ArrayList<>(List.of("pretrain", "--out", to, "--jit", "off"));
    words.addAll(List.of("--layers", 1, "--width", 16, "--positions", 32, "--batch", 4));
    words.addAll(Arrays.asList(more));
    return Call.of(words.toArray());
  }

  private static JsonNode json(Call call) throws IOException {
    assertEquals(0, call.exitCode(), call.err());
    return new ObjectMapper().readTree(call.out());
  }

  private static void assertFails(int exitCode, String message, Call call) {
    assertEquals(exitCode, call.exitCode(), call.err());
    assertEquals(1, call.errorLines(), call.err());
    assertTrue(call.error().contains(message), call.err());
    assertFalse(call.hasStackTrace(), call.err());
    assertEquals("", call.out());
  }

  @Test
  void aModelLearnsItsTextAndIsWrittenAsTheSameBytesAgain() throws IOException {
    Object[] settings = {
      "--text", text, "--vocabulary", 290, "--epochs", 20, "--lr", 0.02, "--json"
    };
    JsonNode result = json(pretrain(out, settings));
    int vocabulary = result.path("vocabulary").asInt();
    assertTrue(vocabulary > 257 && vocabulary <= 290, result.toString());
    // A model that knows nothing has perplexity `vocabulary`; the text repeats two sentences.
    assertTrue(result.path("perplexity").asDouble() < 4, result.toString());
    Path again = folder.resolve("models/again");
    json(pretrain(again, settings));
    assertArrayEquals(
        Files.readAllBytes(out.resolve("model.safetensors")),
        Files.readAllBytes(again.resolve("model.safetensors")));
    JsonNode generated =
        json(
            Call.of(
                "generate", "--model", out, "--text", "The old", "--max-new-tokens", 4, "--json"));
    assertTrue(generated.path("text").asText().startsWith("mill"), generated.toString());
    assertFails(1, "exists already", pretrain(out, settings));
  }

  @Test
  void aTasksTextsMakeAModelThatIsTrainedFurtherAndGenerates() throws IOException {
    Path data = Files.createDirectory(folder.resolve("e2e"));
    List<String> rows = new ArrayList<>(List.of("mr,ref"));
    for (int i = 0; i < 30; i++) {
      rows.add("name[Mill %d],Mill %d is an old mill.".formatted(i, i));
    }
    for (String file : List.of("trainset", "devset", "testset_w_refs")) {
      Files.write(data.resolve(file + ".csv"), rows);
    }
    json(
        pretrain(
            out, "--task", "e2e", "--data", data, "--vocabulary", 300, "--max-steps", 3, "--json"));
    Path run = folder.resolve("run");
    json(
        Call.of(
            "train",
            "--task",
            "e2e",
            "--data",
            data,
            "--model",
            out,
            "--out",
            run,
            "--jit",
            "off",
            "--method",
            "lora",
            "--max-steps",
            2,
            "--json"));
    Path texts = folder.resolve("texts.txt");
    json(
        Call.of(
            "generate",
            "--run",
            run,
            "--data",
            data,
            "--out",
            texts,
            "--max-new-tokens",
            6,
            "--json"));
    assertEquals(30, Files.readAllLines(texts).size());

    Path merged = folder.resolve("merged");
    try (TrainedLanguageModel trained = TrainedLanguageModel.open(run)) {
      DecoderDirectory.write(trained.merged(), merged);
    }
    Path same = folder.resolve("same.txt");
    json(
        Call.of(
            "generate",
            "--model",
            merged,
            "--task",
            "e2e",
            "--data",
            data,
            "--out",
            same,
            "--max-new-tokens",
            6,
            "--json"));
    assertEquals(Files.readAllLines(texts), Files.readAllLines(same));
  }

  @Test
  void aTokenizerThatIsGivenIsKept() throws IOException {
    Path tokenizer = Path.of("src/test/resources/transformers/gpt2/tokenizer.json");
    json(pretrain(out, "--text", text, "--tokenizer", tokenizer, "--max-steps", 1, "--json"));
    assertArrayEquals(
        Files.readAllBytes(tokenizer), Files.readAllBytes(out.resolve("tokenizer.json")));
    try (PretrainedDecoder model = PretrainedDecoders.load("m", out)) {
      assertEquals(285, model.config().vocabSize());
      assertEquals(32, model.config().maxPositions());
      assertEquals(0, model.config().endOfTextId());
    }
  }

  /** As when the disk was full, or the program killed, after the training and before the saving. */
  @Test
  void aFinishedTrainingIsSavedByResuming() throws IOException {
    Object[] settings = {"--text", text, "--vocabulary", 290, "--max-steps", 2};
    assertEquals(0, pretrain(out, settings).exitCode());
    byte[] weights = Files.readAllBytes(out.resolve("model.safetensors"));
    MoreFiles.deleteRecursively(out, RecursiveDeleteOption.ALLOW_INSECURE);
    assertFails(1, "models/mill.run", pretrain(out, settings));
    Object[] again = Arrays.copyOf(settings, settings.length + 1);
    again[settings.length] = "--resume";
    assertEquals(0, pretrain(out, again).exitCode());
    assertArrayEquals(weights, Files.readAllBytes(out.resolve("model.safetensors")));
  }

  @Test
  void wrongCallsLeaveNothingBehind() throws IOException {
    assertFails(2, "Give either --text, or --task", pretrain(out));
    assertFails(2, "--task and --data go together", pretrain(out, "--task", "e2e"));
    Path bert = Path.of("src/test/resources/transformers/bert/tokenizer.json");
    assertFails(
        2,
        "--vocabulary is for",
        pretrain(out, "--text", text, "--tokenizer", bert, "--vocabulary", 300));
    assertFails(
        1, "has no token <|endoftext|>", pretrain(out, "--text", text, "--tokenizer", bert));
    assertFails(
        1, "the vocabulary has 100 tokens", pretrain(out, "--text", text, "--vocabulary", 100));
    assertFails(
        1, "n_head is 3; it must divide n_embd 16", pretrain(out, "--text", text, "--heads", 3));
    assertFails(1, "no such file", pretrain(out, "--text", folder.resolve("none.txt")));
    assertFails(1, "precision is 'f8'", pretrain(out, "--text", text, "--precision", "f8"));
    Path few = Files.writeString(folder.resolve("few.txt"), "Too little.");
    assertFails(1, "less than two blocks of 32", pretrain(out, "--text", few));
    assertFalse(Files.exists(out));
    assertFalse(Files.exists(folder.resolve("models/mill.run")));
  }
}
