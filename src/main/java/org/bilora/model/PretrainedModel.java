package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.OptionalInt;
import org.bilora.adapter.LowRankValues;
import org.bilora.text.Tokenizer;
import org.bilora.weights.HostTensor;

/** A pretrained model as it was read: weights, tokenizer and where they came from. */
public sealed interface PretrainedModel extends AutoCloseable
    permits PretrainedEncoder, PretrainedDecoder {

  /** The preset's name, or the directory as the user wrote it. */
  String name();

  /** By canonical name, in the layout of the model's kind. */
  Map<String, HostTensor> weights();

  /** Closed with this model. */
  Tokenizer tokenizer();

  /** Maven coordinates, or names of the files it came from. */
  String source();

  /** Of the weight file's bytes, hexadecimal. */
  String sha256();

  /**
   * SHA-256 of each other file that decides what it computes, by name: configuration and tokenizer.
   * None for a preset, whose artifact is one file.
   */
  Map<String, String> files();

  /**
   * The linear layers that an increment may change, in the order of the forward pass, each with the
   * shape {@code [out, in]} of its ΔW.
   */
  Map<String, long[]> linearLayers();

  /** W of one of them as ΔW is added to it, {@code [out, in]}, row-major. */
  float[] linearWeight(String layer);

  /**
   * Puts another W, {@code [out, in]}, row-major, where the weights have that of a linear layer.
   *
   * @param weights by canonical name; the tensor that holds the layer is replaced
   */
  void storeLinearWeight(Map<String, HostTensor> weights, String layer, float[] values);

  /**
   * The weights with W + ΔW in every layer that has an increment, with some tensors replaced or
   * added, such as a trained head, and with the model's own values elsewhere.
   *
   * @param increments ΔW by name of the linear layer, as in {@link #linearLayers}
   * @param replaced tensors by canonical name
   * @throws IllegalArgumentException when an increment has no layer to go to, or another shape
   * @throws NonFiniteWeightException when a value is infinite or not a number; the message names
   *     the tensor
   */
  default Map<String, HostTensor> mergedWeights(
      Map<String, LowRankValues> increments, Map<String, HostTensor> replaced) {
    return MergedWeights.of(this, increments, replaced);
  }

  /** Where one of them stands in a checkpoint of a task model. */
  CheckpointLayer checkpointLayer(String layer);

  /**
   * Tensors as a checkpoint of a task model has them, by its names.
   *
   * @param tensors by canonical name
   */
  Map<String, HostTensor> checkpoint(Map<String, HostTensor> tensors);

  /** The canonical name of a tensor, or of a layer, of a checkpoint of a task model. */
  String canonical(String checkpointName);

  /** Whether a tensor of that canonical name is a weight of this model or of its head. */
  boolean knows(String tensor);

  /**
   * The shape of such a weight, {@code -1} where it is free: a head may have any number of outputs.
   *
   * @throws IllegalArgumentException when there is no such weight
   */
  long[] shape(String tensor);

  /** Whether checkpoints hold the weights of linear layers as {@code [in, out]}. */
  boolean storesInByOut();

  /** Last names of the layers for {@code query}, {@code key} and {@code value} where others. */
  default Map<String, String> layerRoles() {
    return ImmutableMap.of();
  }

  /** Architecture: an {@link EncoderConfig} or a {@link DecoderConfig}. */
  Record config();

  /** Width of a token's state behind a layer. */
  int hiddenSize();

  /** Number of Transformer layers. */
  int layers();

  /**
   * The Transformer layer that a linear layer belongs to, counted from 0; empty for one that
   * belongs to none, or to several that share their weights.
   */
  default OptionalInt layerOf(String linearLayer) {
    return LayerNames.numberIn(linearLayer);
  }

  /** Rows of the token embedding. */
  int vocabularySize();

  /** Most tokens of a text. */
  int maxTokens();

  @Override
  void close();
}
