package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Darts;
import org.bilora.data.MetricName;
import org.bilora.method.BiLoraBuilder;
import org.bilora.model.EncoderHead;
import org.bilora.step.DeviceInfo;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.StepResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunRecordTest {
  private static final RunRecord RECORD =
      RunRecordBuilder.builder()
          .formatVersion(RunRecord.FORMAT_VERSION)
          .status(RunRecord.Status.FAILED)
          .task(TinyRuns.DATA.task())
          .model(
              new RunRecord.Model(
                  "minilm-l6", "some jar", "ab12", Optional.of(EncoderHead.Pooling.MEAN)))
          .settings(
              TinyRuns.settings(
                  BiLoraBuilder.builder()
                      .lambda(Lambda.BINARY)
                      .hypergradient(new Darts(0.02))
                      .lowerSteps(2)
                      .upperSteps(1)
                      .upperLearningRate(1e-3)
                      .gamma1(0.1)
                      .gamma2(0)
                      .lowerFraction(0.8)
                      .xi(OptionalDouble.of(0.125))
                      .build()))
          .provenance(
              ProvenanceBuilder.builder()
                  .seed(3)
                  .dataSource("train.tsv")
                  .dataSha256("cd34")
                  .commit("unknown")
                  .java("17")
                  .tensorflow("2.18.0")
                  .os("Linux")
                  .cpu("a processor")
                  .processors(2)
                  .device(
                      new DeviceInfo(
                          "2.18.0", ExecutionSettings.Precision.F32, true, Optional.empty()))
                  .date("2026-01-01T00:00:00Z")
                  .build())
          .examples(new ExampleCounts(8, 2, 4, 1, 0))
          .trainedParameters(100)
          .totalSteps(30)
          .steps(7)
          .seconds(1.5)
          .epochs(
              ImmutableList.of(
                  EpochRecordBuilder.builder()
                      .epoch(1)
                      .step(5)
                      .devLoss(0.5)
                      .metrics(
                          ImmutableMap.of(
                              MetricName.MATTHEWS, 0.25, MetricName.PEARSON, Double.NaN))
                      .lowerLearningRate(1e-3)
                      .seconds(0.75)
                      .lowerLoss(OptionalDouble.of(0.1 + 0.2))
                      .upperLoss(OptionalDouble.of(0.7))
                      .upperLearningRate(OptionalDouble.of(2e-3))
                      .secondsPerStep(OptionalDouble.of(0.125))
                      .adapters(
                          Optional.of(
                              new AdapterStatistics(
                                  ImmutableMap.of(
                                      "encoder.layer.0.output.dense", ImmutableList.of(0.5, -0.25)),
                                  ImmutableMap.of("encoder.layer.0.output.dense", 2),
                                  1.5,
                                  0.0625)))
                      .calibrationError(OptionalDouble.of(0.03125))
                      .selection(
                          Optional.of(
                              new HeldOutScores(
                                  0.75,
                                  ImmutableMap.of(MetricName.MATTHEWS, 0.5),
                                  OptionalDouble.of(0.0625))))
                      .hypergradientTerms(Optional.of(new StepResult.Terms(0.25, -0.5)))
                      .build()))
          .frozenSha256Before("0123")
          .failure(Optional.of("the lower loss is NaN at step 7"))
          .best(Optional.of(new RunRecord.Best(1, MetricName.MATTHEWS, 0.25)))
          .trainedSha256(Optional.of("ef56"))
          .peakMemoryBytes(OptionalLong.of(123456789012L))
          .paddedShare(OptionalDouble.of(0.25))
          .frozenLayers(Optional.of(new RunRecord.FrozenLayers(3, false)))
          .build();

  @TempDir Path folder;

  @Test
  void aRecordComesBackAsItWasWritten() throws IOException {
    RunDirectory directory = new RunDirectory(folder);
    directory.write(RECORD);
    assertEquals(RECORD, directory.readRecord());
  }

  @Test
  void aRecordFromBeforeTheNewestFieldsIsStillRead() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(RunJson.write(RECORD));
    json.remove(List.of("peak_memory_bytes", "frozen_layers", "padded_share"));
    ((ObjectNode) json.at("/epochs/0")).remove(List.of("seconds_per_step", "adapters"));
    ((ObjectNode) json.at("/settings/method")).remove("last_phase_share");
    Files.write(folder.resolve("run.json"), mapper.writeValueAsBytes(json));
    RunRecord old = new RunDirectory(folder).readRecord();
    assertEquals(OptionalLong.empty(), old.peakMemoryBytes());
    assertEquals(Optional.empty(), old.frozenLayers());
    assertEquals(OptionalDouble.empty(), old.secondsPerStep());
    assertEquals(Optional.empty(), old.epochs().get(0).adapters());
    assertEquals(RECORD.best(), old.best());
  }

  @Test
  void settingsOfEncodersAreWrittenAsBeforeThereWereTokenBudgets() throws IOException {
    List<String> fields = new ArrayList<>();
    new ObjectMapper()
        .readTree(RunJson.write(RECORD.settings()))
        .fieldNames()
        .forEachRemaining(fields::add);
    assertEquals(
        List.of(
            "method",
            "adapter",
            "optimizer",
            "epochs",
            "max_steps",
            "batch_size",
            "max_length",
            "length_buckets",
            "execution",
            "seed"),
        fields);
    TrainingSettings read =
        RunJson.read(folder.resolve("x"), RunJson.write(RECORD.settings()), TrainingSettings.class);
    assertEquals(RECORD.settings(), read);
  }

  @Test
  void namesInTheFileAreInSnakeCaseAndLowerCase() throws IOException {
    JsonNode json = new ObjectMapper().readTree(RunJson.write(RECORD));
    assertEquals("failed", json.get("status").textValue());
    assertEquals("ef56", json.get("trained_sha256").textValue());
    assertEquals("0123", json.get("frozen_sha256_before").textValue());
    assertTrue(json.get("frozen_sha256_after").isNull());
    assertEquals("matthews", json.at("/best/metric").textValue());
    assertEquals(0.25, json.at("/epochs/0/metrics/matthews").doubleValue());
    JsonNode method = json.at("/settings/method");
    assertEquals("bilora", method.get("name").textValue());
    assertEquals("binary", method.get("lambda").textValue());
    assertEquals("darts", method.at("/hypergradient/name").textValue());
    assertEquals(0.02, method.at("/hypergradient/epsilon").doubleValue());
    assertEquals(0.125, method.get("xi").doubleValue());
    assertEquals("f32", json.at("/settings/execution/precision").textValue());
  }

  @Test
  void theDeviceHasFourFieldsAndOnProcessorsThree() throws IOException {
    DeviceInfo processors =
        new DeviceInfo("2.18.0", ExecutionSettings.Precision.BF16, false, Optional.empty());
    DeviceInfo gpu =
        new DeviceInfo("2.18.0", ExecutionSettings.Precision.F32, true, Optional.of("H100"));
    String three = "{\"tensorflow\":\"2.18.0\",\"precision\":\"bf16\",\"xla\":false}";
    String four = "{\"tensorflow\":\"2.18.0\",\"precision\":\"f32\",\"xla\":true,\"gpu\":\"H100\"}";
    ObjectMapper mapper = new ObjectMapper();
    assertEquals(three, mapper.readTree(RunJson.write(processors)).toString());
    assertEquals(four, mapper.readTree(RunJson.write(gpu)).toString());
    for (DeviceInfo device : List.of(processors, gpu)) {
      assertEquals(
          device, RunJson.read(folder.resolve("x"), RunJson.write(device), DeviceInfo.class));
    }
  }

  @Test
  void aFieldTooManyTooFewOrOfAnotherKindIsNamed() throws IOException {
    assertEquals(
        " is damaged at settings.colour",
        whatIsWrong("\"batch_size\" : 8", "\"batch_size\" : 8, \"colour\" : 1"));
    assertEquals(
        " is damaged at settings.batch_size",
        whatIsWrong("\"batch_size\" : 8", "\"batch_size\" : \"eight\""));
    assertEquals(
        " is damaged at settings.batch_size",
        whatIsWrong("\"batch_size\" : 8", "\"batch_size\" : null"));
    assertEquals(
        " is damaged at settings", whatIsWrong("\"batch_size\" : 8", "\"batch_size\" : 0"));
    assertEquals(
        " is damaged at settings.method.lambda",
        whatIsWrong("\"lambda\" : \"binary\"", "\"lambda\" : \"tanh\""));
    assertEquals(
        " is damaged at trained_sha256", whatIsWrong("\"trained_sha256\" : \"ef56\",", ""));
  }

  @Test
  void whatIsNoJsonOrOfAnotherVersionIsSaidSo() throws IOException {
    assertEquals(
        " is not JSON (line 3)", whatIsWrong("\"status\" : \"failed\",", "\"status\" : failed,"));
    Path file = folder.resolve("run.json");
    Files.writeString(file, "");
    assertTrue(
        assertThrows(IOException.class, () -> new RunDirectory(folder).readRecord())
            .getMessage()
            .startsWith(file + " is damaged"));
    assertTrue(
        whatIsWrong("\"format_version\" : 1", "\"format_version\" : 2")
            .startsWith(": format_version is 2, this program reads 1"));
  }

  /** The message after the file's name, up to the next colon. */
  private String whatIsWrong(String before, String after) throws IOException {
    String json = new String(RunJson.write(RECORD), StandardCharsets.UTF_8);
    assertTrue(json.contains(before), json);
    Path file = folder.resolve("run.json");
    Files.writeString(file, json.replace(before, after));
    String message =
        assertThrows(IOException.class, () -> new RunDirectory(folder).readRecord()).getMessage();
    assertTrue(message.startsWith(file.toString()), message);
    assertEquals(1, message.lines().count(), message);
    String rest = message.substring(file.toString().length());
    return rest.startsWith(":") ? rest : rest.replaceFirst(":.*", "");
  }
}
