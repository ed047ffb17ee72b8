package org.bilora.model;

import java.util.Map;
import java.util.Optional;

/**
 * The layers of a kind's own classification head, over one hidden state x of a text:
 *
 * <pre>
 * logits = output(dropout(norm(σ(dense(dropout(x))))))
 * </pre>
 *
 * @param dense name of the dense layer, {@code [hidden, hidden]}
 * @param denseBias whether the dense layer has a bias
 * @param pretrained whether the dense layer is part of the kind's pretraining, so that it stays
 *     frozen where a checkpoint has it
 * @param denseDropoutProbability of x
 * @param activation σ
 * @param norm layer normalisation behind the activation
 * @param output name of the output layer, {@code [labels, hidden]} and a bias
 * @param outputDropoutProbability of what the output layer reads
 * @param meanOverTokens whether x is the mean over tokens; else the first token's state
 */
public record HeadLayers(
    String dense,
    boolean denseBias,
    boolean pretrained,
    double denseDropoutProbability,
    EncoderConfig.Activation activation,
    Optional<Norm> norm,
    String output,
    double outputDropoutProbability,
    boolean meanOverTokens) {

  /** Name of the output layer over every token, whatever the kind. */
  static final String TOKEN_OUTPUT = "classifier";

  /**
   * A layer normalisation.
   *
   * @param shift whether it has a shift besides its gain
   * @param epsilon added to the variance
   */
  public record Norm(String name, boolean shift, double epsilon) {}

  /** A head over the first token, without layer normalisation. */
  HeadLayers(
      String dense,
      boolean pretrained,
      double denseDropoutProbability,
      EncoderConfig.Activation activation,
      String output,
      double outputDropoutProbability) {
    this(
        dense,
        true,
        pretrained,
        denseDropoutProbability,
        activation,
        Optional.empty(),
        output,
        outputDropoutProbability,
        false);
  }

  /** Whether a tensor is one of these layers'. */
  boolean holds(String tensor) {
    String layer = tensor.substring(0, Math.max(0, tensor.lastIndexOf('.')));
    return layer.equals(dense)
        || layer.equals(output)
        || norm.isPresent() && layer.equals(norm.get().name());
  }

  /** What comes before the output layer, by name, each with its shape. */
  Map<String, long[]> denseTensors(long hidden) {
    TensorShapes shapes = new TensorShapes().dense(dense, hidden, hidden, denseBias);
    norm.ifPresent(layer -> shapes.layerNorm(layer.name(), hidden, layer.shift()));
    return shapes.build();
  }

  /** Whether the kind's head over every token has the dense layer too: only ModernBERT's has. */
  boolean denseOverTokens() {
    return norm.isPresent();
  }

  /** The output layer, by name, each tensor with its shape. */
  Map<String, long[]> outputTensors(long labels, long hidden) {
    return outputTensors(output, labels, hidden);
  }

  /** An output layer, by name, each tensor with its shape. */
  static Map<String, long[]> outputTensors(String output, long labels, long hidden) {
    return new TensorShapes().dense(output, labels, hidden).build();
  }
}
