package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.bilora.method.BiLora;
import org.bilora.method.Dora;
import org.bilora.method.FullFineTuning;
import org.bilora.method.HeadOnly;
import org.bilora.method.Lora;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Result;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.types.TString;

/** Several adapters on one base in one SavedModel. */
class AdapterSetTest {
  private static final List<String> NAMES = List.of("rules", "mood", "parts");
  private static final List<ServedModel.Text> TEXTS =
      List.of(
          pair("w1 w2, w3", "w7"),
          ServedModel.Text.of("w5 w4"),
          pair("w9 ".repeat(30), ""),
          ServedModel.Text.of("w6 w2 w3 ".repeat(9)),
          pair("", "w8 w9"),
          pair("w1 w2, w3", "w7"));
  private static final List<String> ADAPTERS =
      List.of("rules", "mood", "parts", "mood", "rules", "parts");

  @TempDir private static Path folder;

  private static PretrainedEncoder base;
  private static final List<TrainedEncoder> RUNS = new ArrayList<>();
  private static Path together;
  private static Written written;

  @BeforeAll
  static void export() throws IOException {
    base = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(1));
    RUNS.add(TinyExports.run(base, Lora.USUAL, 3, 20, true, "query", "value"));
    RUNS.add(TinyExports.run(base, BiLora.USUAL, 2, 12, false, "value", "output.dense"));
    RUNS.add(TinyExports.run(base, Dora.USUAL, 3, 20, true, "query", "output.dense"));
    AdapterSet set = new AdapterSet();
    for (int i = 0; i < RUNS.size(); i++) {
      set.add(NAMES.get(i), RUNS.get(i));
      RUNS.get(i).merged();
      SavedModelExport.write(
          RUNS.get(i).merged(),
          RUNS.get(i).references(),
          folder.resolve(NAMES.get(i)),
          OptionalLong.empty());
    }
    written = set.write(folder.resolve("all"));
    together = written.directory();
  }

  @AfterAll
  static void close() {
    base.close();
  }

  private static ServedModel.Text pair(String first, String second) {
    return new ServedModel.Text(first, Optional.of(second));
  }

  /** What each row's adapter answers in an export of its own. */
  private static List<ServedModel.Answer> alone() throws IOException {
    List<ServedModel.Answer> answers = new ArrayList<>();
    for (int row = 0; row < TEXTS.size(); row++) {
      try (ServedModel model = ServedModel.open(folder.resolve(ADAPTERS.get(row)))) {
        answers.add(model.classify(List.of(TEXTS.get(row))).get(0));
      }
    }
    return answers;
  }

  @Test
  void rowsOfABatchAreAnsweredByTheirOwnAdapters() throws IOException {
    List<ServedModel.Answer> alone = alone();
    try (ServingSession session = ServingSession.open(together);
        ServedModel model = ServedModel.open(together)) {
      List<Integer> lengths =
          ADAPTERS.stream().map(name -> model.adapter(name).maxTokens()).toList();
      PaddedTexts ids = model.encode(TEXTS, lengths);
      List<float[][]> answers = new ArrayList<>();
      for (String signature : ServingGraph.ID_SIGNATURES) {
        answers.add(session.run(signature, ids, ADAPTERS).logits());
      }
      answers.add(session.runTexts(TEXTS, ADAPTERS).logits());
      for (float[][] logits : answers) {
        for (int row = 0; row < TEXTS.size(); row++) {
          for (int label = 0; label < alone.get(row).logits().size(); label++) {
            assertEquals(
                alone.get(row).logits().get(label), logits[row][label], 1e-5f, "row " + row);
          }
        }
      }
      // A label that mood does not have is never answered.
      assertEquals(0, session.runTexts(TEXTS, ADAPTERS).probabilities().orElseThrow()[1][2]);
      // One text, two adapters, two answers.
      assertTrue(Math.abs(answers.get(3)[0][0] - answers.get(3)[5][0]) > 1e-2);
      for (int row = 0; row < TEXTS.size(); row++) {
        ServedModel.Answer answer =
            model.classify(List.of(TEXTS.get(row)), ADAPTERS.get(row)).get(0);
        assertEquals(alone.get(row).labels(), answer.labels());
        assertEquals(alone.get(row).value(), answer.value(), 1e-5);
      }
    }
  }

  @Test
  void theLabelIsOneOfTheRowsOwnAdapter() throws IOException {
    List<ServedModel.Answer> alone = alone();
    try (ServingSession session = ServingSession.open(together)) {
      SignatureDef signature =
          session.bundle().metaGraphDef().getSignatureDefOrThrow("serving_text");
      assertEquals(Set.of("text", "text_pair", "adapter"), signature.getInputsMap().keySet());
      try (Result result = labels(session, signature, TEXTS, ADAPTERS)) {
        for (int row = 0; row < TEXTS.size(); row++) {
          assertEquals(
              alone.get(row).label().orElseThrow(), ((TString) result.get(0)).getObject(row));
        }
      }
    }
  }

  private static Result labels(
      ServingSession session,
      SignatureDef signature,
      List<ServedModel.Text> texts,
      List<String> adapters) {
    try (TString first = strings(texts.stream().map(ServedModel.Text::first).toList());
        TString second = strings(texts.stream().map(text -> text.second().orElse("")).toList());
        TString names = strings(adapters)) {
      return session
          .bundle()
          .session()
          .runner()
          .feed(signature.getInputsOrThrow("text").getName(), first)
          .feed(signature.getInputsOrThrow("text_pair").getName(), second)
          .feed(signature.getInputsOrThrow("adapter").getName(), names)
          .fetch(signature.getOutputsOrThrow("label").getName())
          .run();
    }
  }

  private static TString strings(List<String> texts) {
    return TString.tensorOf(
        StandardCharsets.UTF_8, NdArrays.vectorOfObjects(texts.toArray(String[]::new)));
  }

  @Test
  void aNameThatIsNoAdapterFailsTheRunAndIsNamed() throws IOException {
    try (ServingSession session = ServingSession.open(together)) {
      List<String> names = new ArrayList<>(ADAPTERS);
      names.set(3, "moods");
      TFInvalidArgumentException refused =
          assertThrows(TFInvalidArgumentException.class, () -> session.runTexts(TEXTS, names));
      assertTrue(
          refused.getMessage().contains("no adapter of this model is called")
              && refused.getMessage().contains("moods")
              && refused.getMessage().contains("parts"),
          refused.getMessage());
      PaddedTexts ids = PaddedTexts.of(List.of(encodingOf("w1")), 0);
      for (String signature : ServingGraph.ID_SIGNATURES) {
        assertThrows(
            TFInvalidArgumentException.class, () -> session.run(signature, ids, List.of("")));
      }
    }
  }

  private static org.bilora.text.Encoding encodingOf(String text) {
    return base.tokenizer().encode(text, Optional.empty(), 20);
  }

  @Test
  void aSecondTextThatTheAdapterWouldNotReadFailsTheRun() throws IOException {
    try (ServingSession session = ServingSession.open(together)) {
      TFInvalidArgumentException refused =
          assertThrows(
              TFInvalidArgumentException.class,
              () -> session.runTexts(List.of(pair("w1", "w2")), List.of("mood")));
      assertTrue(refused.getMessage().contains("single texts"), refused.getMessage());
    }
  }

  @Test
  void weightsOfTheBaseAreThereOnce() throws IOException {
    long all = Files.size(together.resolve("variables/variables.data-00000-of-00001"));
    long one = Files.size(folder.resolve("mood/1/variables/variables.data-00000-of-00001"));
    long adapters = 0;
    AdapterSet set = new AdapterSet();
    for (int i = 0; i < RUNS.size(); i++) {
      set.add(NAMES.get(i), RUNS.get(i));
    }
    for (var tensor : set.model().adapters().orElseThrow().tensors().values()) {
      adapters += 4L * tensor.values().length;
    }
    assertTrue(all < one + adapters, all + " bytes, alone " + one + ", of adapters " + adapters);
    // So is the vocabulary, although two of the adapters read texts differently.
    byte[] graph = Files.readAllBytes(together.resolve("saved_model.pb"));
    GraphDef nodes = SavedModel.parseFrom(graph).getMetaGraphs(0).getGraphDef();
    List<NodeDef> large =
        nodes.getNodeList().stream()
            .filter(node -> node.getOp().equals("Const") && node.getSerializedSize() > 4096)
            .toList();
    assertTrue(!large.isEmpty());
    assertEquals(
        large.size(), large.stream().map(node -> node.getAttrOrThrow("value")).distinct().count());
    assertEquals(NAMES, written.facts().get("adapters"));
    String readme = Files.readString(folder.resolve("all/README.md"));
    assertTrue(readme.contains("| `mood` | single texts, cut at 12 tokens | bilora 0, bilora 1 |"));
    assertTrue(readme.contains("\"adapter\":\"rules\""), readme);
  }

  @Test
  void everyRowOfTheWarmupNamesAnAdapter() throws IOException {
    byte[] file = Files.readAllBytes(together.resolve(WarmupRequests.FILE));
    String text = new String(file, StandardCharsets.ISO_8859_1);
    NAMES.forEach(name -> assertTrue(text.contains(name), name));
  }

  @Test
  void whatCannotShareABaseIsRefusedByName() throws IOException {
    AdapterSet set = new AdapterSet();
    set.add("rules", RUNS.get(0));
    refused(set, "rules", RUNS.get(1), "two adapters are called rules");
    refused(set, " ", RUNS.get(1), "blank");
    refused(
        set,
        "score",
        TinyExports.run(base, Lora.USUAL, 1, 20, true, "query"),
        "score is a regression, rules a classifier");
    refused(
        set,
        "all",
        TinyExports.run(base, FullFineTuning.USUAL, 3, 20, true, "query"),
        "all trained the base itself (embeddings.");
    try (PretrainedEncoder other = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(2))) {
      refused(
          set,
          "other",
          TinyExports.run(other, Lora.USUAL, 3, 20, true, "query"),
          "another base than rules: its weights");
    }
    set.add("head", TinyExports.run(base, HeadOnly.USUAL, 3, 20, true, "query"));
    assertEquals(2, set.model().adapters().orElseThrow().adapters().size());
  }

  private static void refused(AdapterSet set, String name, TrainedEncoder run, String because) {
    ExportRefusedException refused =
        assertThrows(ExportRefusedException.class, () -> set.add(name, run));
    assertTrue(refused.getMessage().contains(because), refused.getMessage());
  }

  @Test
  void encodersOfOtherKindsAnswerInOneModelAsAlone() throws IOException {
    for (PretrainedEncoder kind : TinyEncoders.otherKinds(0, 6)) {
      try (PretrainedEncoder encoder = kind) {
        AdapterSet set = new AdapterSet();
        switch (encoder.config().kind().title()) {
          case "DeBERTa-v2" -> refused(set, "a", RUNS.get(0).on(encoder), "distances");
          case "ALBERT", "ModernBERT" -> {
            set.add("a", TinyExports.run(encoder, Lora.USUAL, 2, 12, false, "query", "value"));
            set.add("b", TinyExports.run(encoder, Dora.USUAL, 3, 12, false, "value"));
            double difference =
                set.write(folder.resolve(encoder.config().kind().title()))
                    .largestDifference()
                    .orElseThrow();
            assertTrue(difference < 1e-5, kind.name() + " " + difference);
          }
          default -> assertTrue(encoder.config().kind().readsTokensOnly());
        }
      }
    }
  }

  @Test
  void anAdapterWhoseLogitsDifferIsRefusedAndLeavesNothing() throws IOException {
    TrainedEncoder run = RUNS.get(0);
    List<ReferenceLogits> wrong = new ArrayList<>();
    for (ReferenceLogits reference : run.references()) {
      float[][] logits = new float[reference.logits().length][];
      for (int row = 0; row < logits.length; row++) {
        logits[row] = reference.logits()[row].clone();
        logits[row][1] += 2e-4f;
      }
      wrong.add(new ReferenceLogits(reference.texts(), logits));
    }
    AdapterSet set = new AdapterSet();
    set.add("mood", RUNS.get(1));
    set.add("rules", TinyExports.heldAgainst(run, wrong));
    assertThrows(ExportRefusedException.class, () -> set.write(folder.resolve("wrong")));
    assertFalse(Files.exists(folder.resolve("wrong")));
  }

  @Test
  void anAdaptersOwnValuesAreKeptApart() throws IOException {
    Map<String, float[]> seen = new HashMap<>();
    try (ServingSession session = ServingSession.open(together)) {
      PaddedTexts ids = PaddedTexts.of(List.of(encodingOf("w1 w2")), 0);
      for (String name : NAMES) {
        seen.put(name, session.run("serving_default", ids, List.of(name)).logits()[0]);
        assertArrayEquals(
            seen.get(name), session.run("serving_default", ids, List.of(name)).logits()[0]);
      }
    }
    assertEquals(3, seen.values().stream().map(row -> row[0]).distinct().count());
  }
}
