package org.bilora.export.peft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.bilora.adapter.LowRankValues;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.weights.HostTensor;
import org.bilora.weights.SafetensorsFile;
import org.bilora.weights.WeightFiles;

/**
 * An adapter that Hugging Face PEFT, or {@code export --format peft}, wrote, read for a base.
 *
 * @param directory where it is, as the user wrote it
 * @param config what {@code adapter_config.json} says
 * @param increments ΔW by canonical name of the base's linear layer
 * @param saved weights that replace the base's, or are its head, by canonical name
 * @param labels names of the classes; empty where the adapter says none
 * @param sha256 of the file of tensors
 * @param warnings what the user should know
 */
public record PeftAdapter(
    String directory,
    AdapterConfig config,
    Map<String, LowRankValues> increments,
    Map<String, HostTensor> saved,
    List<String> labels,
    String sha256,
    List<String> warnings) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Copies what could change. */
  public PeftAdapter {
    increments = Map.copyOf(increments);
    saved = Map.copyOf(saved);
    labels = List.copyOf(labels);
    warnings = List.copyOf(warnings);
  }

  /**
   * Reads what {@code adapter_config.json} says, without a base.
   *
   * @throws IOException when it is missing or not understood
   */
  public static AdapterConfig config(Path directory) throws IOException {
    return ConfigReader.read(directory, new ArrayList<>());
  }

  /**
   * Reads an adapter.
   *
   * @param base that it is to change
   * @throws IOException when a file is missing or unsound, something in it is not understood, or it
   *     is one for another base: the message names file, layer and dimension
   */
  public static PeftAdapter read(Path directory, PretrainedModel base) throws IOException {
    List<String> warnings = new ArrayList<>();
    AdapterConfig config = ConfigReader.read(directory, warnings);
    SafetensorsFile file = tensors(directory);
    Map<String, Map<String, HostTensor>> byLayer = new TreeMap<>();
    Map<String, HostTensor> others = new TreeMap<>();
    for (Map.Entry<String, HostTensor> tensor : file.tensors().entrySet()) {
      Optional<AdapterKey> key = AdapterKey.parse(tensor.getKey());
      if (key.isPresent()) {
        byLayer
            .computeIfAbsent(key.get().module(), module -> new TreeMap<>())
            .put(key.get().part(), tensor.getValue());
      } else {
        others.put(tensor.getKey(), tensor.getValue());
      }
    }
    if (byLayer.isEmpty()) {
      throw new IOException(
          "%s holds no increment: no key has lora_A and lora_B in it".formatted(directory));
    }
    LayerReader reader = new LayerReader(directory, base, config);
    Map<String, LowRankValues> increments = new LinkedHashMap<>();
    for (Map.Entry<String, Map<String, HostTensor>> layer : byLayer.entrySet()) {
      increments.putAll(reader.read(layer.getKey(), layer.getValue()));
    }
    Map<String, HostTensor> saved = new TreeMap<>();
    for (Map.Entry<String, HostTensor> tensor : others.entrySet()) {
      saved.put(savedName(directory, base, tensor.getKey()), tensor.getValue());
    }
    return new PeftAdapter(
        directory.toString(),
        config,
        increments,
        saved,
        labels(directory),
        file.sha256(),
        warnings);
  }

  private static SafetensorsFile tensors(Path directory) throws IOException {
    return WeightFiles.ofAdapter(directory).read(name -> true);
  }

  private static String savedName(Path directory, PretrainedModel base, String key)
      throws IOException {
    String name =
        key.startsWith(AdapterFiles.PREFIX) ? key.substring(AdapterFiles.PREFIX.length()) : key;
    String canonical = base.canonical(name.replace(".modules_to_save.default", ""));
    if (!base.knows(canonical)) {
      throw new IOException(
          "%s holds the tensor %s, which is neither part of an increment nor a weight of %s"
              .formatted(directory, key, base.name()));
    }
    return canonical;
  }

  private static List<String> labels(Path directory) throws IOException {
    List<String> labels = new ArrayList<>();
    Path file = directory.resolve("labels.json");
    if (Files.isRegularFile(file)) {
      for (JsonNode label : JSON.readTree(Files.readAllBytes(file))) {
        labels.add(label.asText());
      }
    }
    return labels;
  }

  /**
   * Number of logits of the head.
   *
   * @throws IOException when the head, or a part of it, is missing: the message names the keys that
   *     were looked for
   */
  public int outputs(PretrainedEncoder base) throws IOException {
    List<String> wanted = new ArrayList<>(base.headTensors());
    List<String> missing = new ArrayList<>();
    for (String name : wanted) {
      if (!saved.containsKey(name)) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      TreeSet<String> keys = new TreeSet<>();
      Map<String, HostTensor> named = new TreeMap<>();
      missing.forEach(name -> named.put(name, HostTensor.of(new float[1], 1)));
      base.checkpoint(named).keySet().forEach(name -> keys.add(AdapterFiles.PREFIX + name));
      throw new IOException(
          "%s has no classification head, so that it would answer at random: looked for %s. Save the adapter again with modules_to_save (task type SEQ_CLS does)"
              .formatted(directory, String.join(", ", keys)));
    }
    return Math.toIntExact(saved.get(base.headOutput() + ".weight").dimension(0));
  }
}
