package org.bilora.step;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.StateSlot;
import org.bilora.data.Batch;
import org.bilora.graph.ResourceVariable;
import org.bilora.graph.StepBody;
import org.bilora.graph.StepFunction;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Small trainings of one encoder in one session, several of which take a step together: their
 * batches are stacked, one pass through the frozen backbone serves all, and whatever is trained has
 * an axis of lanes in front. Trainings may differ in seeds, learning rates, weights of penalties
 * and data; each has its own losses, clipping, optimizer state and rates, and is to rounding what
 * it would be by itself.
 *
 * <p>The session has places, rows of its variables, for more trainings than take a step together.
 */
public final class LanedFineTuning implements LaneSession {
  private final LaneTraining first;
  private final int places;
  private final boolean jit;
  private final ConfigProto configuration;
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Session session;
  private final FrozenWeights<? extends TFloating> frozen;
  private final LevelVariables lower;
  private final LevelVariables upper;
  private final LanePlaces rows;
  private final NetworkEvaluation<? extends TFloating, EncoderFeeds> evaluation;
  private final Map<StepKey, CompiledStep<EncoderFeeds>> steps = new HashMap<>();

  /** Those that were there from the beginning. */
  private final List<Lane> opened = new ArrayList<>();

  /** What a compiled step serves. */
  private record StepKey(StepBatches.StepShape ofEach, int lanes) {}

