package org.bilora.bench.step;

import org.bilora.method.BiLora;
import org.bilora.method.FullFineTuning;
import org.bilora.method.HeadOnly;
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
 * vocabulary · hidden for each token that it foresees, all but the first of a row. LoRA takes 2F;
 * BiLoRA, with one batch per level, 4F with the first-order hypergradient, 6F with the exact one
 * and 8F with finite differences. Full fine-tuning takes 3F, the weights' gradients being the
 * third, and training the head alone F.
 *
 * <p>Left out, so that a share of the peak comes out too small rather than too large: the thin
 * products of the increments, the head, embeddings, everything elementwise, and that attention's
 * products, whose factors both vary, cost twice as much backward as forward. In the first layer
 * nothing goes back beyond the adapted projections, which is not subtracted.
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
        ? passes(method) * forward(decoder.config(), rows, length)
        : step(((PretrainedEncoder) model).config(), method, rows, length);
  }

  /**
   * One step of a method with one lower and, for BiLoRA, one upper batch.
   *
   * @throws IllegalArgumentException when BiLoRA takes more than one step per level
   */
  public static double step(EncoderConfig config, Method method, int rows, int length) {
    return passes(method) * forward(config, rows, length);
  }

  private static int passes(Method method) {
    if (method instanceof BiLora bilora) {
      return passes(bilora);
    }
    return method instanceof HeadOnly ? 1 : method instanceof FullFineTuning ? 3 : 2;
  }

  private static int passes(BiLora bilora) {
    if (bilora.lowerSteps() != 1 || bilora.upperSteps() != 1) {
      throw new IllegalArgumentException(
          "lowerSteps is %d and upperSteps %d; a step is counted for 1 and 1"
              .formatted(bilora.lowerSteps(), bilora.upperSteps()));
    }
    return bilora.hypergradient().backbonePasses();
  }
}
