package org.bilora.bilevel;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.graph.ResourceVariable;
import org.bilora.graph.StepFunction;
import org.bilora.optim.AdamW;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * Trains a bi-level problem that holds its own data, such as a regression or a small network, in a
 * session of its own: the engine without Transformers. An iteration is one function and one call.
 *
 * <pre>{@code
 * LevelOptimizer adam = new LevelOptimizer(AdamW.DEFAULT, new GlobalNormClipping(1));
 * BilevelIteration iteration =
 *     new BilevelIteration(new Exact(Unroll.STEADY), 1, 1, adam, adam);
 * try (BilevelTraining training = BilevelTraining.start(iteration, tf -> new MyProblem(tf), false)) {
 *   for (int i = 0; i < 500; i++) {
 *     training.run(new BilevelTraining.Rates(0.01, 0.02, 0.01));
 *   }
 *   float[] learned = training.upper();
 * }
 * }</pre>
 */
public final class BilevelTraining implements AutoCloseable {
  /** Values, first and second moments. */
  private static final int SLOTS_OF_ADAM = 3;

  private final BilevelIteration iteration;
  private final Graph graph = new Graph();
  private final Session session = new Session(graph, StepFunction.SESSION);
  private final Ops tf = Ops.create(graph);
  private final StepFunction function = new StepFunction(tf, "iteration", StepFunction.SESSION);
  private final List<ResourceVariable<TFloat32>> lower = new ArrayList<>();
  private final List<ResourceVariable<TFloat32>> upper = new ArrayList<>();
  private final Placeholder<TFloat32> scalars;
  private final List<Operand<TFloat32>> reported;
  private long iterations;

  /**
   * Lengths of an iteration's steps.
   *
   * @param lowerLearningRate of V's optimizer
   * @param upperLearningRate of E's optimizer
   * @param xi ξ of the unrolled step; usually the lower learning rate
   */
  public record Rates(double lowerLearningRate, double upperLearningRate, double xi) {}

  /**
   * What an iteration reports, measured before its updates.
   *
   * @param lowerLoss mean task loss of the lower level
   * @param upperLoss mean task loss of the upper level
   * @param ratio of the norm of the hypergradient's second term to that of the first
   * @param cosine of the angle between the two
   */
  public record Report(float lowerLoss, float upperLoss, float ratio, float cosine) {}

  private BilevelTraining(
      BilevelIteration iteration, Function<Ops, BilevelProblem> problems, boolean jit) {
    this.iteration = iteration;
    Ops body = function.body();
    BilevelProblem problem = problems.apply(body);
    Map<ResourceVariable<?>, float[]> start = new HashMap<>();
    declare(problem.lowerGroup(), iteration.hypergradient().slots(), lower, start);
    declare(problem.upperGroup(), ImmutableList.of(), upper, start);
    this.scalars = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(5)));
    this.reported = build(body, problem, jit);
    ResourceVariable.assign(session, start);
  }

  /**
   * Builds the problem into a session, at its start values.
   *
   * @param problems builds the problem's constants into the graph it is given
   * @param jit whether XLA compiles the iteration
   */
  public static BilevelTraining start(
      BilevelIteration iteration, Function<Ops, BilevelProblem> problems, boolean jit) {
    return new BilevelTraining(iteration, problems, jit);
  }

  private void declare(
      ParameterGroup group,
      List<StateSlot> slots,
      List<ResourceVariable<TFloat32>> into,
      Map<ResourceVariable<?>, float[]> start) {
    List<StateSlot> all = new ArrayList<>();
    all.add(new StateSlot("", StateSlot.Start.VALUES));
    all.add(StateSlot.zero("/m"));
    all.add(StateSlot.zero("/v"));
    all.addAll(slots);
    for (StateSlot slot : all) {
      ResourceVariable<TFloat32> variable =
          new ResourceVariable<>(
              tf, group.name() + slot.suffix(), TFloat32.class, Shape.of(group.size()));
      into.add(variable);
      start.put(
          variable,
          slot.start() == StateSlot.Start.VALUES ? group.initial() : new float[group.size()]);
    }
  }

  private List<Operand<TFloat32>> build(Ops body, BilevelProblem problem, boolean jit) {
    Operand<TFloat32> fed = function.bind(scalars);
    var v = lower.stream().map(function::bind).toList();
    var e = upper.stream().map(function::bind).toList();
    List<Operand<TFloat32>> lowerValues = new ArrayList<>();
    v.forEach(bound -> lowerValues.add(bound.value()));
    List<Operand<TFloat32>> upperValues = new ArrayList<>();
    e.forEach(bound -> upperValues.add(bound.value()));
    StepOutcome outcome =
        iteration.run(
            body,
            problem,
            state(lowerValues, scalar(body, fed, 3)),
            state(upperValues, scalar(body, fed, 4)),
            lowerValues.subList(SLOTS_OF_ADAM, lowerValues.size()),
            new BilevelIteration.Rates(
                scalar(body, fed, 0), scalar(body, fed, 1), scalar(body, fed, 2)));
    HypergradientTerms terms = outcome.terms().orElseThrow();
    List<Operand<TFloat32>> lowerAfter = vectors(outcome.lower().orElseThrow().state());
    lowerAfter.addAll(outcome.slots());
    List<Operand<TFloat32>> upperAfter = vectors(outcome.upper().orElseThrow().state());
    for (int i = 0; i < v.size(); i++) {
      function.update(v.get(i), lowerAfter.get(i));
    }
    for (int i = 0; i < e.size(); i++) {
      function.update(e.get(i), upperAfter.get(i));
    }
    return function.call(
        List.of(
            outcome.lowerLoss().orElseThrow(),
            outcome.upperLoss().orElseThrow(),
            terms.ratio(),
            terms.cosine()),
        jit);
  }

  private static LevelState state(List<Operand<TFloat32>> vectors, Operand<TFloat32> count) {
    return new LevelState(new AdamW.State(vectors.get(0), vectors.get(1), vectors.get(2)), count);
  }

  private static List<Operand<TFloat32>> vectors(LevelState state) {
    AdamW.State adam = state.adam();
    return new ArrayList<>(List.of(adam.values(), adam.firstMoment(), adam.secondMoment()));
  }

  private static Operand<TFloat32> scalar(Ops body, Operand<TFloat32> vector, int position) {
    Operand<TFloat32> one =
        body.slice(vector, body.constant(new int[] {position}), body.constant(new int[] {1}));
    return body.reduceSum(one, body.constant(0));
  }

  /** One iteration. */
  public Report run(Rates rates) {
    float[] fed = {
      (float) rates.lowerLearningRate(),
      (float) rates.upperLearningRate(),
      (float) rates.xi(),
      iterations * iteration.lowerSteps(),
      iterations * iteration.upperSteps()
    };
    Session.Runner runner = session.runner();
    reported.forEach(runner::fetch);
    try (Tensor tensor = TFloat32.vectorOf(fed);
        Result result = runner.feed(scalars, tensor).run()) {
      iterations++;
      float[] values = new float[result.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = ((TFloat32) result.get(i)).getFloat();
      }
      return new Report(values[0], values[1], values[2], values[3]);
    }
  }

  /** V, {@code [lower size]}, a copy. */
  public float[] lower() {
    return ResourceVariable.read(session, List.of(lower.get(0))).get(0);
  }

  /** E, {@code [upper size]}, a copy. */
  public float[] upper() {
    return ResourceVariable.read(session, List.of(upper.get(0))).get(0);
  }

  @Override
  public void close() {
    session.close();
    function.close();
    graph.close();
  }
}
