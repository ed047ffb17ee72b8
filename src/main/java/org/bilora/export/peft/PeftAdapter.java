package org.bilora.export.peft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.bilora.adapter.LowRankValues;
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
 * @param configSha256 of {@code adapter_config.json}
 * @param warnings what the user should know
 */
public record PeftAdapter(
    String directory,
    AdapterConfig config,
    Map<String, LowRankValues> increments,
    Map<String, HostTensor> saved,
    List<String> labels,
    String sha256,
    String configSha256,
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
    if (config.transposed() != base.storesInByOut()) {
      warnings.add(
          "%s: fan_in_fan_out is %s, but checkpoints of %s hold their weights as %s; it is read as such a base's"
              .formatted(
                  directory.resolve(AdapterConfig.FILE),
                  config.transposed(),
                  base.name(),
                  base.storesInByOut() ? "in × out" : "out × in"));
    }
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
      String name = savedName(directory, base, tensor.getKey());
      requireShape(directory, base, config, name, tensor.getValue());
      saved.put(name, tensor.getValue());
    }
    return new PeftAdapter(
        directory.toString(),
        config,
        increments,
        saved,
        labels(directory),
        file.sha256(),
        Hashing.sha256()
            .hashBytes(Files.readAllBytes(directory.resolve(AdapterConfig.FILE)))
            .toString(),
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

  private static void requireShape(
      Path directory, PretrainedModel base, AdapterConfig config, String name, HostTensor tensor)
      throws IOException {
    long[] wanted = base.shape(name);
    long[] found = tensor.shape();
    boolean fits = wanted.length == found.length;
    for (int i = 0; fits && i < wanted.length; i++) {
      fits = wanted[i] == -1 || wanted[i] == found[i];
    }
    if (!fits) {
      throw new IOException(
          "%s is an adapter for another base: %s is %s, but %s needs %s (it was trained on \"%s\")"
              .formatted(
                  directory,
                  name,
                  dimensions(found),
                  base.name(),
                  dimensions(wanted),
                  config.base()));
    }
  }

  private static String dimensions(long[] shape) {
    return Arrays.stream(shape)
        .mapToObj(size -> size == -1 ? "outputs" : Long.toString(size))
        .collect(Collectors.joining(" × "));
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
}
