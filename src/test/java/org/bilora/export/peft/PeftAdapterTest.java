package org.bilora.export.peft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.bilora.adapter.LowRankValues;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.model.TargetModules;
import org.bilora.model.TinyDecoders;
import org.bilora.model.TinyEncoders;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class PeftAdapterTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int RANK = 3;
  private static final double ALPHA = 5;
  private static final String QUERY = "base_model.model.bert.encoder.layer.0.attention.self.query";

  @TempDir private Path folder;

  private static float[] normal(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Random increments of query and value. */
  private static Map<String, LowRankValues> increments(
      PretrainedModel base, AdapterConfig.Kind kind, long seed) {
    Random random = new Random(seed);
    Map<String, LowRankValues> increments = new LinkedHashMap<>();
    for (String layer : TargetModules.match(base, List.of("query", "value"))) {
      long[] shape = base.linearLayers().get(layer);
      double[] gains = new double[RANK];
      for (int k = 0; k < RANK; k++) {
        float value = kind == AdapterConfig.Kind.ADALORA ? (float) random.nextGaussian() : 1;
        gains[k] = ALPHA / RANK * value;
      }
      LowRankValues values =
          new LowRankValues(
              normal(random, (int) shape[0] * RANK), normal(random, RANK * (int) shape[1]), gains);
      increments.put(
          layer,
          kind == AdapterConfig.Kind.DORA
              ? values.withMagnitude(normal(random, (int) shape[0]))
              : values);
    }
    return increments;
  }

  private static Map<String, HostTensor> head(PretrainedModel base) {
    Map<String, HostTensor> head = new HashMap<>();
    if (base instanceof PretrainedEncoder encoder) {
      Random random = new Random(9);
      int hidden = encoder.config().hiddenSize();
      for (String name : encoder.headTensors()) {
        boolean output = name.startsWith(encoder.headOutput());
        int out = output ? 2 : hidden;
        boolean matrix = name.endsWith(".weight") && !name.contains("norm");
        head.put(
            name,
            matrix
                ? HostTensor.of(normal(random, out * hidden), out, hidden)
                : HostTensor.of(normal(random, out), out));
      }
    }
    return head;
  }

  private Path write(PretrainedModel base, AdapterConfig.Kind kind) throws IOException {
    return write(base, increments(base, kind, 4), kind);
  }

  private Path write(
      PretrainedModel base, Map<String, LowRankValues> increments, AdapterConfig.Kind kind)
      throws IOException {
    Path directory = Files.createTempDirectory(folder, "adapter");
    AdapterFiles.write(
        directory,
        base,
        increments,
        Maps.toMap(increments.keySet(), layer -> ALPHA / RANK),
        kind == AdapterConfig.Kind.ADALORA,
        head(base),
        "SEQ_CLS");
    return directory;
  }

  private static List<PretrainedModel> models() {
    List<PretrainedModel> models = new ArrayList<>(TinyEncoders.otherKinds(0.1, 6));
    models.add(TinyEncoders.bert(1));
    models.add(TinyEncoders.roberta(2));
    models.add(TinyDecoders.model(0, 3));
    return models;
  }

  @ParameterizedTest
  @MethodSource("models")
  void whatGoesOutComesBackBitForBit(PretrainedModel base) throws IOException {
    for (AdapterConfig.Kind kind : AdapterConfig.Kind.values()) {
      Map<String, LowRankValues> increments = increments(base, kind, 5);
      PeftAdapter read = PeftAdapter.read(write(base, increments, kind), base);
      assertEquals(kind, read.config().kind());
      assertEquals(increments.keySet(), read.increments().keySet());
      increments.forEach(
          (layer, expected) -> {
            LowRankValues found = read.increments().get(layer);
            assertArrayEquals(expected.left(), found.left(), layer);
            assertArrayEquals(expected.right(), found.right(), layer);
            assertArrayEquals(expected.gains(), found.gains(), 1e-12, layer);
            assertEquals(expected.magnitude().isPresent(), found.magnitude().isPresent());
            expected.magnitude().ifPresent(m -> assertArrayEquals(m, found.magnitude().get()));
          });
      Map<String, HostTensor> head = head(base);
      assertEquals(head.keySet(), read.saved().keySet());
      head.forEach((n, t) -> assertArrayEquals(t.values(), read.saved().get(n).values()));
      assertEquals(List.of(), read.warnings());
    }
  }

  @Test
  void keysAndConfigurationAreThoseOfPeft() throws IOException {
    PretrainedEncoder base = TinyEncoders.bert(1);
    Path directory = write(base, AdapterConfig.Kind.LORA);
    Map<String, HostTensor> tensors =
        Safetensors.read(directory.resolve(AdapterFiles.TENSORS)).tensors();
    assertArrayEquals(new long[] {3, 16}, tensors.get(QUERY + ".lora_A.weight").shape());
    assertArrayEquals(new long[] {16, 3}, tensors.get(QUERY + ".lora_B.weight").shape());
    assertTrue(tensors.containsKey("base_model.model.classifier.weight"));
    assertEquals(2 * 2 * 2 + 2, tensors.size());
    assertEquals(
        JSON.readTree(
            "{'base_model_name_or_path':'tiny-bert','bias':'none','fan_in_fan_out':false,'inference_mode':true,'lora_alpha':5,'lora_dropout':0.0,'modules_to_save':['classifier'],'peft_type':'LORA','r':3,'target_modules':['query','value'],'task_type':'SEQ_CLS','use_dora':false}"
                .replace('\'', '"')),
        JSON.readTree(directory.resolve(AdapterConfig.FILE).toFile()));
    Path triplets = write(base, AdapterConfig.Kind.ADALORA);
    tensors = Safetensors.read(triplets.resolve(AdapterFiles.TENSORS)).tensors();
    assertArrayEquals(new long[] {3, 1}, tensors.get(QUERY + ".lora_E").shape());
    assertTrue(tensors.containsKey(QUERY + ".lora_A"));
    assertArrayEquals(
        new long[] {16},
        Safetensors.read(write(base, AdapterConfig.Kind.DORA).resolve(AdapterFiles.TENSORS))
            .tensors()
            .get(QUERY + ".lora_magnitude_vector")
            .shape());
  }

  /** What PEFT computes: W + s B A over the whole fused matrix, by its own formula. */
  @ParameterizedTest
  @EnumSource(AdapterConfig.Kind.class)
  void aFusedLayersAdapterChangesQueryAndValueAloneAsTheIncrementsDo(AdapterConfig.Kind kind)
      throws IOException {
    PretrainedModel base = TinyDecoders.model(0, 3);
    Map<String, LowRankValues> increments = increments(base, kind, 4);
    Path directory = write(base, increments, kind);
    Map<String, HostTensor> file =
        Safetensors.read(directory.resolve(AdapterFiles.TENSORS)).tensors();
    ObjectNode config = (ObjectNode) JSON.readTree(directory.resolve(AdapterConfig.FILE).toFile());
    String rank = kind == AdapterConfig.Kind.ADALORA ? "init_r" : "r";
    assertEquals(2 * RANK, config.path(rank).asInt());
    assertTrue(config.path("fan_in_fan_out").asBoolean());
    assertEquals("c_attn", config.path("target_modules").path(0).asText());
    String suffix = kind == AdapterConfig.Kind.ADALORA ? "" : ".weight";
    for (int layer = 0; layer < 2; layer++) {
      String key = "base_model.model.transformer.h.%d.attn.c_attn.".formatted(layer);
      float[] a = file.get(key + "lora_A" + suffix).values();
      float[] b = file.get(key + "lora_B" + suffix).values();
      double epsilon = kind == AdapterConfig.Kind.ADALORA ? 1e-5 : 0;
      double scale = config.path("lora_alpha").asDouble() / (2 * RANK + epsilon);
      for (int part = 0; part < 3; part++) {
        String name =
            "h.%d.attn.c_attn.%s".formatted(layer, List.of("query", "key", "value").get(part));
        float[] weight = base.linearWeight(name);
        float[] expected =
            increments.containsKey(name) ? increments.get(name).addedTo(weight) : weight;
        for (int o = 0; o < 16; o++) {
          double[] row = new double[16];
          double length = 0;
          for (int i = 0; i < 16; i++) {
            row[i] = weight[o * 16 + i];
            for (int k = 0; k < 2 * RANK; k++) {
              double e =
                  kind == AdapterConfig.Kind.ADALORA ? file.get(key + "lora_E").values()[k] : 1;
              row[i] += scale * b[(part * 16 + o) * 2 * RANK + k] * e * a[k * 16 + i];
            }
            length += row[i] * row[i];
          }
          double gain =
              kind == AdapterConfig.Kind.DORA
                  ? file.get(key + "lora_magnitude_vector").values()[part * 16 + o]
                      / Math.sqrt(length)
                  : 1;
          for (int i = 0; i < 16; i++) {
            assertEquals(expected[o * 16 + i], gain * row[i], 1e-5, name);
          }
        }
      }
    }
  }

  @Test
  void prunedTripletsAreLeftOutAndTheConfigurationSaysWhich() throws IOException {
    PretrainedEncoder base = TinyEncoders.roberta(2);
    Map<String, LowRankValues> increments = increments(base, AdapterConfig.Kind.ADALORA, 4);
    String first = "encoder.layer.0.attention.self.query";
    String last = "encoder.layer.1.attention.self.value";
    increments.get(first).gains()[1] = 0;
    java.util.Arrays.fill(increments.get(last).gains(), 0);
    Path directory = write(base, increments, AdapterConfig.Kind.ADALORA);
    ObjectNode config = (ObjectNode) JSON.readTree(directory.resolve(AdapterConfig.FILE).toFile());
    assertEquals(
        "[true,false,true]",
        config.path("rank_pattern").path("roberta." + first + ".lora_E").toString());
    PeftAdapter read = PeftAdapter.read(directory, base);
    assertFalse(read.increments().containsKey(last));
    assertEquals(2, read.increments().get(first).rank());
    float[] weight = base.linearWeight(first);
    assertArrayEquals(
        increments.get(first).addedTo(weight), read.increments().get(first).addedTo(weight), 1e-6f);
  }

  @Test
  void anAdapterOfPeftsWithRanksOfTheirOwnIsReadByItsPatterns() throws IOException {
    PretrainedEncoder base = TinyEncoders.bert(1);
    Path directory = write(base, AdapterConfig.Kind.LORA);
    Map<String, HostTensor> tensors =
        new TreeMap<>(Safetensors.read(directory.resolve(AdapterFiles.TENSORS)).tensors());
    tensors.put(QUERY + ".lora_A.weight", HostTensor.of(normal(new Random(1), 16), 1, 16));
    tensors.put(QUERY + ".lora_B.weight", HostTensor.of(normal(new Random(2), 16), 16, 1));
    Safetensors.write(directory.resolve(AdapterFiles.TENSORS), tensors, Map.of());
    String said = refused(directory, base);
    assertTrue(said.contains("has the rank 1, but adapter_config.json says 3"), said);
    edit(directory, "rank_pattern", "{\"layer.0.attention.self.query\": 1}");
    edit(directory, "alpha_pattern", "{\"layer.0.attention.self.query\": 7}");
    edit(directory, "use_rslora", "true");
    PeftAdapter read = PeftAdapter.read(directory, base);
    assertArrayEquals(
        new double[] {7}, read.increments().get("encoder.layer.0.attention.self.query").gains());
    assertEquals(
        5 / Math.sqrt(3), read.increments().get("encoder.layer.0.attention.self.value").gains()[0]);
  }

  private static void edit(Path directory, String field, String value) throws IOException {
    Path file = directory.resolve(AdapterConfig.FILE);
    ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
    root.set(field, JSON.readTree(value));
    JSON.writeValue(file.toFile(), root);
  }

  private static String refused(Path directory, PretrainedModel base) {
    return assertThrows(IOException.class, () -> PeftAdapter.read(directory, base)).getMessage();
  }

  @Test
  void fieldsThatAreNotUnderstoodAreNamed() throws IOException {
    PretrainedEncoder base = TinyEncoders.bert(1);
    Path directory = write(base, AdapterConfig.Kind.LORA);
    edit(directory, "sparkle", "3");
    edit(directory, "revision", "\"main\"");
    List<String> warnings = PeftAdapter.read(directory, base).warnings();
    assertEquals(1, warnings.size());
    assertTrue(warnings.get(0).endsWith("are not read: sparkle"), warnings.get(0));
    for (String[] wrong :
        new String[][] {
          {"bias", "\"all\""},
          {"lora_bias", "true"},
          {"layer_replication", "[[0,4]]"},
          {"peft_type", "\"VERA\""},
          {"init_lora_weights", "\"pissa_niter_4\""},
          {"r", "-1"},
          {"use_dora", "\"yes\""}
        }) {
      Path other = write(base, AdapterConfig.Kind.LORA);
      edit(other, wrong[0], wrong[1]);
      String said = refused(other, base);
      assertTrue(said.contains("%s is %s;".formatted(wrong[0], wrong[1])), said);
    }
  }

  @Test
  void anAdapterForAnotherBaseIsRefusedByLayerAndDimension() throws IOException {
    PretrainedEncoder bert = TinyEncoders.bert(1);
    Path directory = write(bert, AdapterConfig.Kind.LORA);
    String layers = refused(directory, TinyDecoders.model(0, 3));
    assertTrue(
        layers.contains("bert.encoder.layer.0.attention.self.query")
            && layers.contains("does not have")
            && layers.contains("\"tiny-bert\""),
        layers);
    Map<String, HostTensor> tensors =
        new TreeMap<>(Safetensors.read(directory.resolve(AdapterFiles.TENSORS)).tensors());
    tensors.put(QUERY + ".lora_A.weight", HostTensor.of(new float[3 * 768], 3, 768));
    Safetensors.write(directory.resolve(AdapterFiles.TENSORS), tensors, Map.of());
    String width = refused(directory, bert);
    assertTrue(
        width.contains("query is 3 × 768, but that layer of tiny-bert has 16 inputs"), width);
  }

  @Test
  void aHeadOfAnotherWidthIsOneForAnotherBase() throws IOException {
    PretrainedEncoder base = TinyEncoders.roberta(1);
    Path directory = write(base, AdapterConfig.Kind.LORA);
    Map<String, HostTensor> tensors =
        new TreeMap<>(Safetensors.read(directory.resolve(AdapterFiles.TENSORS)).tensors());
    tensors.put(
        "base_model.model.classifier.out_proj.weight", HostTensor.of(new float[2 * 768], 2, 768));
    Safetensors.write(directory.resolve(AdapterFiles.TENSORS), tensors, Map.of());
    assertTrue(
        refused(directory, base)
            .contains("classifier.out_proj.weight is 2 × 768, but tiny-roberta needs outputs × 16"),
        refused(directory, base));
  }

  @Test
  void tensorsWithoutAMeaningAndMissingFilesAreNamed() throws IOException {
    PretrainedEncoder base = TinyEncoders.bert(1);
    Path directory = write(base, AdapterConfig.Kind.DORA);
    Map<String, HostTensor> tensors =
        new TreeMap<>(Safetensors.read(directory.resolve(AdapterFiles.TENSORS)).tensors());
    HostTensor lengths = tensors.remove(QUERY + ".lora_magnitude_vector");
    Safetensors.write(directory.resolve(AdapterFiles.TENSORS), tensors, Map.of());
    String magnitude = refused(directory, base);
    assertTrue(magnitude.contains("lora_magnitude_vector of layer"), magnitude);
    tensors.put(QUERY + ".lora_magnitude_vector", lengths);
    tensors.put("base_model.model.bert.sparkle", lengths);
    Safetensors.write(directory.resolve(AdapterFiles.TENSORS), tensors, Map.of());
    assertTrue(refused(directory, base).contains("bert.sparkle"), refused(directory, base));
    Files.delete(directory.resolve(AdapterFiles.TENSORS));
    assertTrue(refused(directory, base).contains("adapter_model.bin"), refused(directory, base));
    Files.delete(directory.resolve(AdapterConfig.FILE));
    assertTrue(refused(directory, base).contains("is missing; give the directory of an adapter"));
  }

  /** Protocol 2: the call of os.system with "true". */
  @Test
  void aPickleThatCallsSomethingElseIsRefusedByTheClassesName() throws IOException {
    PretrainedEncoder base = TinyEncoders.bert(1);
    Path directory = write(base, AdapterConfig.Kind.LORA);
    Files.delete(directory.resolve(AdapterFiles.TENSORS));
    Path file = directory.resolve("adapter_model.bin");
    try (java.util.zip.ZipOutputStream zip =
        new java.util.zip.ZipOutputStream(Files.newOutputStream(file))) {
      byte[] pickle =
          "\u0080\u0002cos\nsystem\nX\u0004\u0000\u0000\u0000true\u0085R."
              .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
      java.util.zip.CRC32 checksum = new java.util.zip.CRC32();
      checksum.update(pickle);
      java.util.zip.ZipEntry entry = new java.util.zip.ZipEntry("archive/data.pkl");
      entry.setMethod(java.util.zip.ZipEntry.STORED);
      entry.setSize(pickle.length);
      entry.setCrc(checksum.getValue());
      zip.putNextEntry(entry);
      zip.write(pickle);
      zip.closeEntry();
    }
    String said = refused(directory, base);
    assertTrue(said.contains("os.system"), said);
    assertEquals(Optional.of("x"), AdapterKey.parse("x.lora_A.weight").map(AdapterKey::module));
  }
}
