package org.bilora.step;

import com.google.common.primitives.Floats;
import java.util.List;
import org.bilora.graph.ValueAt;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * The trainings that take a step together: one by itself, or several side by side. What is a number
 * of one training is a column of several, {@code [lanes, 1]}, which is multiplied with the rows of
 * what has an axis of lanes in front.
 *
 * @param count of the lanes
 * @param sideBySide whether there is an axis of lanes, each with a place of its own in the
 *     variables
 * @param penalties how many penalties' weights are fed
 */
record StepLanes(int count, boolean sideBySide, int penalties) {
  /** A training by itself. */
  static final StepLanes ONE = new StepLanes(1, false, 0);

  /** Of so many values per lane. */
  Shape shape(long values) {
    return sideBySide ? Shape.of(count, values) : Shape.of(values);
  }

  /**
   * One of the fed numbers.
   *
   * @param fed of {@link #shape}
   * @return scalar, or {@code [lanes, 1]}
   */
  Operand<TFloat32> number(Ops tf, Operand<TFloat32> fed, int position) {
    Operand<TFloat32> number = ValueAt.of(tf, fed, position);
    return sideBySide ? number : tf.reduceSum(number, tf.constant(0));
  }

  /** Numbers to be fed, by lane. */
  TFloat32 floats(List<float[]> byLane) {
    TFloat32 tensor = TFloat32.tensorOf(shape(byLane.get(0).length));
    float[] all = Floats.concat(byLane.toArray(float[][]::new));
    tensor.asRawTensor().data().asFloats().write(all);
    return tensor;
  }

  /** What each lane's dropout follows from at its step. */
  TInt32 dropoutSeeds(List<LaneTurn> turns) {
    int[] words = new int[2 * count];
    for (int lane = 0; lane < count; lane++) {
      words[2 * lane] = Long.hashCode(turns.get(lane).lane().seed());
      words[2 * lane + 1] = (int) turns.get(lane).rates().step();
    }
    TInt32 tensor = TInt32.tensorOf(shape(2));
    tensor.asRawTensor().data().asInts().write(words);
    return tensor;
  }

  /** Each lane's place in the variables. */
  static TInt32 places(List<LaneTurn> turns) {
    return TInt32.vectorOf(turns.stream().mapToInt(turn -> turn.lane().place()).toArray());
  }

  /** What a step reports, by lane. */
  float[] read(TFloat32 reported) {
    float[] numbers = new float[count];
    reported.asRawTensor().data().asFloats().read(numbers);
    return numbers;
  }
}
