package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.data.TaskType;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.model.TargetModules;
import org.bilora.model.TinyEncoders;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EncoderDirectoryTest {
  private static final Path TRANSFORMERS = Path.of("src/test/resources/transformers");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  /** These directories were written by Transformers' models for sequence classification. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "roberta",
        "xlm-roberta",
        "camembert",
        "distilbert",
        "distilbert-relu",
        "electra",
        "electra-generator",
        "albert",
        "albert-groups",
        "mpnet",
        "deberta-v3",
        "deberta-v2-conv",
        "deberta-v2-unshared",
        "modernbert",
        "modernbert-biases"
      })
  void aCheckpointHasTheTensorsThatTransformersItselfWrites(String name) throws IOException {
    Path directory = TRANSFORMERS.resolve(name);
    Map<String, HostTensor> written =
        Safetensors.read(directory.resolve("model.safetensors")).tensors();
    JsonNode config = JSON.readTree(directory.resolve("config.json").toFile());
    try (PretrainedEncoder encoder = PretrainedEncoders.load(directory.toString())) {
      Map<String, HostTensor> checkpoint = encoder.checkpoint(encoder.weights());
      assertEquals(written.keySet(), checkpoint.keySet());
      written.forEach(
          (key, tensor) -> {
            assertArrayEquals(tensor.shape(), checkpoint.get(key).shape(), key);
            assertArrayEquals(tensor.values(), checkpoint.get(key).values(), key);
          });
      JsonNode fields =
          JSON.valueToTree(
              encoder
                  .config()
                  .configFile(
                      encoder.config().kind().classifier(),
                      encoder.config().id2label(),
                      Optional.of("any")));
      for (String field : List.of("architectures", "model_type", "hidden_size", "dim")) {
        assertEquals(config.path(field), fields.path(field), field);
      }
    }
  }

  private static List<PretrainedEncoder> kinds() {
    List<PretrainedEncoder> kinds = new ArrayList<>(TinyEncoders.otherKinds(0.1, 6));
    kinds.add(TinyEncoders.bert(1));
    kinds.add(TinyEncoders.roberta(2));
    return kinds;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyKindReadsBackAsItWasAndAnswersAsItsRun(PretrainedEncoder kind) throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(kind)) {
      List<String> modules = TargetModules.match(encoder, List.of("query", "value"));
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, BiLora.USUAL, modules);
      Path out = folder.resolve("new/model");
      float difference = EncoderDirectory.write(trained.merged(), trained.references(), out);
      assertTrue(difference < 1e-5, String.valueOf(difference));
      try (PretrainedEncoder read = PretrainedEncoders.load(out.toString())) {
        assertEquals(encoder.config().withLabels(ImmutableList.of("a", "b", "c")), read.config());
        assertEquals(trained.merged().weights().keySet(), read.weights().keySet());
      }
      JsonNode tokenizer = JSON.readTree(out.resolve("tokenizer_config.json").toFile());
      assertEquals(20, tokenizer.path("model_max_length").asInt());
      assertEquals(
          encoder.config().padTokenId() == 0 ? "[PAD]" : "[UNK]",
          tokenizer.path("pad_token").asText());
      assertEquals(
          encoder.config().kind().segments(encoder.config()) ? 3 : 2,
          tokenizer.path("model_input_names").size());
    }
  }

  @Test
  void aRegressionModelSaysSo() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(3))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 1, Lora.USUAL);
      Path out = folder.resolve("model");
      EncoderDirectory.write(trained.merged(), trained.references(), out);
      JsonNode config = JSON.readTree(out.resolve("config.json").toFile());
      assertEquals("regression", config.path("problem_type").asText());
      assertEquals(1, config.path("id2label").size());
    }
  }

  @Test
  void labelsAndSeveralScoresAreSaidByTheirProblemType() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(3))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, Lora.USUAL);
      for (TaskType type : List.of(TaskType.MULTI_LABEL, TaskType.REGRESSION)) {
        Path out = folder.resolve(type.id());
        EncoderDirectory.write(trained.merged(type), trained.references(), out);
        JsonNode config = JSON.readTree(out.resolve("config.json").toFile());
        String problem = type == TaskType.MULTI_LABEL ? "multi_label_classification" : "regression";
        assertEquals(problem, config.path("problem_type").asText());
        assertEquals("{\"0\":\"a\",\"1\":\"b\",\"2\":\"c\"}", config.path("id2label").toString());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyKindsTaggerOfWordsAnswersAsItsRun(PretrainedEncoder kind) throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(kind)) {
      TrainedTinyModels trained = TrainedTinyModels.tagger(encoder, 3, Lora.USUAL);
      Path out = folder.resolve("tagger");
      ServingModel merged = trained.merged(TaskType.TOKEN_CLASSIFICATION);
      float difference = EncoderDirectory.write(merged, trained.references(), out);
      assertTrue(difference < 1e-5, String.valueOf(difference));
      JsonNode config = JSON.readTree(out.resolve("config.json").toFile());
      assertEquals(
          encoder.config().kind().family() + "ForTokenClassification",
          config.path("architectures").path(0).asText());
      assertFalse(config.has("problem_type"));
      Map<String, HostTensor> tensors =
          Safetensors.read(out.resolve("model.safetensors")).tensors();
      assertArrayEquals(
          merged.weights().get("classifier.weight").values(),
          tensors.get("classifier.weight").values());
      assertFalse(tensors.containsKey("bert.pooler.dense.weight"));
    }
  }

  @Test
  void whatCannotBeOpenedAsItWasTrainedIsRefusedAndNothingIsLeft() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(5))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 2, Lora.USUAL);
      ServingModel merged = trained.merged();
      ServingModel sentence =
          ServingModel.of(
              encoder,
              new EncoderHead(encoder.config(), EncoderHead.Pooling.MEAN, 2),
              merged.weights(),
              merged.labels(),
              20,
              true);
      Path out = folder.resolve("a/model");
      ExportRefusedException mean =
          assertThrows(
              ExportRefusedException.class,
              () -> EncoderDirectory.write(sentence, trained.references(), out));
      assertTrue(
          mean.getMessage().contains("the mean over the tokens")
              && mean.getMessage().contains("BertForSequenceClassification")
              && mean.getMessage().contains("pooler.dense"),
          mean.getMessage());
      TrainedTinyModels other = TrainedTinyModels.fresh(encoder, 2, Lora.USUAL);
      assertThrows(
          ExportRefusedException.class,
          () -> EncoderDirectory.write(other.merged(), trained.references(), out));
      assertFalse(Files.exists(folder.resolve("a")));
      assertThrows(
          FileAlreadyExistsException.class,
          () -> EncoderDirectory.write(merged, trained.references(), folder));
    }
  }
}
