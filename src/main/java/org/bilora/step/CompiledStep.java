package org.bilora.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bilora.adapter.RankAllocator;
import org.bilora.bilevel.BilevelIteration;
import org.bilora.bilevel.BilevelProblem;
import org.bilora.bilevel.JointStep;
import org.bilora.bilevel.LevelOptimizer;
import org.bilora.bilevel.LevelState;
import org.bilora.bilevel.SingleLevelStep;
import org.bilora.data.Batch;
import org.bilora.graph.StepFunction;
import org.bilora.method.AdaLoraAllocation;
import org.bilora.method.BiLora;
import org.bilora.method.JointTraining;
import org.bilora.method.OptimizerSettings;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
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
 * One iteration for one batch shape: placeholders, the function behind them, and its call.
 *
 * @param <F> placeholders of a batch
 */
final class CompiledStep<F extends BatchFeeds<F>> implements AutoCloseable {
  /** Builds the objectives once the batches and the dropout seed have their stand-ins. */
  @FunctionalInterface
  interface ProblemFactory<F> {
    BilevelProblem create(List<F> lower, List<F> upper, Operand<TInt32> seed);
  }

  /** Where a bi-level step's results begin that no other step has. */
  private static final int TERMS = 4;

  private final StepFunction function;
  private final List<F> lowerFeeds = new ArrayList<>();
  private final List<F> upperFeeds = new ArrayList<>();
  private final Placeholder<TFloat32> rates;
  private final Placeholder<TInt32> seed;
  private final List<Operand<TFloat32>> results;
  private final StepSettings settings;
  private final Optional<AdaLoraAllocation> allocation;

