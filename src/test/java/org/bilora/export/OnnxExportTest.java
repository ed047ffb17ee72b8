package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bilora.data.TaskType;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.bilora.model.TinyEncoders;
import org.bilora.weights.HostTensor;
import org.bilora.weights.NamedTensors;
import org.bilora.weights.OnnxInitializers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime is the other program. */
class OnnxExportTest {
  @TempDir private Path folder;

  private static List<PretrainedEncoder> kinds() {
    List<PretrainedEncoder> kinds = new ArrayList<>(TinyEncoders.otherKinds(0.1, 6));
    kinds.add(TinyEncoders.bert(1));
    kinds.add(TinyEncoders.roberta(2));
    return kinds;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void onnxRuntimeGivesTheTrainedModelsLogitsForEveryKindAndBatchesOfAnyShape(
      PretrainedEncoder kind) throws IOException, OrtException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(kind)) {
      List<String> modules = TargetModules.match(encoder, List.of("query", "value"));
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, BiLora.USUAL, modules);
      Path out = folder.resolve("onnx");
      OnnxExport.Report report = OnnxExport.write(trained.merged(), trained.references(), out);
      assertTrue(report.largestDifference() < 1e-5, report.toString());
      assertEquals(8, report.comparedTexts());
      try (OrtSession session =
          OrtEnvironment.getEnvironment().createSession(out.resolve(OnnxExport.MODEL).toString())) {
        assertEquals(Set.of("logits", "probabilities"), session.getOutputNames());
        for (ReferenceLogits reference : trained.references()) {
          float[][] logits = run(session, reference.texts(), "logits");
          float[][] probabilities = run(session, reference.texts(), "probabilities");
          for (int row = 0; row < logits.length; row++) {
            assertArrayEquals(reference.logits()[row], logits[row], 1e-5f);
            assertArrayEquals(softmax(logits[row]), probabilities[row], 1e-5f);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aTaggerOfWordsGivesTheTrainedModelsLogitsOfEveryToken(PretrainedEncoder kind)
      throws IOException, OrtException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(kind)) {
      TrainedTinyModels trained = TrainedTinyModels.tagger(encoder, 3, Lora.USUAL);
      Path out = folder.resolve("tagger");
      OnnxExport.write(trained.merged(TaskType.TOKEN_CLASSIFICATION), trained.references(), out);
      try (OrtSession session =
          OrtEnvironment.getEnvironment().createSession(out.resolve(OnnxExport.MODEL).toString())) {
        for (ReferenceLogits reference : trained.references()) {
          try (Feed feed = new Feed(session, reference.texts());
              OrtSession.Result result = session.run(feed.tensors)) {
            float[][][] logits = (float[][][]) result.get("logits").orElseThrow().getValue();
            float[][][] shares = (float[][][]) result.get("probabilities").orElseThrow().getValue();
            for (int row = 0; row < logits.length; row++) {
              float[] expected = reference.logits()[row];
              for (int token = 0; token < expected.length / 3; token++) {
                float[] own = Arrays.copyOfRange(expected, 3 * token, 3 * token + 3);
                assertArrayEquals(own, logits[row][token], 1e-5f);
                assertArrayEquals(softmax(own), shares[row][token], 1e-5f);
              }
            }
          }
        }
      }
    }
  }

  @Test
  void labelsHaveProbabilitiesOfTheirOwnAndSeveralScoresAColumnEach()
      throws IOException, OrtException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(3))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, Lora.USUAL);
      ReferenceLogits reference = trained.references().get(1);
      for (TaskType type : List.of(TaskType.MULTI_LABEL, TaskType.REGRESSION)) {
        Path out = folder.resolve(type.id());
        OnnxExport.write(trained.merged(type), trained.references(), out);
        boolean labels = type == TaskType.MULTI_LABEL;
        try (OrtSession session =
            OrtEnvironment.getEnvironment()
                .createSession(out.resolve(OnnxExport.MODEL).toString())) {
          float[][] values = run(session, reference.texts(), labels ? "probabilities" : "scores");
          for (int row = 0; row < values.length; row++) {
            for (int k = 0; k < 3; k++) {
              float logit = reference.logits()[row][k];
              double expected = labels ? 1 / (1 + Math.exp(-logit)) : logit;
              assertEquals(expected, values[row][k], 1e-5);
            }
          }
        }
      }
    }
  }

  @Test
  void aRegressionModelHasScores() throws IOException, OrtException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(3))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 1, Lora.USUAL);
      Path out = folder.resolve("new/onnx");
      OnnxExport.write(trained.merged(), trained.references(), out);
      try (OrtSession session =
              OrtEnvironment.getEnvironment()
                  .createSession(out.resolve(OnnxExport.MODEL).toString());
          Feed feed = new Feed(session, trained.references().get(1).texts());
          OrtSession.Result result = session.run(feed.tensors)) {
        float[] scores = (float[]) result.get("scores").orElseThrow().getValue();
        for (int row = 0; row < scores.length; row++) {
          assertEquals(trained.references().get(1).logits()[row][0], scores[row], 1e-5f);
        }
      }
    }
  }

  @Test
  void weightsKeepTheNamesAndTheLayoutOfTheCheckpoint() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(4))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 2, Lora.USUAL);
      ServingModel merged = trained.merged();
      Path out = folder.resolve("onnx");
      OnnxExport.write(merged, trained.references(), out);
      NamedTensors read =
          OnnxInitializers.read(Files.readAllBytes(out.resolve(OnnxExport.MODEL)), "model.onnx");
      for (String name :
          List.of("encoder.layer.0.attention.self.query.weight", "classifier.bias")) {
        HostTensor weight = merged.weights().get(name);
        assertArrayEquals(weight.shape(), read.tensors().get(name).shape());
        assertArrayEquals(weight.values(), read.tensors().get(name).values());
      }
      for (String file : Assets.FILES) {
        assertTrue(Files.size(out.resolve(file)) > 0, file);
      }
      assertArrayEquals(
          encoder.tokenizer().definition(20), Files.readAllBytes(out.resolve(Assets.TOKENIZER)));
    }
  }

  @Test
  void everyWeightAndConstantInTheFileIsReadByANode() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(6))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 2, Lora.USUAL);
      Path out = folder.resolve("onnx");
      OnnxExport.write(trained.merged(), trained.references(), out);
      ModelProto model = ModelProto.parseFrom(Files.readAllBytes(out.resolve(OnnxExport.MODEL)));
      Set<String> read = new HashSet<>();
      Set<String> written = new HashSet<>();
      model.getGraph().getInputList().forEach(input -> written.add(input.getName()));
      model.getGraph().getInitializerList().forEach(tensor -> written.add(tensor.getName()));
      for (NodeProto node : model.getGraph().getNodeList()) {
        assertTrue(written.containsAll(node.getInputList()), "nodes stand in order: " + node);
        read.addAll(node.getInputList());
        for (String output : node.getOutputList()) {
          assertTrue(written.add(output), "written twice: " + output);
        }
      }
      model
          .getGraph()
          .getInitializerList()
          .forEach(tensor -> assertTrue(read.contains(tensor.getName()), tensor.getName()));
    }
  }

  @Test
  void anExportThatDiffersOrIsThereAlreadyIsRefusedAndLeavesNothing() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(5))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 2, Lora.USUAL);
      TrainedTinyModels other = TrainedTinyModels.fresh(encoder, 2, Lora.USUAL);
      Path out = folder.resolve("a/onnx");
      assertThrows(
          ExportRefusedException.class,
          () -> OnnxExport.write(other.merged(), trained.references(), out));
      assertFalse(Files.exists(folder.resolve("a")));
      Files.createDirectories(out);
      IOException there =
          assertThrows(
              IOException.class,
              () -> OnnxExport.write(trained.merged(), trained.references(), out));
      assertTrue(there.getMessage().contains("exists already"), there.getMessage());
      try (Stream<Path> left = Files.list(folder.resolve("a"))) {
        assertEquals(List.of(out), left.toList());
      }
    }
  }

  private static float[] softmax(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    float[] probabilities = new float[logits.length];
    for (int c = 0; c < logits.length; c++) {
      probabilities[c] = (float) (Math.exp(logits[c]) / sum);
    }
    return probabilities;
  }

  private static float[][] run(OrtSession session, PaddedTexts texts, String output)
      throws OrtException {
    try (Feed feed = new Feed(session, texts);
        OrtSession.Result result = session.run(feed.tensors)) {
      return (float[][]) result.get(output).orElseThrow().getValue();
    }
  }

  /** The inputs that the session has. */
  private static final class Feed implements AutoCloseable {
    private final Map<String, OnnxTensor> tensors = new HashMap<>();

    Feed(OrtSession session, PaddedTexts texts) throws OrtException {
      Map<String, int[]> all =
          Map.of(
              "input_ids", texts.inputIds(),
              "attention_mask", texts.attentionMask(),
              "token_type_ids", texts.tokenTypeIds());
      for (String name : session.getInputNames()) {
        long[][] rows = new long[texts.rows()][texts.length()];
        for (int i = 0; i < all.get(name).length; i++) {
          rows[i / texts.length()][i % texts.length()] = all.get(name)[i];
        }
        tensors.put(name, OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), rows));
      }
    }

    @Override
    public void close() {
      tensors.values().forEach(OnnxTensor::close);
    }
  }
}
