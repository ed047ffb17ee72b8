package org.bilora.model;

/**
 * The layers of a kind's own classification head, over the first token's last hidden state x:
 *
 * <pre>
 * logits = output(dropout(σ(dense(dropout(x)))))
 * </pre>
 *
 * @param dense name of the dense layer, {@code [hidden, hidden]} and a bias
 * @param pretrained whether the dense layer is part of the kind's pretraining, so that it stays
 *     frozen where a checkpoint has it
 * @param denseDropoutProbability of x
 * @param activation σ
 * @param output name of the output layer, {@code [labels, hidden]} and a bias
 * @param outputDropoutProbability of what the output layer reads
 */
public record HeadLayers(
    String dense,
    boolean pretrained,
    double denseDropoutProbability,
    EncoderConfig.Activation activation,
    String output,
    double outputDropoutProbability) {}
