package org.bilora.model;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * The task head: pooled hidden state, dense layer with tanh where the pooling has one, output
 * layer; dropout before either as the original has it. One row of logits per text, one column for a
 * regression task.
 *
 * <p>BERT calls the dense layer {@code pooler.dense} and the output layer {@code classifier};
 * RoBERTa calls them {@code classifier.dense} and {@code classifier.out_proj}.
 *
 * @param config of the encoder below
 * @param pooling which hidden state stands for the text
 * @param labels number of logits, 1 for regression
 */
public record EncoderHead(EncoderConfig config, Pooling pooling, int labels) {

  /** Which hidden state stands for the text. */
  public enum Pooling {
    /** The first token's through the dense layer, as BERT was pretrained. */
    POOLER,
    /** The first token's itself, as sentence encoders such as BGE were trained. */
    CLS,
    /**
     * The mean over tokens itself, as sentence encoders such as MiniLM-L6 were trained. Their
     * checkpoints still have the dense layer of an earlier pretraining, which never saw a mean:
     * LoRA behind it, frozen, learnt next to nothing in an epoch of STS-B.
     */
    MEAN
  }

  /** Checks the range. */
  public EncoderHead {
    if (labels < 1) {
      throw new IllegalArgumentException("labels is %d; it must be 1 or more".formatted(labels));
    }
  }

  /** Whether there is a dense layer between pooling and output layer. */
  public boolean hasDense() {
    return pooling == Pooling.POOLER;
  }

  /** Name of the dense layer. */
  public String denseName() {
    return config.modelType() == EncoderConfig.ModelType.BERT ? "pooler.dense" : "classifier.dense";
  }

  /** Name of the output layer. */
  public String outputName() {
    return config.modelType() == EncoderConfig.ModelType.BERT
        ? "classifier"
        : "classifier.out_proj";
  }

  /**
   * The logits.
   *
   * @param hidden last hidden states, {@code [rows, length, hidden]}
   * @param weights the head's values by name
   * @return {@code [rows, labels]}
   */
  public <T extends TFloating> Operand<TFloat32> logits(
      Ops tf, EncoderInputs inputs, Operand<T> hidden, Weights<TFloat32> weights, Dropout dropout) {
    double p = config.classifierDropoutProbability();
    Operand<TFloat32> x = pooled(tf, inputs, hidden);
    if (hasDense()) {
      if (config.modelType() == EncoderConfig.ModelType.ROBERTA) {
        x = dropout.apply(tf, x, p);
      }
      x = tf.math.tanh(dense(tf, x, weights, denseName()));
    }
    return dense(tf, dropout.apply(tf, x, p), weights, outputName());
  }

  /** {@code [rows, hidden]}. */
  public <T extends TFloating> Operand<TFloat32> pooled(
      Ops tf, EncoderInputs inputs, Operand<T> hidden) {
    if (pooling != Pooling.MEAN) {
      int width = config.hiddenSize();
      Operand<T> first =
          tf.slice(hidden, tf.constant(new int[] {0, 0, 0}), tf.constant(new int[] {-1, 1, width}));
      return tf.dtypes.cast(tf.reshape(first, tf.constant(new int[] {-1, width})), TFloat32.class);
    }
    return meanOverTokens(tf, inputs, tf.dtypes.cast(hidden, TFloat32.class));
  }

  private static Operand<TFloat32> meanOverTokens(
      Ops tf, EncoderInputs inputs, Operand<TFloat32> hidden) {
    Operand<TFloat32> mask = tf.dtypes.cast(inputs.attentionMask(), TFloat32.class);
    Operand<TInt32> overTokens = tf.constant(new int[] {1});
    Operand<TFloat32> sum =
        tf.reduceSum(tf.math.mul(hidden, tf.expandDims(mask, tf.constant(2))), overTokens);
    return tf.math.div(sum, tf.expandDims(tf.reduceSum(mask, overTokens), tf.constant(1)));
  }

  private static Operand<TFloat32> dense(
      Ops tf, Operand<TFloat32> x, Weights<TFloat32> weights, String name) {
    return tf.math.add(
        tf.linalg.matMul(x, weights.get(name + ".weight"), MatMul.transposeB(true)),
        weights.get(name + ".bias"));
  }
}
