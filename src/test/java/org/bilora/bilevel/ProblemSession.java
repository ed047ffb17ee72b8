package org.bilora.bilevel;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
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
  private final Map<String, List<Operand<TFloat32>>> built = new HashMap<>();
  private final Placeholder<TFloat32> firstMoment;
  private final Placeholder<TFloat32> secondMoment;
  private final Placeholder<TFloat32> count;
  private final Placeholder<TFloat32> learningRate;
  private final List<Placeholder<TFloat32>> slots = new ArrayList<>();
  private final LevelOptimizer optimizer;
  private final Map<Integer, LowerStep> steps = new HashMap<>();

  /** Opens a session for the problem that the function builds, with AdamW's usual settings. */
  public ProblemSession(Function<Ops, BilevelProblem> problems) {
    this(problems, new LevelOptimizer(AdamW.DEFAULT, new GlobalNormClipping(0)), 0);
  }

  /**
   * Opens a session for the problem that the function builds.
   *
   * @param optimizer of the lower level
   * @param slots how many state vectors the estimators of this session have
   */
  public ProblemSession(
      Function<Ops, BilevelProblem> problems, LevelOptimizer optimizer, int slots) {
    this.optimizer = optimizer;
    problem = problems.apply(tf);
    firstMoment = vector(problem.lowerGroup().size());
    secondMoment = vector(problem.lowerGroup().size());
    for (int i = 0; i < slots; i++) {
      this.slots.add(vector(problem.lowerGroup().size()));
    }
    count = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
    learningRate = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
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
   * @param state of V's optimizer and of the estimator
   */
  public record At(
      float[] lower,
      float[] upper,
      float xi,
      float[] updatedLower,
      int lowerBatch,
      int upperBatch,
      State state) {

    /** With an optimizer that has made no update. */
    public At(
        float[] lower,
        float[] upper,
        float xi,
        float[] updatedLower,
        int lowerBatch,
        int upperBatch) {
      this(lower, upper, xi, updatedLower, lowerBatch, upperBatch, State.fresh(lower.length));
    }

    /** The first mini-batches, with V itself as the optimizer's V. */
    public At(float[] lower, float[] upper, float xi) {
      this(lower, upper, xi, lower, 0, 0);
    }

    /** The same with another V. */
    public At withLower(float[] other) {
      return new At(other, upper, xi, updatedLower, lowerBatch, upperBatch, state);
    }

    /** The same with another E. */
    public At withUpper(float[] other) {
      return new At(lower, other, xi, updatedLower, lowerBatch, upperBatch, state);
    }

    /** The same with other state. */
    public At withState(State other) {
      return new At(lower, upper, xi, updatedLower, lowerBatch, upperBatch, other);
    }
  }

  /**
   * State of V's optimizer and of an estimator.
   *
   * @param count updates made so far
   * @param learningRate of the lower level
   * @param slots the estimator's state
   */
  public record State(
      float[] firstMoment,
      float[] secondMoment,
      float count,
      float learningRate,
      List<float[]> slots) {

    static State fresh(int size) {
      return new State(new float[size], new float[size], 0, 0, List.of());
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

  /** The part of ∇_V L₁(V, E) that is clipped by a norm of its own. */
  public float[] lowerPenaltyGradient(At at) {
    return run(
        "dR1/dV " + at.lowerBatch(), at, () -> lowerPass(at).levelGradient.penalty().orElseThrow());
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
    return estimate(estimator, at).gradient();
  }

  /**
   * What an estimator yields.
   *
   * @param lowerGradient what it has V follow
   * @param slots its state after the iteration
   */
  public record Estimated(
      float[] gradient,
      float[] first,
      float[] second,
      float[] lowerGradient,
      List<float[]> slots) {}

  /** The estimate of the hypergradient, its terms and what becomes of the estimator's state. */
  public Estimated estimate(Hypergradient estimator, At at) {
    List<float[]> all =
        runAll(
            estimator + " " + at.lowerBatch() + " " + at.upperBatch(),
            at,
            at.lower(),
            () -> {
              Hypergradient.LowerMove move = estimator.lowerMove(step(at), at.upperBatch());
              Hypergradient.Estimate estimate =
                  estimator.estimate(
                      new Hypergradient.Point(
                          step(at), at.upperBatch(), updatedLower, move.slots()));
              List<Operand<TFloat32>> fetches = new ArrayList<>();
              fetches.add(estimate.gradient());
              fetches.add(estimate.first());
              fetches.add(estimate.second());
              fetches.add(move.gradient().whole());
              fetches.addAll(estimate.slots());
              return fetches;
            });
    return new Estimated(
        all.get(0), all.get(1), all.get(2), all.get(3), all.subList(4, all.size()));
  }

  private Hypergradient.Point point(At at) {
    return new Hypergradient.Point(
        step(at), at.upperBatch(), updatedLower, ImmutableList.copyOf(slots));
  }

  private LowerPass lowerPass(At at) {
    return step(at).pass();
  }

  private LowerStep step(At at) {
    return steps.computeIfAbsent(
        at.lowerBatch(),
        batch ->
            new LowerStep(
                tf,
                problem,
                batch,
                new LevelState(new AdamW.State(lower, firstMoment, secondMoment), count),
                upper,
                ImmutableList.copyOf(slots),
                optimizer,
                new LowerStep.Rates(learningRate, xi)));
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
    return runAll(name, at, v, () -> List.of(build.get())).get(0);
  }

  private List<float[]> runAll(
      String name, At at, float[] v, java.util.function.Supplier<List<Operand<TFloat32>>> build) {
    List<Operand<TFloat32>> fetches = built.get(name);
    if (fetches == null) {
      fetches = build.get();
      built.put(name, fetches);
    }
    State state = at.state();
    List<Tensor> opened = new ArrayList<>();
    Session.Runner runner = session.runner();
    try {
      feed(runner, opened, lower, at.lower());
      feed(runner, opened, upper, at.upper());
      feed(runner, opened, updatedLower, at.updatedLower());
      feed(runner, opened, direction, v);
      feed(runner, opened, xi, at.xi());
      feed(runner, opened, firstMoment, state.firstMoment());
      feed(runner, opened, secondMoment, state.secondMoment());
      feed(runner, opened, count, state.count());
      feed(runner, opened, learningRate, state.learningRate());
      for (int i = 0; i < slots.size(); i++) {
        feed(runner, opened, slots.get(i), state.slots().get(i));
      }
      fetches.forEach(runner::fetch);
      try (Result result = runner.run()) {
        List<float[]> fetched = new ArrayList<>();
        for (int i = 0; i < result.size(); i++) {
          TFloat32 value = (TFloat32) result.get(i);
          float[] values = new float[Math.toIntExact(value.size())];
          value.asRawTensor().data().asFloats().read(values);
          fetched.add(values);
        }
        return fetched;
      }
    } finally {
      opened.forEach(Tensor::close);
    }
  }

  private static void feed(
      Session.Runner runner,
      List<Tensor> opened,
      Placeholder<TFloat32> placeholder,
      float... values) {
    TFloat32 tensor =
        placeholder.shape().numDimensions() == 0
            ? TFloat32.scalarOf(values[0])
            : TFloat32.vectorOf(values);
    opened.add(tensor);
    runner.feed(placeholder, tensor);
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