  /**
   * A session without trainings.
   *
   * @param first like all that will be in it
   * @param places for so many trainings; a step with idle lanes takes one more, which is there
   * @param threadEach as {@link LanePlan} has it
   * @throws IllegalArgumentException when it cannot share steps
   */
  LanedFineTuning(LaneTraining first, int places, boolean threadEach) {
    first
        .refusal()
        .ifPresent(
            why -> {
              throw new IllegalArgumentException(why + ": train one at a time");
            });
    this.first = first;
    this.places = places;
    this.configuration =
        threadEach ? StepFunction.ofOneThread(StepFunction.SESSION) : StepFunction.SESSION;
    this.jit = first.settings().execution().compiled();
    this.frozen =
        switch (first.settings().execution().precision()) {
          case F32 -> frozen(TFloat32.class);
          case BF16 -> frozen(TBfloat16.class);
        };
    this.lower =
        variables(first.trainables().lower(), first.settings().method().hypergradientSlots());
    this.upper = variables(first.trainables().upper(), List.of());
    this.rows = new LanePlaces(tf, lower, upper);
    this.evaluation = evaluation(frozen);
    this.session = new Session(graph, configuration);
    Map<ResourceVariable<?>, float[]> zeros = new HashMap<>();
    for (LevelVariables level : List.of(lower, upper)) {
      level
          .variables()
          .forEach(
              variable -> zeros.put(variable, new float[Math.toIntExact(variable.shape().size())]));
    }
    boolean done = false;
    try {
      frozen.load(session, zeros);
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private LevelVariables variables(ParameterGroup group, List<StateSlot> slots) {
    return new LevelVariables(tf, group, slots, Shape.of(places + 1, group.size()));
  }

  /**
   * Loads an encoder with a head into a session, and what each of some trainings trains.
   *
   * @param model stays the caller's to close
   * @param loss of all lanes
   * @param modules names of the dense layers to adapt
   * @param lanes settings of each
   * @throws IllegalArgumentException when the settings do not fit the model, or cannot be lanes
   */
  public static LanedFineTuning open(
      PretrainedEncoder model,
      EncoderHead head,
      TaskLoss loss,
      List<String> modules,
      List<StepSettings> lanes) {
    if (lanes.isEmpty()) {
      throw new IllegalArgumentException("lanes is 0; it must be 1 or more");
    }
    EncoderNetwork network = new EncoderNetwork(model, head, loss, Optional.empty());
    LanedFineTuning opened =
        new LanedFineTuning(LaneTraining.of(network, modules, lanes.get(0)), lanes.size(), false);
    boolean done = false;
    try {
      for (int place = 0; place < lanes.size(); place++) {
        opened.opened.add(opened.put(place, LaneTraining.of(network, modules, lanes.get(place))));
      }
      done = true;
      return opened;
    } finally {
      if (!done) {
        opened.close();
      }
    }
  }

  private <T extends TFloating> FrozenWeights<T> frozen(Class<T> type) {
    return new FrozenWeights<>(
        tf, first.network().model(), name -> !first.trainables().trains(name), type);
  }

  private <T extends TFloating> NetworkEvaluation<T, EncoderFeeds> evaluation(
      FrozenWeights<T> weights) {
    return new NetworkEvaluation<>(
        tf, forward(weights, ResourceVariable::value), () -> rows.trained(tf));
  }

  private <T extends TFloating> ForwardPass<T, EncoderFeeds> forward(
      FrozenWeights<T> weights, Function<ResourceVariable<T>, Operand<T>> value) {
    return new ForwardPass<>(
        first.network(), first.trainables(), weights.read(value), weights.type());
  }

  /** Why a training cannot be here beside the others; empty where it can. */
  Optional<String> difference(LaneTraining training) {
    return first.difference(training);
  }

  /**
   * Puts a training's start values into a place.
   *
   * @throws IllegalArgumentException when it cannot be here beside the others
   */
  Lane put(int place, LaneTraining training) {
    training
        .refusal()
        .or(() -> difference(training))
        .ifPresent(
            why -> {
              throw new IllegalArgumentException(why);
            });
    Trainables own = training.trainables();
    Map<ResourceVariable<TFloat32>, float[]> values = new HashMap<>(lower.initial(own.lower()));
    values.putAll(upper.initial(own.upper()));
    rows.put(session, place, values);
    return new Lane(place, training.settings().seed(), training.penaltyWeights());
  }

  /** Whether XLA compiles the step. */
  public boolean xla() {
    return jit;
  }

  /**
   * Builds the step for batches of this kind and shape without running it.
   *
   * @param byLane of one kind and shape
   * @return whether it was not there before
   * @throws IllegalArgumentException when shapes differ
   */
  public boolean prepare(List<StepBatches> byLane) {
    StepBatches.stacked(byLane);
    return prepare(byLane.get(0), byLane.size());
  }

  @Override
  public synchronized boolean prepare(StepBatches like, int lanes) {
    int built = steps.size();
    stepFor(like, lanes);
    return steps.size() > built;
  }

  /**
   * One iteration of every training that it was opened with, one {@code Session.run}.
   *
   * @param byLane batches of each, all of one kind and shape
   * @param rates of each
   * @return by lane
   * @throws IllegalArgumentException when there are not as many as lanes, or shapes differ
   */
  public List<StepResult> step(List<StepBatches> byLane, List<StepRates> rates) {
    return step(opened, byLane, rates, opened.size());
  }

  @Override
  public List<StepResult> step(
      List<Lane> lanes, List<StepBatches> byLane, List<StepRates> rates, int width) {
    requireOfEach("batches", byLane, lanes);
    requireOfEach("rates", rates, lanes);
    List<LaneTurn> turns = new ArrayList<>();
    for (int i = 0; i < lanes.size(); i++) {
      turns.add(new LaneTurn(lanes.get(i), rates.get(i)));
    }
    List<StepBatches> all = new ArrayList<>(byLane);
    int last = lanes.size() - 1;
    Lane idle = new Lane(places, lanes.get(last).seed(), lanes.get(last).penaltyWeights());
    turns.addAll(Collections.nCopies(width - lanes.size(), new LaneTurn(idle, rates.get(last))));
    all.addAll(Collections.nCopies(width - lanes.size(), byLane.get(last)));
    return stepFor(all.get(0), width)
        .run(session, StepBatches.stacked(all), turns)
        .subList(0, lanes.size());
  }

  private static void requireOfEach(String what, List<?> given, List<Lane> lanes) {
    if (given.size() != lanes.size()) {
      throw new IllegalArgumentException(
          "%s of %d lanes for %d; give one of each".formatted(what, given.size(), lanes.size()));
    }
  }

  private synchronized CompiledStep<EncoderFeeds> stepFor(StepBatches ofEach, int lanes) {
    return steps.computeIfAbsent(
        new StepKey(ofEach.shape(), lanes),
        key -> compile(StepBatches.stacked(Collections.nCopies(lanes, ofEach)), lanes, frozen));
  }

  private <T extends TFloating> CompiledStep<EncoderFeeds> compile(
      StepBatches stacked, int lanes, FrozenWeights<T> weights) {
    StepBody body = StepBody.open(tf, "step" + steps.size(), configuration, jit);
    ForwardPass<T, EncoderFeeds> forward =
        forward(weights, variable -> body.bind(variable).value());
    CompiledStep.Parts<EncoderFeeds> parts =
        new CompiledStep.Parts<>(
            first.network()::feeds,
            new StepLanes(lanes, true, first.penaltyWeights().size()),
            first.settings().optimizer().optimizer(),
            lower,
            upper,
            (ofLower, ofUpper, seed, penaltyWeights) ->
                new LanedProblem<>(
                    forward, first.network(), lanes, ofLower, ofUpper, seed, penaltyWeights),
            Optional.empty());
    return new CompiledStep<>(tf, body, parts, stacked, jit);
  }

  /** Builds into the graph, as a step does: one thread at a time. */
  @Override
  public synchronized void prepareEvaluation() {
    evaluation.prepare();
  }

  @Override
  public float[][] logits(int place, Batch batch) {
    return evaluation.logits(session, batch, rows.feeding(place));
  }

  @Override
  public float loss(int place, Batch batch) {
    return evaluation.loss(session, batch, rows.feeding(place));
  }

  @Override
  public Map<String, HostTensor> state(int place) {
    Map<ResourceVariable<TFloat32>, float[]> held = rows.read(session, place);
    ImmutableMap.Builder<String, HostTensor> state = ImmutableMap.builder();
    for (LevelVariables level : List.of(lower, upper)) {
      level.name(level.variables().stream().map(held::get).toList(), state);
    }
    return state.buildOrThrow();
  }

  @Override
  public Map<String, HostTensor> trained(int place) {
    return Maps.filterKeys(state(place), name -> lower.isValue(name) || upper.isValue(name));
  }

  @Override
  public void restore(int place, Map<String, HostTensor> state) {
    rows.put(session, place, LevelVariables.join(state, lower, upper));
  }

  @Override
  public int trainedParameters() {
    Trainables trained = first.trainables();
    return trained.lower().trainedSize() + trained.upper().trainedSize();
  }

  @Override
  public String frozenSha256() {
    return frozen.sha256(session);
  }

  @Override
  public DeviceInfo device() {
    return DeviceInfo.ofThisMachine(first.settings().execution().precision(), jit);
  }

  @Override
  public void close() {
    session.close();
    steps.values().forEach(CompiledStep::close);
    graph.close();
  }
}
