package org.bilora.bilevel;

import java.util.List;
import java.util.stream.IntStream;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A linear model f(x) = wᵀx on two data sets: L₁ is what the upper variables make of its examples'
 * losses, L₂ the mean loss of the other data set.
 *
 * @param kind of loss
 * @param x lower data, {@code [examples, features]}
 * @param y its targets, {@code [examples]}; −1 and 1 for logistic loss
 * @param heldOutX upper data
 * @param heldOutY its targets
 * @param start w at the start, {@code [features]}
 */
record Regression(
    Kind kind,
    UpperVariables variables,
    float[][] x,
    float[] y,
    float[][] heldOutX,
    float[] heldOutY,
    float[] start)
    implements BilevelProblem {

  /** Losses. */
  enum Kind {
    /** ½ (f − y)². */
    SQUARED,
    /** log(1 + exp(−y f)). */
    LOGISTIC
  }

  @Override
  public ParameterGroup lowerGroup() {
    return new ParameterGroup(
        "lower", List.of(new Parameter("w", new long[] {start.length, 1}, start.clone(), true)));
  }

  @Override
  public ParameterGroup upperGroup() {
    return variables.group();
  }

  @Override
  public Loss lowerLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    Operand<TFloat32> losses = losses(tf, x, y, lower.get(0));
    int[] rows = IntStream.range(0, y.length).toArray();
    UpperVariables.Examples examples = new UpperVariables.Examples(losses, tf.constant(rows));
    return new Loss(variables.lowerObjective(tf, upper, lower, examples), examples.mean(tf));
  }

  @Override
  public Loss upperLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    Operand<TFloat32> mean =
        tf.math.mean(losses(tf, heldOutX, heldOutY, lower.get(0)), tf.constant(0));
    return new Loss(mean, mean);
  }

  private Operand<TFloat32> losses(Ops tf, float[][] x, float[] y, Operand<TFloat32> w) {
    Operand<TFloat32> f =
        tf.reshape(tf.linalg.matMul(tf.constant(x), w), tf.constant(Shape.of(y.length)));
    return switch (kind) {
      case SQUARED ->
          tf.math.mul(tf.constant(0.5f), tf.math.square(tf.math.sub(f, tf.constant(y))));
      case LOGISTIC ->
          tf.math.log(
              tf.math.add(
                  tf.constant(1f), tf.math.exp(tf.math.neg(tf.math.mul(tf.constant(y), f)))));
    };
  }
}
