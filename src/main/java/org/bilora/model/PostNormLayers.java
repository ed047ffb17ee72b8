package org.bilora.model;

import java.util.List;
import java.util.function.IntFunction;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Transformer layers with layer normalisation behind each residual sum, as BERT has them (Devlin et
 * al. 2019):
 *
 * <pre>
 * x ← LayerNorm(x + dropout(attentionOutput(attention(x))))
 * x ← LayerNorm(x + dropout(output(σ(intermediate(x)))))
 * </pre>
 *
 * @param perLayer how many of these make one of the encoder's layers, which the pass's span counts
 * @param names of the parts, by the number of these
 * @param attentionDropout probability behind the attention's output layer
 * @param outputDropout probability behind the feed-forward layer
 */
record PostNormLayers<T extends TFloating>(
    EncoderPass<T> pass,
    int perLayer,
    IntFunction<LayerNames> names,
    double attentionDropout,
    double outputDropout) {

  /** Layers with the encoder's own dropout in both places. */
  static <T extends TFloating> PostNormLayers<T> of(
      EncoderPass<T> pass, IntFunction<LayerNames> names) {
    double dropout = pass.config().hiddenDropoutProbability();
    return new PostNormLayers<>(pass, 1, names, dropout, dropout);
  }

  /**
   * All layers of the span, attention being softmax(Q Kᵀ / √d + bias) V.
   *
   * @param x {@code [tokens, hidden]}
   * @param bias broadcast to {@code [rows, heads, length, length]}
   * @return {@code [tokens, hidden]}
   */
  Operand<T> apply(Operand<T> x, Operand<TFloat32> bias) {
    EncoderConfig config = pass.config();
    Layers.ScaledActivation activation = Layers.ScaledActivation.of(config.activation(), x);
    for (int layer = pass.span().from() * perLayer; layer < pass.span().to() * perLayer; layer++) {
      LayerNames parts = names.apply(layer);
      x =
          pass.layer(
              x,
              (inside, read) -> {
                PostNormLayers<T> here = building(inside);
                return here.layer(parts, activation, read, here.attention(parts, read, bias));
              });
    }
    return x;
  }

  /** The same layers, built by another pass. */
  PostNormLayers<T> building(EncoderPass<T> other) {
    return new PostNormLayers<>(other, perLayer, names, attentionDropout, outputDropout);
  }

  /** What comes behind attention in a layer. */
  Operand<T> layer(
      LayerNames layer, Layers.ScaledActivation activation, Operand<T> x, Operand<T> attended) {
    Ops tf = pass.tf();
    Dropout dropout = pass.dropout();
    Operand<T> mixed = pass.dense(attended, Layers.Scale.ONE, layer.attentionOutput());
    Operand<T> y = residual(layer.attentionNorm(), x, dropout.apply(tf, mixed, attentionDropout));
    Operand<T> wide = pass.dense(y, activation.before(), layer.intermediate());
    Operand<T> out = pass.dense(activation.apply(tf, wide), activation.behind(), layer.output());
    return residual(layer.outputNorm(), y, dropout.applyBehindFeedForward(tf, out, outputDropout));
  }

  /** softmax(Q Kᵀ / √d + bias) V over all heads, {@code [tokens, hidden]}. */
  private Operand<T> attention(LayerNames layer, Operand<T> x, Operand<TFloat32> bias) {
    Ops tf = pass.tf();
    EncoderConfig config = pass.config();
    Operand<T> joint = pass.dense(x, Layers.Scale.ONE, layer.query(), layer.key(), layer.value());
    List<Operand<T>> parts =
        Layers.queryKeyValue(
            tf, joint, pass.inputs().inputIds(), config.heads(), config.headSize());
    Operand<T> mixed =
        Layers.attention(
            tf,
            Layers.scaled(tf, parts.get(0), config.headSize()),
            parts.get(1),
            parts.get(2),
            bias,
            pass.dropout(),
            config.attentionDropoutProbability());
    return Layers.joinedHeads(tf, mixed, config.hiddenSize());
  }

  /** LayerNorm(x + added). */
  private Operand<T> residual(String norm, Operand<T> x, Operand<T> added) {
    return pass.layerNorm(norm, pass.tf().math.add(x, added));
  }
}
