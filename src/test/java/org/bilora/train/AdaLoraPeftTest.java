package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.bilora.data.Batch;
import org.bilora.data.EncodedExample;
import org.bilora.method.AdaLora;
import org.bilora.method.AdapterSettings;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.model.TargetModules;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepSettings;
import org.bilora.text.Encoding;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** AdaLoRA's usual steps are those of PEFT 0.21: {@code make_adalora_reference.py}. */
class AdaLoraPeftTest {
  private static final Path REFERENCE = Path.of("src/test/resources/peft/adalora.json");
  private static final Path MODEL = Path.of("src/test/resources/transformers/bert");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void valuesAreKeptAndMaskedAsPeftKeepsThem(int which) throws IOException {
    JsonNode reference = new ObjectMapper().readTree(REFERENCE.toFile());
    JsonNode run = reference.get("runs").get(which);
    int steps = reference.get("steps").asInt();
    List<Batch> batches = new ArrayList<>();
    reference.get("batches").forEach(batch -> batches.add(batch(batch)));
    try (PretrainedEncoder model = modelWithoutDropout();
        FineTuning fineTuning = open(model, reference, run.get("clip").asDouble())) {
      Map<String, HostTensor> state = new HashMap<>(fineTuning.state());
      for (String letter : List.of("A", "B")) {
        run.get("start")
            .get(letter)
            .properties()
            .forEach(
                start ->
                    state.computeIfPresent(
                        "lower/" + start.getKey() + "." + letter,
                        (name, drawn) -> HostTensor.of(floats(start.getValue()), drawn.shape())));
      }
      fineTuning.restore(state);
      float rate = (float) reference.get("rate").asDouble();
      for (int step = 0; step < steps; step++) {
        double loss =
            fineTuning
                .step(
                    StepBatches.moveLower(batches.get(step % batches.size())),
                    new StepRates(step, steps, rate, 0, 0, step, 0))
                .lowerLoss()
                .orElseThrow();
        Map<String, String> kept = new TreeMap<>();
        run.get("kept")
            .get(step)
            .properties()
            .forEach(each -> kept.put(each.getKey(), each.getValue().asText()));
        assertEquals(kept, kept(fineTuning.state()), "step " + step + ", loss " + loss);
      }
      run.get("last")
          .properties()
          .forEach(
              last ->
                  assertArrayEquals(
                      floats(last.getValue()),
                      fineTuning.state().get("lower/" + last.getKey() + ".E").values(),
                      2e-3f,
                      last.getKey()));
    }
  }

  private static Map<String, String> kept(Map<String, HostTensor> state) {
    Map<String, String> kept = new TreeMap<>();
    state.forEach(
        (name, tensor) -> {
          if (name.endsWith(".E")) {
            StringBuilder bits = new StringBuilder();
            for (float value : tensor.values()) {
              bits.append(value == 0 ? '0' : '1');
            }
            kept.put(name.substring("lower/".length(), name.length() - 2), bits.toString());
          }
        });
    return kept;
  }

  private static FineTuning open(PretrainedEncoder model, JsonNode reference, double clip) {
    int rank = reference.get("rank").asInt();
    int initialRank = reference.get("initial_rank").asInt();
    double steps = reference.get("steps").asDouble();
    AdaLora method =
        new AdaLora(
            OptionalInt.of(initialRank),
            reference.get("initial").asInt() / steps,
            reference.get("final").asInt() / steps,
            reference.get("interval").asInt(),
            0.85,
            0.85,
            0.1,
            AdaLora.USUAL.importanceOf());
    // PEFT divides by the rank and a hundred thousandth.
    double alpha = reference.get("alpha").asDouble() * initialRank / (initialRank + 1e-5);
    AdapterSettings adapter = new AdapterSettings(rank, alpha, List.of("query", "value"));
    return FineTuning.open(
        model,
        new EncoderHead(model.config(), model.pooling(), 3),
        TargetModules.match(model.config(), adapter.targets()),
        new StepSettings(
            method,
            adapter,
            new OptimizerSettings(1, 0, 0.9, 0.999, 1e-8, 0, clip),
            OptionalDouble.empty(),
            TrainingDefaults.EXECUTION,
            1));
  }

  private PretrainedEncoder modelWithoutDropout() throws IOException {
    Files.copy(MODEL.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    Files.copy(MODEL.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(
        folder.resolve("config.json"),
        Files.readString(MODEL.resolve("config.json"))
            .replace("dropout_prob\": 0.1", "dropout_prob\": 0.0"));
    return PretrainedEncoders.load(folder.toString());
  }

  private static Batch batch(JsonNode batch) {
    List<EncodedExample> examples = new ArrayList<>();
    int length = batch.get("ids").get(0).size();
    for (JsonNode ids : batch.get("ids")) {
      int[] tokens = new int[length];
      for (int i = 0; i < length; i++) {
        tokens[i] = ids.get(i).asInt();
      }
      examples.add(
          new EncodedExample(
              new Encoding(tokens, new int[length], false),
              batch.get("labels").get(examples.size()).asInt(),
              examples.size()));
    }
    return Batch.of(examples, examples.size(), length);
  }

  private static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) array.get(i).asDouble();
    }
    return values;
  }
}
