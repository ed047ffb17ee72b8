package org.bilora.step;

import com.google.common.primitives.Floats;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import org.bilora.bilevel.BilevelIteration;
import org.bilora.bilevel.BilevelProblem;
import org.bilora.bilevel.JointStep;
import org.bilora.bilevel.LevelOptimizer;
import org.bilora.bilevel.LevelState;
import org.bilora.bilevel.SingleLevelStep;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.StepOutcome;
import org.bilora.data.Batch;
import org.bilora.graph.FunctionVariable;
import org.bilora.graph.StepBody;
import org.bilora.method.StepEnding;
import org.bilora.optim.AdamW;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * One step of one kind for one batch shape: placeholders, the function behind them, and its call.
 *
 * @param <F> placeholders of a batch
 */
final class CompiledStep<F extends BatchFeeds<F>> implements AutoCloseable {
  /** Builds the objectives once the batches and the dropout seed have their stand-ins. */
  @FunctionalInterface
  interface ProblemFactory<F> {
    /**
     * @param penaltyWeights as {@link Lane#penaltyWeights} has them, {@code [lanes, 1]} each
     */
    BilevelProblem create(
        List<F> lower, List<F> upper, Operand<TInt32> seed, List<Operand<TFloat32>> penaltyWeights);
  }

  /**
   * What a step is built from besides its batches.
   *
   * @param feeds declares placeholders for batches like one
   * @param lanes that take the step
   * @param optimizer of either level
   * @param lower V's variables
   * @param upper E's variables, none where there is no upper level
   * @param ending of steps that move V alone
   */
  record Parts<F extends BatchFeeds<F>>(
      BiFunction<Ops, Batch, F> feeds,
      StepLanes lanes,
      LevelOptimizer optimizer,
      LevelVariables lower,
      LevelVariables upper,
      ProblemFactory<F> problems,
      Optional<StepEnding> ending) {}

  /**
   * Positions in the vector of fed scalars; those of the method's ending follow, or the weights of
   * the lanes' penalties.
   */
  private enum Rate {
    LOWER_LEARNING_RATE,
    UPPER_LEARNING_RATE,
    XI,
    LOWER_UPDATES,
    UPPER_UPDATES
  }

  /** Scalars that a step may report. */
  private enum Report {
    LOWER_LOSS,
    UPPER_LOSS,
    LOWER_GRADIENT_NORM,
    UPPER_GRADIENT_NORM,
    TERMS_RATIO,
    TERMS_COSINE
  }

  private final Parts<F> parts;
  private final StepKind kind;
  private final StepBody function;
  private final Ops body;
  private final LevelOptimizer optimizer;
  private final List<F> lowerFeeds = new ArrayList<>();
  private final List<F> upperFeeds = new ArrayList<>();
  private final Placeholder<TFloat32> scalars;
  private final Placeholder<TInt32> seed;
  private final Optional<Placeholder<TInt32>> places;
  private final List<Report> reported;
  private final List<Operand<TFloat32>> results;

