package org.bilora.step;

import java.util.List;
import org.bilora.bilevel.UpperVariables;
import org.bilora.settings.Range;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Stack;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Binary cross-entropy of labels that are there or not, averaged over examples and labels: with σ =
 * sigmoid, − wₖ y log σ(z) − (1 − y) log(1 − σ(z)). A sigmoid is the softmax of (0, z), so that
 * what the cross-entropy of two classes has (smoothing, focus) serves here too.
 *
 * @param labels K
 * @param crossEntropy of two classes
 * @param positiveWeights wₖ; empty where all are 1
 */
record LabelLoss(int labels, CrossEntropy crossEntropy, List<Double> positiveWeights)
    implements TaskLoss {

  /** Checks the weights. */
  LabelLoss {
    positiveWeights = List.copyOf(positiveWeights);
    if (!positiveWeights.isEmpty() && positiveWeights.size() != labels) {
      throw new IllegalArgumentException(
          "%d class weights for %d labels; give one for each"
              .formatted(positiveWeights.size(), labels));
    }
    positiveWeights.forEach(weight -> Range.positive("class weight", weight));
  }

  @Override
  public UpperVariables.Examples examples(
      Ops tf, Operand<TFloat32> logits, Operand<TFloat32> targets, Operand<TFloat32> rowWeights) {
    Operand<TFloat32> z = tf.reshape(logits, tf.constant(new int[] {-1}));
    Operand<TFloat32> pairs = tf.stack(List.of(tf.zerosLike(z), z), Stack.axis(1L));
    Operand<TFloat32> perLabel =
        tf.reshape(
            crossEntropy.perRow(tf, pairs, tf.dtypes.cast(targets, TInt32.class)),
            tf.constant(new int[] {-1, labels}));
    if (!positiveWeights.isEmpty()) {
      float[] beyond = new float[labels];
      for (int k = 0; k < labels; k++) {
        beyond[k] = (float) (positiveWeights.get(k) - 1);
      }
      Operand<TFloat32> present = tf.reshape(targets, tf.constant(new int[] {-1, labels}));
      perLabel =
          tf.math.mul(
              perLabel, tf.math.add(tf.constant(1f), tf.math.mul(present, tf.constant(beyond))));
    }
    return CrossEntropy.counting(tf.math.mean(perLabel, tf.constant(1)), rowWeights);
  }

  @Override
  public boolean ofClasses() {
    return false;
  }

  @Override
  public TaskLoss plain() {
    return new LabelLoss(labels, crossEntropy.plain(), List.of());
  }
}
