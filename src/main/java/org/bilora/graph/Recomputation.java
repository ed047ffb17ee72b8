package org.bilora.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.GraphOperationBuilder;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/**
 * Whether what lies between a tensor x and y = f(x) is kept for a gradient, or is computed again
 * when the adjoint of y is there (Chen et al. 2016, arXiv 1604.06174): then x alone is in memory
 * until that time. Operations that are computed again form a segment, which is a name scope of its
 * own in the graph.
 *
 * <p>The second computation reads its inputs through a barrier that waits for the adjoint. Without
 * one, TensorFlow would find that both compute the same and keep the first; the barrier is one
 * operation that hands on inputs and adjoints together, which TensorFlow's optimizer of graphs does
 * not take apart. XLA does: it knows a barrier of its own, keeps the second computation behind it,
 * and then computes both when it sees fit, which on a processor took as much memory as one.
 */
public enum Recomputation {
  /** Everything is kept. */
  OFF,
  /** What is within a segment is computed again. */
  ON;

  private static final String SCOPE = "recomputed";
  private static final Pattern SEGMENT = Pattern.compile("((?:.*/)?" + SCOPE + "(?:_\\d+)?)/.*");

  private static final String BARRIER = "IdentityN";

  /**
   * Builds f(x), as a segment unless all is kept.
   *
   * @param f builds with the operations it is given, and with no others
   */
  public <T extends TType> Operand<T> of(
      Ops tf, Operand<T> x, BiFunction<Ops, Operand<T>, Operand<T>> f) {
    if (this == OFF) {
      return f.apply(tf, x);
    }
    Ops inside = segment(tf);
    Operand<?> read = barrier(inside, List.of(x)).get(0);
    return f.apply(inside, read.asOutput().expect(x.type()));
  }

  /** Builds into a new segment. */
  public static Ops segment(Ops tf) {
    return tf.withSubScope(SCOPE);
  }

  /** The segment that an operation is part of, by its name; empty where its results are kept. */
  public static Optional<String> segmentOf(GraphOperation operation) {
    Matcher name = SEGMENT.matcher(operation.name());
    return name.matches() ? Optional.of(name.group(1)) : Optional.empty();
  }

  /** Whether an operation is a barrier: it hands on its inputs, each as the output of its place. */
  public static boolean isBarrier(GraphOperation operation) {
    return operation.type().equals(BARRIER);
  }

  /**
   * Hands on operands once all of them are there.
   *
   * @return as many operands, each of the type and shape of its own
   */
  public static List<Operand<?>> barrier(Ops tf, List<? extends Operand<?>> operands) {
    GraphOperationBuilder builder =
        ((Graph) tf.scope().env())
            .opBuilder(BARRIER, tf.scope().makeOpName(BARRIER), tf.scope())
            .addInputList(operands.stream().map(Operand::asOutput).toArray(Output<?>[]::new));
    GraphOperation operation = builder.build();
    List<Operand<?>> handedOn = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      handedOn.add(operation.output(i));
    }
    return handedOn;
  }
}
