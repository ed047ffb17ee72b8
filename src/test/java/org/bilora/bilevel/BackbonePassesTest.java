package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * What an iteration costs, counted: products with a frozen matrix that lies between V and the loss,
 * in all that the iteration needs. A pass forward takes one and so does a pass back.
 */
class BackbonePassesTest {
  static Stream<Hypergradient> estimators() {
    return Stream.concat(
        Hypergradients.usual().stream(),
        Stream.of(
            new Exact(Unroll.ADAMW),
            new Exact(Unroll.STEADY),
            new Neumann(0, Unroll.SGD),
            new Neumann(3, Unroll.ADAMW)));
  }

  @ParameterizedTest
  @MethodSource("estimators")
  void theProductsWithFrozenWeightsAreThoseOfTheCostLine(Hypergradient estimator) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Chain chain = new Chain(tf.constant(new float[][] {{0.4f, -0.3f}, {0.2f, 0.5f}}));
      LevelOptimizer optimizer = new LevelOptimizer(AdamW.DEFAULT, new GlobalNormClipping(1));
      StepOutcome outcome =
          new BilevelIteration(estimator, 1, 1, optimizer, optimizer)
              .run(
                  tf,
                  chain,
                  level(tf),
                  level(tf),
                  estimator.slots().stream()
                      .<Operand<TFloat32>>map(slot -> tf.constant(new float[] {0.3f, -0.1f}))
                      .toList(),
                  new BilevelIteration.Rates(
                      tf.constant(0.1f), tf.constant(0.1f), tf.constant(0.1f)));
      Deque<GraphOperation> open = new ArrayDeque<>();
      Stream.concat(
              outcome.slots().stream(),
              Stream.of(
                  outcome.lower().orElseThrow().state().adam().values(),
                  outcome.upper().orElseThrow().state().adam().values(),
                  outcome.lowerLoss().orElseThrow(),
                  outcome.upperLoss().orElseThrow(),
                  outcome.terms().orElseThrow().ratio(),
                  outcome.terms().orElseThrow().cosine()))
          .forEach(output -> open.add((GraphOperation) output.op()));
      Set<GraphOperation> seen = new HashSet<>(open);
      int products = 0;
      while (!open.isEmpty()) {
        GraphOperation operation = open.pop();
        for (int i = 0; i < operation.numInputs(); i++) {
          GraphOperation input = (GraphOperation) operation.input(i).op();
          if (operation.type().equals("MatMul") && input.equals(chain.frozen().op())) {
            products++;
          }
          if (seen.add(input)) {
            open.push(input);
          }
        }
      }
      assertEquals(estimator.backbonePasses(), products);
    }
  }

  private static LevelState level(Ops tf) {
    return new LevelState(
        new AdamW.State(
            tf.constant(new float[] {0.4f, -0.6f}),
            tf.constant(new float[2]),
            tf.constant(new float[2])),
        tf.constant(0f));
  }

  /** Both losses: ½ ‖tanh(tanh(E ∘ V) W)‖² of rows of two. */
  private record Chain(Operand<TFloat32> frozen) implements BilevelProblem {
    @Override
    public ParameterGroup lowerGroup() {
      return group("lower");
    }

    @Override
    public ParameterGroup upperGroup() {
      return group("upper");
    }

    private static ParameterGroup group(String name) {
      return new ParameterGroup(
          name, List.of(new Parameter("p", new long[] {1, 2}, new float[2], false)));
    }

    @Override
    public Loss lowerLoss(
        Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
      Operand<TFloat32> inner = tf.math.tanh(tf.math.mul(lower.get(0), upper.get(0)));
      Operand<TFloat32> outer = tf.math.tanh(tf.linalg.matMul(inner, frozen));
      Operand<TFloat32> loss = tf.reduceSum(tf.math.square(outer), tf.constant(new int[] {0, 1}));
      return new Loss(loss, loss);
    }

    @Override
    public Loss upperLoss(
        Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
      return lowerLoss(tf, batch, lower, upper);
    }
  }
}