  /**
   * @param like batches of the step's shape
   * @param jit whether XLA compiles it
   */
  CompiledStep(Ops tf, StepBody function, Parts<F> parts, StepBatches like, boolean jit) {
    this.parts = parts;
    this.kind = like.kind();
    this.function = function;
    this.body = function.body();
    this.optimizer = parts.optimizer;
    like.lower().forEach(batch -> lowerFeeds.add(parts.feeds.apply(tf, batch)));
    like.upper().forEach(batch -> upperFeeds.add(parts.feeds.apply(tf, batch)));
    int size =
        Rate.values().length
            + parts.ending.map(StepEnding::scalars).orElse(0)
            + parts.lanes.penalties();
    this.scalars = tf.placeholder(TFloat32.class, Placeholder.shape(parts.lanes.shape(size)));
    this.seed = tf.placeholder(TInt32.class, Placeholder.shape(parts.lanes.shape(2)));
    this.places =
        parts.lanes.sideBySide()
            ? Optional.of(
                tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(parts.lanes.count()))))
            : Optional.empty();
    Map<Report, Operand<TFloat32>> reports = build();
    this.reported = List.copyOf(reports.keySet());
    this.results = function.call(List.copyOf(reports.values()), jit);
  }

  private Map<Report, Operand<TFloat32>> build() {
    List<F> lowerInside = lowerFeeds.stream().map(f -> f.within(function)).toList();
    List<F> upperInside = upperFeeds.stream().map(f -> f.within(function)).toList();
    Operand<TFloat32> fed = function.bind(scalars);
    List<Operand<TFloat32>> penaltyWeights = new ArrayList<>();
    for (int i = 0; i < parts.lanes.penalties(); i++) {
      penaltyWeights.add(parts.lanes.number(body, fed, Rate.values().length + i));
    }
    BilevelProblem problem =
        parts.problems.create(lowerInside, upperInside, function.bind(seed), penaltyWeights);
    Optional<Operand<TInt32>> rows = places.map(function::bind);
    List<FunctionVariable<TFloat32>> v = parts.lower.bind(function, rows);
    List<FunctionVariable<TFloat32>> e = parts.upper.bind(function, rows);
    StepOutcome outcome = outcome(problem, v, e, fed);
    outcome.lower().ifPresent(moved -> update(v, moved.state()));
    outcome.upper().ifPresent(moved -> update(e, moved.state()));
    for (int i = 0; i < outcome.slots().size(); i++) {
      function.update(v.get(LevelVariables.OWN_SLOTS + i), outcome.slots().get(i));
    }
    return reports(outcome);
  }

  private StepOutcome outcome(
      BilevelProblem problem,
      List<FunctionVariable<TFloat32>> v,
      List<FunctionVariable<TFloat32>> e,
      Operand<TFloat32> fed) {
    LevelState lower = state(v, scalar(fed, Rate.LOWER_UPDATES));
    Operand<TFloat32> lowerRate = scalar(fed, Rate.LOWER_LEARNING_RATE);
    if (e.isEmpty()) {
      return lowerAlone(problem, v, lower, List.of(), fed, lowerRate);
    }
    LevelState upper = state(e, scalar(fed, Rate.UPPER_UPDATES));
    Operand<TFloat32> upperRate = scalar(fed, Rate.UPPER_LEARNING_RATE);
    return kind.choose(
        new StepKind.Cases<>() {
          @Override
          public StepOutcome moveLower() {
            List<Operand<TFloat32>> held = problem.upperGroup().split(body, upper.adam().values());
            return lowerAlone(problem, v, lower, held, fed, lowerRate);
          }

          @Override
          public StepOutcome moveUpper() {
            List<Operand<TFloat32>> held = problem.lowerGroup().split(body, lower.adam().values());
            return new SingleLevelStep(optimizer).upper(body, problem, held, upper, upperRate);
          }

          @Override
          public StepOutcome moveBoth() {
            return new JointStep(optimizer, optimizer)
                .run(body, problem, lower, upper, lowerRate, upperRate);
          }

          @Override
          public StepOutcome bilevel(StepKind.Bilevel step) {
            return new BilevelIteration(
                    step.hypergradient(),
                    step.lowerSteps(),
                    step.upperSteps(),
                    optimizer,
                    optimizer)
                .run(
                    body,
                    problem,
                    lower,
                    upper,
                    slots(v),
                    new BilevelIteration.Rates(lowerRate, upperRate, scalar(fed, Rate.XI)));
          }
        });
  }

  /** A step of V alone, and what the method does at its end. */
  private StepOutcome lowerAlone(
      BilevelProblem problem,
      List<FunctionVariable<TFloat32>> v,
      LevelState lower,
      List<Operand<TFloat32>> upper,
      Operand<TFloat32> fed,
      Operand<TFloat32> rate) {
    StepOutcome outcome = new SingleLevelStep(optimizer).lower(body, problem, lower, upper, rate);
    if (parts.ending.isEmpty()) {
      return outcome;
    }
    StepEnding ending = parts.ending.get();
    Operand<TFloat32> own =
        body.slice(
            fed,
            body.constant(new int[] {Rate.values().length}),
            body.constant(new int[] {ending.scalars()}));
    StepOutcome.Moved moved = outcome.lower().orElseThrow();
    StepEnding.Ended ended = ending.end(body, lower.adam().values(), moved, slots(v), own);
    AdamW.State adam = moved.state().adam();
    LevelState after =
        new LevelState(
            new AdamW.State(ended.values(), adam.firstMoment(), adam.secondMoment()),
            moved.state().count());
    return new StepOutcome(
        Optional.of(moved.withState(after)),
        outcome.upper(),
        outcome.lowerLoss(),
        outcome.upperLoss(),
        ended.slots(),
        outcome.terms());
  }

  private static Map<Report, Operand<TFloat32>> reports(StepOutcome outcome) {
    Map<Report, Operand<TFloat32>> reports = new EnumMap<>(Report.class);
    outcome.lowerLoss().ifPresent(loss -> reports.put(Report.LOWER_LOSS, loss));
    outcome.upperLoss().ifPresent(loss -> reports.put(Report.UPPER_LOSS, loss));
    outcome
        .lower()
        .ifPresent(moved -> reports.put(Report.LOWER_GRADIENT_NORM, moved.gradientNorm()));
    outcome
        .upper()
        .ifPresent(moved -> reports.put(Report.UPPER_GRADIENT_NORM, moved.gradientNorm()));
    outcome
        .terms()
        .ifPresent(
            terms -> {
              reports.put(Report.TERMS_RATIO, terms.ratio());
              reports.put(Report.TERMS_COSINE, terms.cosine());
            });
    return reports;
  }

  private void update(List<FunctionVariable<TFloat32>> variables, LevelState state) {
    function.update(variables.get(0), state.adam().values());
    function.update(variables.get(1), state.adam().firstMoment());
    function.update(variables.get(2), state.adam().secondMoment());
  }

  private static LevelState state(
      List<FunctionVariable<TFloat32>> variables, Operand<TFloat32> count) {
    return new LevelState(
        new AdamW.State(
            variables.get(0).value(), variables.get(1).value(), variables.get(2).value()),
        count);
  }

  private static List<Operand<TFloat32>> slots(List<FunctionVariable<TFloat32>> variables) {
    List<Operand<TFloat32>> slots = new ArrayList<>();
    for (int i = LevelVariables.OWN_SLOTS; i < variables.size(); i++) {
      slots.add(variables.get(i).value());
    }
    return slots;
  }

  private Operand<TFloat32> scalar(Operand<TFloat32> fed, Rate rate) {
    return parts.lanes.number(body, fed, rate.ordinal());
  }

  /**
   * Takes the step on batches of its shape.
   *
   * @param batches of all lanes, the rows of each behind those of the one before
   * @param turns by lane
   * @return by lane
   */
  List<StepResult> run(Session session, StepBatches batches, List<LaneTurn> turns) {
    List<Tensor> opened = new ArrayList<>();
    Session.Runner runner = session.runner();
    try {
      for (int i = 0; i < lowerFeeds.size(); i++) {
        opened.addAll(lowerFeeds.get(i).feed(runner, batches.lower().get(i)));
      }
      for (int i = 0; i < upperFeeds.size(); i++) {
        opened.addAll(upperFeeds.get(i).feed(runner, batches.upper().get(i)));
      }
      TFloat32 fedScalars = parts.lanes.floats(turns.stream().map(this::fed).toList());
      opened.add(fedScalars);
      TInt32 fedSeed = parts.lanes.dropoutSeeds(turns);
      opened.add(fedSeed);
      if (places.isPresent()) {
        TInt32 fedPlaces = StepLanes.places(turns);
        opened.add(fedPlaces);
        runner.feed(places.get(), fedPlaces);
      }
      runner.feed(scalars, fedScalars).feed(seed, fedSeed);
      results.forEach(runner::fetch);
      try (Result result = runner.run()) {
        List<Map<Report, Double>> values = new ArrayList<>();
        for (int lane = 0; lane < parts.lanes.count(); lane++) {
          values.add(new EnumMap<>(Report.class));
        }
        for (int i = 0; i < result.size(); i++) {
          float[] numbers = parts.lanes.read((TFloat32) result.get(i));
          for (int lane = 0; lane < numbers.length; lane++) {
            values.get(lane).put(reported.get(i), (double) numbers[lane]);
          }
        }
        return values.stream().map(CompiledStep::result).toList();
      }
    } finally {
      opened.forEach(Tensor::close);
    }
  }

  private float[] fed(LaneTurn turn) {
    StepRates rates = turn.rates();
    float[] own = new float[Rate.values().length];
    own[Rate.LOWER_LEARNING_RATE.ordinal()] = rates.lowerLearningRate();
    own[Rate.UPPER_LEARNING_RATE.ordinal()] = rates.upperLearningRate();
    own[Rate.XI.ordinal()] = rates.xi();
    own[Rate.LOWER_UPDATES.ordinal()] = rates.lowerUpdates();
    own[Rate.UPPER_UPDATES.ordinal()] = rates.upperUpdates();
    return parts
        .ending
        .map(ending -> Floats.concat(own, ending.scalars(rates.step(), rates.steps())))
        .orElseGet(() -> Floats.concat(own, Floats.toArray(turn.lane().penaltyWeights())));
  }

  private static StepResult result(Map<Report, Double> values) {
    return new StepResult(
        optional(values, Report.LOWER_LOSS),
        optional(values, Report.UPPER_LOSS),
        optional(values, Report.LOWER_GRADIENT_NORM),
        optional(values, Report.UPPER_GRADIENT_NORM),
        values.containsKey(Report.TERMS_RATIO)
            ? Optional.of(
                new StepResult.Terms(
                    values.get(Report.TERMS_RATIO), values.get(Report.TERMS_COSINE)))
            : Optional.empty());
  }

  private static OptionalDouble optional(Map<Report, Double> values, Report report) {
    return values.containsKey(report)
        ? OptionalDouble.of(values.get(report))
        : OptionalDouble.empty();
  }

  @Override
  public void close() {
    function.close();
  }
}