  CompiledStep(
      Ops tf,
      StepFunction function,
      Network<F> network,
      StepSettings settings,
      LevelVariables lower,
      LevelVariables upper,
      List<Batch> lowerBatches,
      List<Batch> upperBatches,
      ProblemFactory<F> problems,
      Optional<AdaLoraAllocation> allocation,
      boolean jit) {
    this.function = function;
    this.settings = settings;
    this.allocation = allocation;
    lowerBatches.forEach(batch -> lowerFeeds.add(network.feeds(tf, batch)));
    upperBatches.forEach(batch -> upperFeeds.add(network.feeds(tf, batch)));
    this.rates = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(Rate.values().length)));
    this.seed = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(2)));
    this.results = build(lower, upper, problems, jit);
  }

  /** Positions in the vector of fed scalars. */
  private enum Rate {
    LOWER_LEARNING_RATE,
    UPPER_LEARNING_RATE,
    XI,
    LOWER_UPDATES,
    UPPER_UPDATES,
    SCORED,
    BUDGET
  }

  private List<Operand<TFloat32>> build(
      LevelVariables lower, LevelVariables upper, ProblemFactory<F> problems, boolean jit) {
    Ops body = function.body();
    List<F> lowerInside = lowerFeeds.stream().map(f -> f.within(function)).toList();
    List<F> upperInside = upperFeeds.stream().map(f -> f.within(function)).toList();
    Operand<TFloat32> ratesInside = function.bind(rates);
    BilevelProblem problem = problems.create(lowerInside, upperInside, function.bind(seed));
    List<StepFunction.Bound<TFloat32>> v = lower.bind(function);
    LevelState lowerState = state(body, v, rate(body, ratesInside, Rate.LOWER_UPDATES));
    Operand<TFloat32> lowerRate = rate(body, ratesInside, Rate.LOWER_LEARNING_RATE);
    Operand<TFloat32> none = body.constant(Float.NaN);
    if (upper.isEmpty()) {
      SingleLevelStep.Outcome outcome =
          new SingleLevelStep(optimizer()).lower(body, problem, lowerState, List.of(), lowerRate);
      update(v, allocated(v, outcome, ratesInside));
      return function.call(List.of(outcome.loss(), outcome.gradientNorm(), none, none), jit);
    }
    List<StepFunction.Bound<TFloat32>> e = upper.bind(function);
    LevelState upperState = state(body, e, rate(body, ratesInside, Rate.UPPER_UPDATES));
    Operand<TFloat32> upperRate = rate(body, ratesInside, Rate.UPPER_LEARNING_RATE);
    if (lowerFeeds.isEmpty()) {
      SingleLevelStep.Outcome outcome =
          new SingleLevelStep(optimizer())
              .upper(
                  body,
                  problem,
                  problem.lowerGroup().split(body, lowerState.adam().values()),
                  upperState,
                  upperRate);
      update(e, outcome.state());
      return function.call(List.of(none, none, outcome.loss(), outcome.gradientNorm()), jit);
    }
    if (settings.method() instanceof JointTraining) {
      JointStep.Outcome outcome =
          new JointStep(optimizer(), optimizer())
              .run(body, problem, lowerState, upperState, lowerRate, upperRate);
      update(v, outcome.lower());
      update(e, outcome.upper());
      return function.call(
          List.of(outcome.loss(), outcome.lowerGradientNorm(), none, outcome.upperGradientNorm()),
          jit);
    }
    if (upperFeeds.isEmpty()) {
      SingleLevelStep.Outcome outcome =
          new SingleLevelStep(optimizer())
              .lower(
                  body,
                  problem,
                  lowerState,
                  problem.upperGroup().split(body, upperState.adam().values()),
                  lowerRate);
      update(v, outcome.state());
      return function.call(List.of(outcome.loss(), outcome.gradientNorm(), none, none), jit);
    }
    BiLora bilora = (BiLora) settings.method();
    List<StepFunction.Bound<TFloat32>> slots = v.subList(LevelVariables.OWN_SLOTS, v.size());
    BilevelIteration.Outcome outcome =
        new BilevelIteration(
                bilora.hypergradient(),
                bilora.lowerSteps(),
                bilora.upperSteps(),
                optimizer(),
                optimizer())
            .run(
                body,
                problem,
                lowerState,
                upperState,
                slots.stream().map(StepFunction.Bound::value).toList(),
                new BilevelIteration.Rates(lowerRate, upperRate, rate(body, ratesInside, Rate.XI)));
    update(v, outcome.lower());
    update(e, outcome.upper());
    for (int i = 0; i < slots.size(); i++) {
      function.update(slots.get(i), outcome.slots().get(i));
    }
    return function.call(
        List.of(
            outcome.lowerLoss(),
            outcome.lowerGradientNorm(),
            outcome.upperLoss(),
            outcome.upperGradientNorm(),
            outcome.terms().ratio(),
            outcome.terms().cosine()),
        jit);
  }

  /** The state after AdaLoRA's scores and mask, where the method is AdaLoRA. */
  private LevelState allocated(
      List<StepFunction.Bound<TFloat32>> v,
      SingleLevelStep.Outcome outcome,
      Operand<TFloat32> ratesInside) {
    LevelState state = outcome.state();
    if (allocation.isEmpty()) {
      return state;
    }
    Ops body = function.body();
    AdaLoraAllocation.Outcome allocated =
        allocation
            .get()
            .apply(
                body,
                v.get(0).value(),
                outcome.gradient(),
                state.adam().values(),
                new RankAllocator.Scores(v.get(3).value(), v.get(4).value()),
                rate(body, ratesInside, Rate.SCORED),
                rate(body, ratesInside, Rate.BUDGET));
    function.update(v.get(3), allocated.scores().importance());
    function.update(v.get(4), allocated.scores().uncertainty());
    AdamW.State adam = state.adam();
    return new LevelState(
        new AdamW.State(allocated.values(), adam.firstMoment(), adam.secondMoment()),
        state.count());
  }

  private LevelOptimizer optimizer() {
    OptimizerSettings o = settings.optimizer();
    return new LevelOptimizer(
        new AdamW(o.beta1(), o.beta2(), o.epsilon(), o.weightDecay()),
        new GlobalNormClipping(o.clipNorm()));
  }

  private void update(List<StepFunction.Bound<TFloat32>> variables, LevelState state) {
    function.update(variables.get(0), state.adam().values());
    function.update(variables.get(1), state.adam().firstMoment());
    function.update(variables.get(2), state.adam().secondMoment());
  }

  private static LevelState state(
      Ops body, List<StepFunction.Bound<TFloat32>> variables, Operand<TFloat32> count) {
    return new LevelState(
        new AdamW.State(
            variables.get(0).value(), variables.get(1).value(), variables.get(2).value()),
        count);
  }

  private static Operand<TFloat32> rate(Ops body, Operand<TFloat32> rates, Rate rate) {
    Operand<TFloat32> one =
        body.slice(rates, body.constant(new int[] {rate.ordinal()}), body.constant(new int[] {1}));
    return body.reduceSum(one, body.constant(0));
  }

  StepResult run(
      Session session, List<Batch> lowerBatches, List<Batch> upperBatches, StepRates step) {
    List<Tensor> opened = new ArrayList<>();
    Session.Runner runner = session.runner();
    try {
      for (int i = 0; i < lowerFeeds.size(); i++) {
        opened.addAll(lowerFeeds.get(i).feed(runner, lowerBatches.get(i)));
      }
      for (int i = 0; i < upperFeeds.size(); i++) {
        opened.addAll(upperFeeds.get(i).feed(runner, upperBatches.get(i)));
      }
      float[] scalars = new float[Rate.values().length];
      scalars[Rate.LOWER_LEARNING_RATE.ordinal()] = step.lowerLearningRate();
      scalars[Rate.UPPER_LEARNING_RATE.ordinal()] = step.upperLearningRate();
      scalars[Rate.XI.ordinal()] = step.xi();
      scalars[Rate.LOWER_UPDATES.ordinal()] = step.lowerUpdates();
      scalars[Rate.UPPER_UPDATES.ordinal()] = step.upperUpdates();
      allocation.ifPresent(
          adaLora -> {
            scalars[Rate.SCORED.ordinal()] = step.allocation().scored() ? 1 : 0;
            scalars[Rate.BUDGET.ordinal()] = adaLora.budget(step.allocation());
          });
      TFloat32 fedRates = TFloat32.vectorOf(scalars);
      opened.add(fedRates);
      TInt32 fedSeed = TInt32.vectorOf(Long.hashCode(settings.seed()), (int) step.step());
      opened.add(fedSeed);
      runner.feed(rates, fedRates).feed(seed, fedSeed);
      results.forEach(runner::fetch);
      try (Result result = runner.run()) {
        float[] values = new float[result.size()];
        for (int i = 0; i < result.size(); i++) {
          values[i] = ((TFloat32) result.get(i)).getFloat();
        }
        Optional<StepResult.Terms> terms =
            values.length > TERMS
                ? Optional.of(new StepResult.Terms(values[TERMS], values[TERMS + 1]))
                : Optional.empty();
        return new StepResult(values[0], values[2], values[1], values[3], terms);
      }
    } finally {
      opened.forEach(Tensor::close);
    }
  }

  @Override
  public void close() {
    function.close();
  }
}
