package org.bilora.graph;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.DeviceSpec;
import org.tensorflow.GraphOperation;
import org.tensorflow.op.Ops;

/**
 * A process of a cluster, as the place where operations are computed. Which of its devices computes
 * them is left to TensorFlow.
 *
 * @param task its number in the cluster, from 0
 */
public record TaskDevice(int task) {
  /** What TensorFlow calls the processes of a cluster together. */
  public static final String JOB = "worker";

  private static final Pattern PLACE = Pattern.compile("/job:" + JOB + ".*/task:(\\d+).*");

  /** Builds operations that are computed there. */
  public Ops place(Ops tf) {
    return tf.withDevice(DeviceSpec.newBuilder().job(JOB).task(task).build());
  }

  /** Builds operations that are computed where another one is; as {@code tf} where none is said. */
  public static Ops beside(Ops tf, GraphOperation operation) {
    return at(tf, operation.device());
  }

  /** The same by the device's name. */
  public static Ops at(Ops tf, String device) {
    if (device == null || device.isEmpty()) {
      return tf;
    }
    Matcher place = PLACE.matcher(device);
    return place.matches() ? new TaskDevice(Integer.parseInt(place.group(1))).place(tf) : tf;
  }
}
