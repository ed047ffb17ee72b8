package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;
import org.bilora.text.Encoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServedModelTest {
  @TempDir private Path folder;

  @Test
  void textsAreAnsweredAsTheirTokensAre() throws IOException {
    Path base = folder.resolve("model");
    List<ServedModel.Text> texts = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      Optional<String> second = i % 3 == 0 ? Optional.of("w3 w" + i % 7) : Optional.empty();
      texts.add(new ServedModel.Text("w1 w" + i % 5 + " w2".repeat(i), second));
    }
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(1))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, BiLora.USUAL);
      SavedModelExport.write(trained.merged(), trained.references(), base, OptionalLong.empty());
      try (ServedModel served = ServedModel.open(base);
          ServingSession session = ServingSession.open(base.resolve("1"))) {
        List<ServedModel.Answer> answers = served.classify(texts);
        assertEquals(texts.size(), answers.size());
        for (int i = 0; i < texts.size(); i++) {
          ServedModel.Text text = texts.get(i);
          // One by one and unpadded, by the tokenizer that was packed.
          Encoding alone = encoder.tokenizer().encode(text.first(), text.second(), 20);
          float[][] logits = session.run(PaddedTexts.of(List.of(alone), 0)).logits();
          List<Float> expected = List.of(logits[0][0], logits[0][1], logits[0][2]);
          ServedModel.Answer answer = answers.get(i);
          for (int c = 0; c < 3; c++) {
            assertEquals(expected.get(c), answer.logits().get(c), 1e-5f);
          }
          int best = expected.indexOf(Collections.max(expected));
          assertEquals(List.of("a", "b", "c").get(best), answer.label().orElseThrow());
          double sum = 0;
          for (float logit : expected) {
            sum += Math.exp(logit);
          }
          assertEquals(Math.exp(expected.get(best)) / sum, answer.value(), 1e-5);
        }
      }
    }
  }

  @Test
  void aRegressionModelAnswersWithTheScore() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(2))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 1, Lora.USUAL);
      Path base = folder.resolve("model");
      SavedModelExport.write(trained.merged(), trained.references(), base, OptionalLong.empty());
      try (ServedModel served = ServedModel.open(base.resolve("1"))) {
        ServedModel.Answer answer = served.classify(List.of(ServedModel.Text.of("w4 w5"))).get(0);
        assertTrue(answer.label().isEmpty());
        assertEquals(answer.logits().get(0), answer.value(), 0);
      }
    }
  }

  @Test
  void aDamagedExportIsRefusedInOneLine() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(3))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 2, Lora.USUAL);
      Path intact =
          SavedModelExport.write(
                  trained.merged(),
                  trained.references(),
                  folder.resolve("model"),
                  OptionalLong.of(4))
              .directory();
      for (String file :
          List.of(
              "saved_model.pb",
              "variables/variables.index",
              "variables/variables.data-00000-of-00001",
              "assets/tokenizer.json",
              "assets/labels.json",
              "assets/export.json")) {
        refused(copy(intact, "missing"), file, Files::delete);
        refused(copy(intact, "cut"), file, path -> cut(path, Files.size(path) / 2));
        refused(copy(intact, "empty"), file, path -> cut(path, 0));
      }
      refused(
          copy(intact, "flipped"),
          "variables/variables.data-00000-of-00001",
          path -> {
            byte[] bytes = Files.readAllBytes(path);
            bytes[bytes.length / 2] ^= 1;
            Files.write(path, bytes);
          });
      refused(
          copy(intact, "labels"),
          "assets/labels.json",
          path -> Files.writeString(path, "[\"a\", \"b\", \"c\"]"));
    }
  }

  @Test
  void aFolderWithoutAnExportIsRefusedInOneLine() throws IOException {
    assertTrue(messageOf(folder).contains("holds no exported version"), messageOf(folder));
    assertTrue(messageOf(folder.resolve("nowhere")).contains("is not a folder"));
  }

  private interface Damage {
    void apply(Path file) throws IOException;
  }

  private static void refused(Path export, String file, Damage damage) throws IOException {
    damage.apply(export.resolve(file));
    String message = messageOf(export);
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.contains(export.getFileName().toString()), message);
  }

  private static String messageOf(Path export) {
    return assertThrows(IOException.class, () -> ServedModel.open(export).close(), "" + export)
        .getMessage();
  }

  private static void cut(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  private Path copy(Path export, String name) throws IOException {
    Path copy = Files.createTempDirectory(folder, name);
    for (Path source : MoreFiles.fileTraverser().breadthFirst(export)) {
      Path target = copy.resolve(export.relativize(source).toString());
      if (Files.isDirectory(source)) {
        Files.createDirectories(target);
      } else {
        Files.copy(source, target);
      }
    }
    return copy;
  }
}
