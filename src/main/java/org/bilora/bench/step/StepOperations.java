package org.bilora.bench.step;

import org.bilora.method.Method;
import org.bilora.model.DecoderConfig;
import org.bilora.model.EncoderConfig;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;

/**
 * Floating-point operations of a training step, an addition and a multiplication each counted as
 * one.
 *
 * <p>F is one forward pass over a batch, and a pass back through frozen weights, which forms no
 * gradient of theirs, is counted as another F:
 *
 * <pre>
 * F = 2 · weights of the dense layers · tokens  +  layers · 2 · 2 · rows · length² · hidden
 * </pre>
 *
 * the second term being attention's two products; a language model's output layer adds 2 ·
 * vocabulary · hidden for each token that it predicts, all but the first of a row. LoRA takes 2F;
 * BiLoRA, with one batch per level, 4F with the first-order hypergradient, 6F with the exact one
 * and 8F with finite differences. Full fine-tuning takes 3F, the weights' gradients being the
 * third, and training the head alone F.
 *
 * <p>Left out, so that a share of the peak comes out too small rather than too large: the thin
 * products of the increments, the head, embeddings, DeBERTa's products with distances, everything
 * elementwise, and that attention's products, whose factors both vary, cost twice as much backward
 * as forward. In the first layer nothing goes back beyond the adapted projections, which is not
 * subtracted.
 */
public final class StepOperations {
  private StepOperations() {}

  /** F: one forward pass over {@code rows × length} tokens. */
  public static double forward(EncoderConfig config, int rows, int length) {
    double tokens = (double) rows * length;
    return 2 * config.kind().weightsPerToken(config) * tokens
        + config.layers() * 4 * tokens * length * config.hiddenSize();
  }

  /** F of a language model, its output layer included. */
  public static double forward(DecoderConfig config, int rows, int length) {
    double hidden = config.hiddenSize();
    double weights =
        config.layers() * (4 * hidden * hidden + 2 * hidden * config.intermediateSize());
    double tokens = (double) rows * length;
    return 2 * weights * tokens
        + config.layers() * 4 * tokens * length * hidden
        + 2 * hidden * config.vocabSize() * rows * (length - 1);
  }

  /**
   * One step of a method in a model.
   *
   * @throws IllegalArgumentException when BiLoRA takes more than one step per level
   */
  static double step(PretrainedModel model, Method method, int rows, int length) {
    return model instanceof PretrainedDecoder decoder
        ? method.backbonePasses() * forward(decoder.config(), rows, length)
        : step(((PretrainedEncoder) model).config(), method, rows, length);
  }

  /**
   * One step of a method with one lower and, for BiLoRA, one upper batch.
   *
   * @throws IllegalArgumentException when BiLoRA takes more than one step per level
   */
  public static double step(EncoderConfig config, Method method, int rows, int length) {
    return method.backbonePasses() * forward(config, rows, length);
  }
}
