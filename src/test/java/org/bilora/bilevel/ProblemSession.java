package org.bilora.bilevel;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GraphOptions;
import org.tensorflow.proto.RewriterConfig;
import org.tensorflow.types.TFloat32;

/** A bi-level problem in a session of its own, evaluated wherever a test asks. */
public final class ProblemSession implements AutoCloseable {
  /** These graphs run a few times each: optimizing one takes longer than all its runs. */
  static final ConfigProto UNOPTIMIZED =
      ConfigProto.newBuilder()
          .setGraphOptions(
              GraphOptions.newBuilder()
                  .setRewriteOptions(RewriterConfig.newBuilder().setDisableMetaOptimizer(true)))
          .build();

  private final Graph graph = new Graph();
  private final Session session = new Session(graph, UNOPTIMIZED);
  private final Ops tf = Ops.create(graph);
  private final BilevelProblem problem;
  private final Placeholder<TFloat32> lower;
  private final Placeholder<TFloat32> upper;
  private final Placeholder<TFloat32> updatedLower;
  private final Placeholder<TFloat32> xi;
  private final Placeholder<TFloat32> direction;
  private final Map<String, Operand<TFloat32>> built = new HashMap<>();
  private final Map<Integer, LowerPass> lowerPasses = new HashMap<>();

  /** Opens a session for the problem that the function builds. */
  public ProblemSession(Function<Ops, BilevelProblem> problems) {
    problem = problems.apply(tf);
    lower = vector(problem.lowerGroup().size());
    upper = vector(problem.upperGroup().size());
    updatedLower = vector(problem.lowerGroup().size());
    direction = vector(problem.lowerGroup().size());
    xi = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
  }

  /**
   * Where to evaluate, and on which mini-batches.
   *
   * @param lower V
   * @param upper E
   * @param xi ξ of the unrolled step
   * @param updatedLower V after the optimizer's lower step, which Betty's estimator looks at
   */
  public record At(
      float[] lower,
      float[] upper,
      float xi,
      float[] updatedLower,
      int lowerBatch,
      int upperBatch) {

    /** The first mini-batches, with V itself as the optimizer's V. */
    public At(float[] lower, float[] upper, float xi) {
      this(lower, upper, xi, lower, 0, 0);
    }

    /** The same with another V. */
    public At withLower(float[] other) {
      return new At(other, upper, xi, updatedLower, lowerBatch, upperBatch);
    }

    /** The same with another E. */
    public At withUpper(float[] other) {
      return new At(lower, other, xi, updatedLower, lowerBatch, upperBatch);
    }
  }

  /** The problem. */
  public BilevelProblem problem() {
    return problem;
  }

  /** L₁(V, E). */
  public double lowerLoss(At at) {
    return run("L1 " + at.lowerBatch(), at, () -> lowerPass(at).loss.objective())[0];
  }

  /** C(V, E) of the lower mini-batch, L₁ without its regulariser. */
  public double lowerTaskLoss(At at) {
    return run("C1 " + at.lowerBatch(), at, () -> lowerPass(at).loss.task())[0];
  }

  /** L₂(V, E), at V itself. */
  public double upperLoss(At at) {
    return run("L2 " + at.upperBatch(), at, () -> upperLossAt(lower, at).objective())[0];
  }

  /** C(V, E) of the upper mini-batch, L₂ without its regulariser. */
  public double upperTaskLoss(At at) {
    return run("C2 " + at.upperBatch(), at, () -> upperLossAt(lower, at).task())[0];
  }

  /** F(E) = L₂(V − ξ ∇_V L₁(V, E), E). */
  public double unrolledObjective(At at) {
    return run(
        "F " + at.lowerBatch() + " " + at.upperBatch(),
        at,
        () -> {
          Operand<TFloat32> step = tf.math.mul(xi, lowerPass(at).gradient);
          return upperLossAt(tf.math.sub(lower, step), at).objective();
        })[0];
  }

  /** ∇_V L₁(V, E). */
  public float[] lowerGradient(At at) {
    return run("dL1/dV " + at.lowerBatch(), at, () -> lowerPass(at).gradient);
  }

  /** ∂L₂(V, E)/∂V, at V itself. */
  public float[] upperLossByLower(At at) {
    return run(
        "dL2/dV " + at.upperBatch(),
        at,
        () -> new UpperPass(tf, problem, at.upperBatch(), lower, upper).byLower);
  }

  /** ∂L₂(V, E)/∂E, at V itself. */
  public float[] upperLossByUpper(At at) {
    return run(
        "dL2/dE " + at.upperBatch(),
        at,
        () -> new UpperPass(tf, problem, at.upperBatch(), lower, upper).byUpper);
  }

  /** ∂L₁(V, E)/∂E, by a tape over E alone. */
  public float[] lowerLossByUpper(At at) {
    return run("dL1/dE " + at.lowerBatch(), at, () -> point(at).lowerLossByUpper(lower));
  }

  /** (∂²L₁/∂E∂V)(V, E) v by reverse over reverse. */
  public float[] mixedSecondDerivative(At at, float[] v) {
    return run(
        "d2L1/dEdV " + at.lowerBatch(),
        at,
        v,
        () -> lowerPass(at).mixedSecondDerivative(direction));
  }

  /** The estimate of the hypergradient. */
  public float[] hypergradient(Hypergradient estimator, At at) {
    return run(
        estimator + " " + at.lowerBatch() + " " + at.upperBatch(),
        at,
        () -> estimator.estimate(point(at)).gradient());
  }

  private Hypergradient.Point point(At at) {
    return new Hypergradient.Point(
        tf,
        problem,
        at.lowerBatch(),
        at.upperBatch(),
        lower,
        upper,
        lowerPass(at),
        updatedLower,
        xi);
  }

  private LowerPass lowerPass(At at) {
    return lowerPasses.computeIfAbsent(
        at.lowerBatch(), batch -> new LowerPass(tf, problem, batch, lower, upper));
  }

  private Loss upperLossAt(Operand<TFloat32> values, At at) {
    return problem.upperLoss(
        tf,
        at.upperBatch(),
        problem.lowerGroup().split(tf, values),
        problem.upperGroup().split(tf, upper));
  }

  private float[] run(String name, At at, java.util.function.Supplier<Operand<TFloat32>> build) {
    return run(name, at, at.lower(), build);
  }

  private float[] run(
      String name, At at, float[] v, java.util.function.Supplier<Operand<TFloat32>> build) {
    Operand<TFloat32> fetch = built.get(name);
    if (fetch == null) {
      fetch = build.get();
      built.put(name, fetch);
    }
    try (TFloat32 fedLower = TFloat32.vectorOf(at.lower());
        TFloat32 fedUpper = TFloat32.vectorOf(at.upper());
        TFloat32 fedUpdated = TFloat32.vectorOf(at.updatedLower());
        TFloat32 fedDirection = TFloat32.vectorOf(v);
        TFloat32 fedXi = TFloat32.scalarOf(at.xi());
        Result result =
            session
                .runner()
                .feed(lower, fedLower)
                .feed(upper, fedUpper)
                .feed(updatedLower, fedUpdated)
                .feed(direction, fedDirection)
                .feed(xi, fedXi)
                .fetch(fetch)
                .run()) {
      TFloat32 value = (TFloat32) result.get(0);
      float[] values = new float[Math.toIntExact(value.size())];
      value.asRawTensor().data().asFloats().read(values);
      return values;
    }
  }

  private Placeholder<TFloat32> vector(int size) {
    return tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(size)));
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
