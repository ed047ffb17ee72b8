package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.bilora.text.Tokenizer;
import org.bilora.weights.HostTensor;

/**
 * A pretrained encoder as it was read: architecture, weights and tokenizer.
 *
 * <p>Weights carry Hugging Face's names without the model's prefix, and Hugging Face's layout
 * ({@code [out, in]} for a dense layer), whatever file they came from. Each kind lists its own
 * ({@link EncoderKind#tensors}); those of BERT are:
 *
 * <pre>
 * embeddings.word_embeddings.weight              [vocabulary, hidden]
 * embeddings.position_embeddings.weight          [positions, hidden]
 * embeddings.token_type_embeddings.weight        [types, hidden]
 * embeddings.LayerNorm.weight, .bias             [hidden]
 * encoder.layer.N.attention.self.query.weight    [hidden, hidden]   and key, value; .bias [hidden]
 * encoder.layer.N.attention.output.dense.weight  [hidden, hidden]   .bias [hidden]
 * encoder.layer.N.attention.output.LayerNorm.weight, .bias
 * encoder.layer.N.intermediate.dense.weight      [intermediate, hidden]   .bias
 * encoder.layer.N.output.dense.weight            [hidden, intermediate]   .bias
 * encoder.layer.N.output.LayerNorm.weight, .bias
 * pooler.dense.weight                            [hidden, hidden]   .bias   (where the file has it)
 * classifier.weight                              [labels, hidden]   .bias   (fine-tuned, where the file has it)
 * </pre>
 *
 * @param name the preset's name, or the directory as the user wrote it
 * @param config architecture
 * @param weights by canonical name; every shape was checked against {@code config}
 * @param tokenizer closed with this encoder
 * @param pooling which hidden state stands for a text, as the model was pretrained
 * @param source where it came from: Maven coordinates, or the directory's file names
 * @param sha256 of the weight file's bytes, hexadecimal
 * @param files SHA-256 of each other file that decides what it computes, by name; none for a preset
 */
public record PretrainedEncoder(
    String name,
    EncoderConfig config,
    Map<String, HostTensor> weights,
    Tokenizer tokenizer,
    EncoderHead.Pooling pooling,
    String source,
    String sha256,
    Map<String, String> files)
    implements PretrainedModel {
  /** Keeps copies of the collections. */
  public PretrainedEncoder {
    weights = ImmutableMap.copyOf(weights);
    files = ImmutableMap.copyOf(files);
  }

  @Override
  public String canonical(String checkpointName) {
    return config.kind().canonical(checkpointName);
  }

  @Override
  public boolean knows(String tensor) {
    return weights.containsKey(tensor) || EncoderTensors.optional(config).containsKey(tensor);
  }

  @Override
  public long[] shape(String tensor) {
    long[] ofHead = EncoderTensors.optional(config).get(tensor);
    if (ofHead == null && !weights.containsKey(tensor)) {
      throw new IllegalArgumentException("%s has no weight %s".formatted(name, tensor));
    }
    return ofHead == null ? weights.get(tensor).shape() : ofHead;
  }

  /**
   * The same encoder with other values of some weights, or with some that it had none of; its
   * tokenizer is shared.
   *
   * @param others by canonical name
   * @param labels names of the head's classes
   */
  public PretrainedEncoder with(Map<String, HostTensor> others, List<String> labels) {
    Map<String, HostTensor> all = new LinkedHashMap<>(weights);
    all.putAll(others);
    return new PretrainedEncoder(
        name, config.withLabels(labels), all, tokenizer, pooling, source, sha256, files);
  }

  /**
   * Canonical names of the head's tensors that an adapter for this encoder must have: those of the
   * output layer, and of what comes before it unless it is part of the pretraining and here.
   */
  public List<String> headTensors() {
    HeadLayers head = config.kind().head(config);
    List<String> names = new ArrayList<>(head.outputTensors(1, config.hiddenSize()).keySet());
    Set<String> dense = head.denseTensors(config.hiddenSize()).keySet();
    if (!(head.pretrained() && weights.keySet().containsAll(dense))) {
      names.addAll(dense);
    }
    return names;
  }

  /** Name of the head's output layer. */
  public String headOutput() {
    return config.kind().head(config).output();
  }

  @Override
  public boolean storesInByOut() {
    return false;
  }

  @Override
  public CheckpointLayer checkpointLayer(String layer) {
    for (Map.Entry<String, List<String>> stack : config.kind().stacked(config).entrySet()) {
      int part = stack.getValue().indexOf(layer);
      if (part >= 0) {
        return new CheckpointLayer(checkpointName(stack.getKey()), part, stack.getValue().size());
      }
    }
    return new CheckpointLayer(checkpointName(layer), 0, 1);
  }

  private String checkpointName(String layer) {
    String weight = config.kind().checkpointName(config, layer + ".weight");
    return weight.substring(0, weight.lastIndexOf('.'));
  }

  /** As a model for sequence or token classification has them. */
  @Override
  public Map<String, HostTensor> checkpoint(Map<String, HostTensor> tensors) {
    return EncoderTensors.checkpoint(config, tensors);
  }

  @Override
  public Map<String, long[]> linearLayers() {
    return config.kind().denseLayers(config);
  }

  @Override
  public float[] linearWeight(String layer) {
    return weights.get(layer + ".weight").values();
  }

  @Override
  public void storeLinearWeight(Map<String, HostTensor> weights, String layer, float[] values) {
    String name = layer + ".weight";
    weights.put(name, HostTensor.of(values, weights.get(name).shape()));
  }

  @Override
  public Map<String, String> layerRoles() {
    return config.kind().layerRoles();
  }

  @Override
  public int hiddenSize() {
    return config.hiddenSize();
  }

  @Override
  public int layers() {
    return config.layers();
  }

  @Override
  public OptionalInt layerOf(String linearLayer) {
    return config.kind().layerOf(linearLayer);
  }

  @Override
  public int vocabularySize() {
    return config.vocabSize();
  }

  @Override
  public int maxTokens() {
    return config.maxTokens();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
