package org.bilora.step;

import org.bilora.bilevel.UpperVariables;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Cross-entropy of one class per text. */
record ClassLoss(CrossEntropy crossEntropy) implements TaskLoss {

  @Override
  public UpperVariables.Examples examples(
      Ops tf, Operand<TFloat32> logits, Operand<TFloat32> targets, Operand<TFloat32> rowWeights) {
    return crossEntropy.examples(tf, logits, tf.dtypes.cast(targets, TInt32.class), rowWeights);
  }

  @Override
  public TaskLoss plain() {
    return new ClassLoss(crossEntropy.plain());
  }
}
