package org.bilora.step;

import java.util.List;
import org.bilora.data.Batch;

/** Names of the shapes of steps: steps of one name are one compiled function. */
public final class StepShapes {
  private StepShapes() {}

  /** The shape of a step's batches. */
  public static String of(List<Batch> lower, List<Batch> upper) {
    return of(lower) + "| " + of(upper);
  }

  private static String of(List<Batch> batches) {
    StringBuilder shape = new StringBuilder();
    batches.forEach(
        b ->
            shape
                .append(b.rows())
                .append('x')
                .append(b.length())
                .append('/')
                .append(b.predictions())
                .append(' '));
    return shape.toString();
  }
}
