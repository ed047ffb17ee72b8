package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.bilora.method.BiLora;
import org.bilora.method.FullFineTuning;
import org.bilora.method.HeadOnly;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.model.NonFiniteWeightException;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.bilora.model.TinyEncoders;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

class SavedModelExportTest {
  @TempDir private Path folder;

  private static List<Method> methods() {
    return TrainedTinyModels.methods();
  }

  @Test
  void freshAdapterLeavesLogitsUnchanged() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(1)) {
      TrainedTinyModels fresh = TrainedTinyModels.fresh(encoder, 2, BiLora.USUAL);
      ServingModel merged = fresh.merged();
      encoder
          .weights()
          .forEach(
              (name, weight) ->
                  assertArrayEquals(weight.values(), merged.weights().get(name).values(), name));
      SavedModelExport.Report report = export(merged, fresh.references());
      assertTrue(report.largestDifference() < 1e-6, report.toString());
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void mergedWeightsMatchAdapterForward(Method method) throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(2)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, method);
      SavedModelExport.Report report = export(trained.merged(), trained.references());
      assertTrue(report.largestDifference() < 1e-5, report.toString());
      assertEquals(8, report.comparedTexts());
      // The adapters do something: the backbone alone is far away.
      ServingModel unadapted =
          ServingModel.of(
              encoder,
              trained.head(),
              encoder.mergedWeights(Map.of(), trained.trained().head()),
              List.of("a", "b", "c"),
              20,
              true);
      assertThrows(ExportRefusedException.class, () -> export(unadapted, trained.references()));
    }
  }

  @Test
  void trainedBackbonesAndHeadsAreExportedAsTheyAre() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(2)) {
      for (Method method : List.of(FullFineTuning.USUAL, HeadOnly.USUAL)) {
        TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, method);
        SavedModelExport.Report report = export(trained.merged(), trained.references());
        assertTrue(report.largestDifference() < 1e-5, report.toString());
        boolean backbone =
            trained.trained().head().containsKey("embeddings.word_embeddings.weight");
        assertEquals(method == FullFineTuning.USUAL, backbone);
      }
    }
  }

  @Test
  void aRobertaIsServedWithoutSegments() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.fineTunedRoberta(3, 3)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 2, BiLora.USUAL);
      SavedModelExport.Report report = export(trained.merged(), trained.references());
      assertTrue(report.largestDifference() < 1e-5, report.toString());
      SignatureDef signature =
          metaGraph(report.directory()).getSignatureDefOrThrow("serving_default");
      assertEquals(
          java.util.Set.of("input_ids", "attention_mask"), signature.getInputsMap().keySet());
    }
  }

  private static List<PretrainedEncoder> otherKinds() {
    return TinyEncoders.otherKinds(0.1, 6);
  }

  @ParameterizedTest
  @MethodSource("otherKinds")
  void everyKindOfEncoderIsServedForBatchesOfAnyShape(PretrainedEncoder kind) throws IOException {
    try (PretrainedEncoder encoder = kind) {
      List<String> modules = TargetModules.match(encoder, List.of("query", "value"));
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, Lora.USUAL, modules);
      SavedModelExport.Report report = export(trained.merged(), trained.references());
      assertTrue(report.largestDifference() < 1e-5, report.toString());
    }
  }

  @Test
  void theSignatureIsWhatTensorFlowServingAsksFor() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(4)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, Lora.USUAL);
      Path directory = export(trained.merged(), trained.references()).directory();
      MetaGraphDef meta = metaGraph(directory);
      assertEquals(List.of("serve"), List.copyOf(meta.getMetaInfoDef().getTagsList()));
      SignatureDef signature = meta.getSignatureDefOrThrow("serving_default");
      assertEquals("tensorflow/serving/predict", signature.getMethodName());
      assertEquals(
          java.util.Set.of("input_ids", "attention_mask", "token_type_ids"),
          signature.getInputsMap().keySet());
      for (TensorInfo input : signature.getInputsMap().values()) {
        assertEquals(DataType.DT_INT32, input.getDtype());
        assertEquals(List.of(-1L, -1L), shape(input));
      }
      assertEquals(
          java.util.Set.of("logits", "probabilities", "label"), signature.getOutputsMap().keySet());
      TensorInfo label = signature.getOutputsOrThrow("label");
      assertEquals(DataType.DT_STRING, label.getDtype());
      assertEquals(List.of(-1L), shape(label));
      for (String name : List.of("logits", "probabilities")) {
        TensorInfo output = signature.getOutputsOrThrow(name);
        assertEquals(DataType.DT_FLOAT, output.getDtype());
        assertEquals(List.of(-1L, 3L), shape(output));
      }
      for (String file :
          List.of(
              "variables/variables.index",
              "variables/variables.data-00000-of-00001",
              "assets/tokenizer.json",
              "assets/labels.json",
              "assets/export.json")) {
        assertTrue(Files.isRegularFile(directory.resolve(file)), file);
      }
      assertTrue(Files.isDirectory(directory.resolve("assets.extra")));
      assertEquals(
          Assets.FILES,
          meta.getAssetFileDefList().stream().map(asset -> asset.getFilename()).toList());
    }
  }

  @Test
  void aRegressionModelServesScores() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(5)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 1, Lora.USUAL);
      Path directory = export(trained.merged(), trained.references()).directory();
      Map<String, TensorInfo> outputs =
          metaGraph(directory).getSignatureDefOrThrow("serving_default").getOutputsMap();
      assertEquals(java.util.Set.of("logits", "scores"), outputs.keySet());
      assertEquals(List.of(-1L, 1L), shape(outputs.get("logits")));
      assertEquals(List.of(-1L), shape(outputs.get("scores")));
    }
  }

  @Test
  void anExportThatDiffersFromTheTrainedModelIsRefusedAndLeavesNothing() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(6)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 2, BiLora.USUAL);
      Path base = folder.resolve("new/model");
      ExportRefusedException refused =
          assertThrows(
              ExportRefusedException.class,
              () ->
                  SavedModelExport.write(
                      withBias(trained.merged(), 2e-4f),
                      trained.references(),
                      base,
                      OptionalLong.empty()));
      assertTrue(
          refused.getMessage().matches(".* by up to 2\\.\\d+E-4, more than 1\\.0E-4; .*"),
          refused.getMessage());
      assertFalse(Files.exists(folder.resolve("new")));
      // Half of the tolerance passes.
      SavedModelExport.write(
          withBias(trained.merged(), 5e-5f), trained.references(), base, OptionalLong.empty());
      assertThrows(
          ExportRefusedException.class,
          () ->
              SavedModelExport.write(
                  withBias(trained.merged(), Float.NaN),
                  trained.references(),
                  base,
                  OptionalLong.empty()));
      assertEquals(List.of("1"), versions(base));
    }
  }

  private static ServingModel withBias(ServingModel model, float shift) {
    Map<String, HostTensor> weights = new HashMap<>(model.weights());
    float[] bias = weights.get("classifier.bias").values().clone();
    bias[1] += shift;
    weights.put("classifier.bias", HostTensor.of(bias, bias.length));
    return ServingModel.of(model.encoder(), model.head(), weights, model.labels(), 20, true);
  }

  @Test
  void valuesThatAreNotFiniteAreRefusedByName() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(7)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 2, BiLora.USUAL);
      Map<String, HostTensor> values = new HashMap<>(trained.trained().values());
      String name = "encoder.layer.1.output.dense";
      HostTensor p = values.get("lower/" + name + ".P");
      float[] broken = p.values().clone();
      broken[4] = Float.POSITIVE_INFINITY;
      values.put("lower/" + name + ".P", HostTensor.of(broken, p.shape()));
      TrainedTinyModels diverged =
          new TrainedTinyModels(
              encoder,
              trained.head(),
              org.bilora.train.TrainedValues.of(BiLora.USUAL, TrainedTinyModels.ADAPTER, values),
              trained.references());
      NonFiniteWeightException refused =
          assertThrows(NonFiniteWeightException.class, diverged::merged);
      assertTrue(refused.getMessage().startsWith(name + ".weight is "), refused.getMessage());
    }
  }

  @Test
  void exportsAtOnceTakeTheNextNumbers() throws Exception {
    try (PretrainedEncoder encoder = TinyEncoders.bert(2)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, Lora.USUAL);
      ServingModel merged = trained.merged();
      List<ReferenceLogits> references = trained.references();
      ExecutorService threads = Executors.newFixedThreadPool(4);
      try {
        List<Callable<String>> exports =
            Collections.nCopies(
                4, () -> export(merged, references).directory().getFileName().toString());
        TreeSet<String> versions = new TreeSet<>();
        for (Future<String> version : threads.invokeAll(exports)) {
          versions.add(version.get());
        }
        assertEquals(new TreeSet<>(List.of("1", "2", "3", "4")), versions);
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @Test
  void theTokenizerCutsWhereTheTrainingDidAndPadsNothing() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(2)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, Lora.USUAL);
      ServingModel merged = trained.merged();
      Path version = export(merged, trained.references()).directory();
      JsonNode tokenizer =
          new ObjectMapper().readTree(version.resolve("assets/tokenizer.json").toFile());
      assertEquals(merged.maxTokens(), tokenizer.path("truncation").path("max_length").asInt());
      assertEquals("LongestFirst", tokenizer.path("truncation").path("strategy").asText());
      assertTrue(tokenizer.has("padding") && tokenizer.path("padding").isNull());
    }
  }

  @Test
  void versionsCountUpAndAreNeverOverwritten() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(8)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 2, Lora.USUAL);
      Path base = folder.resolve("model");
      Files.createDirectories(base.resolve("7"));
      Files.createDirectories(base.resolve("notes"));
      assertEquals(base.resolve("8"), export(trained, base, OptionalLong.empty()));
      assertEquals(base.resolve("3"), export(trained, base, OptionalLong.of(3)));
      IOException exists =
          assertThrows(IOException.class, () -> export(trained, base, OptionalLong.of(8)));
      assertTrue(exists.getMessage().contains("8 exists already"), exists.getMessage());
      assertEquals(List.of("3", "7", "8"), versions(base));
      Path file = Files.writeString(folder.resolve("file"), "kept");
      IOException noFolder =
          assertThrows(IOException.class, () -> export(trained, file, OptionalLong.empty()));
      assertTrue(noFolder.getMessage().contains("is a file"), noFolder.getMessage());
    }
  }

  private static Path export(TrainedTinyModels trained, Path base, OptionalLong version)
      throws IOException {
    return SavedModelExport.write(trained.merged(), trained.references(), base, version)
        .directory();
  }

  private SavedModelExport.Report export(ServingModel model, List<ReferenceLogits> references)
      throws IOException {
    return SavedModelExport.write(
        model, references, folder.resolve("export"), OptionalLong.empty());
  }

  private static MetaGraphDef metaGraph(Path directory) throws IOException {
    try (InputStream in = Files.newInputStream(directory.resolve("saved_model.pb"))) {
      return SavedModel.parseFrom(in).getMetaGraphs(0);
    }
  }

  private static List<Long> shape(TensorInfo tensor) {
    return tensor.getTensorShape().getDimList().stream().map(dim -> dim.getSize()).toList();
  }

  private static List<String> versions(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.matches("[0-9]+|[.].*"))
          .sorted()
          .toList();
    }
  }
}
