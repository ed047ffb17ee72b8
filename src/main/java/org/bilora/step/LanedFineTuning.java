package org.bilora.step;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.primitives.Floats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.StateSlot;
import org.bilora.bilevel.StepKind;
import org.bilora.data.Batch;
import org.bilora.graph.ResourceVariable;
import org.bilora.graph.StepBody;
import org.bilora.graph.StepFunction;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Several small trainings of one encoder in one step: their batches are stacked, one pass through
 * the frozen backbone serves all, and whatever is trained has an axis of lanes in front. Lanes may
 * differ in seeds, learning rates, weights of penalties and data; each has its own losses,
 * clipping, optimizer state and rates, and is to rounding what it would be by itself.
 *
 * <p>A lane is evaluated by a {@link FineTuning} of the same settings that is given what {@link
 * #trained} returns.
 */
public final class LanedFineTuning implements AutoCloseable {
  private final EncoderNetwork network;
  private final List<Trainables> lanes;
  private final List<StepSettings> settings;
  private final boolean jit;
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Session session;
  private final FrozenWeights<? extends TFloating> frozen;
  private final LevelVariables lower;
  private final LevelVariables upper;
  private final Map<StepBatches.StepShape, CompiledStep<EncoderFeeds>> steps = new HashMap<>();

  private LanedFineTuning(
      EncoderNetwork network, List<String> modules, List<StepSettings> settings) {
    LaneRules.check(settings);
    this.network = network;
    this.settings = List.copyOf(settings);
    this.jit = first().execution().compiled();
    this.lanes =
        settings.stream()
            .map(
                lane ->
                    new Trainables(
                        network,
                        lane.method(),
                        lane.adapter(),
                        modules,
                        lane.seed(),
                        lane.lowerExamples()))
            .toList();
    LaneRules.checkTrained(first().method(), lanes);
    this.frozen =
        switch (first().execution().precision()) {
          case F32 -> frozen(TFloat32.class);
          case BF16 -> frozen(TBfloat16.class);
        };
    this.lower = variables(lanes.get(0).lower(), first().method().hypergradientSlots());
    this.upper = variables(lanes.get(0).upper(), List.of());
    this.session = new Session(graph, StepFunction.SESSION);
    Map<ResourceVariable<?>, float[]> start = new HashMap<>();
    putStart(lower, Trainables::lower, start);
    putStart(upper, Trainables::upper, start);
    frozen.load(session, start);
  }

  private StepSettings first() {
    return settings.get(0);
  }

  /**
   * Loads an encoder with a head into a session, and what each lane trains.
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
    return new LanedFineTuning(
        new EncoderNetwork(model, head, loss, Optional.empty()), modules, lanes);
  }

  private <T extends TFloating> FrozenWeights<T> frozen(Class<T> type) {
    return new FrozenWeights<>(tf, network.model(), name -> !lanes.get(0).trains(name), type);
  }

  private LevelVariables variables(ParameterGroup group, List<StateSlot> slots) {
    return new LevelVariables(tf, group, slots, Shape.of(lanes.size(), group.size()));
  }

  /** Every lane's start values; all else begins with 0. */
  private void putStart(
      LevelVariables level,
      Function<Trainables, ParameterGroup> group,
      Map<ResourceVariable<?>, float[]> into) {
    List<Map<ResourceVariable<TFloat32>, float[]>> byLane =
        lanes.stream().map(lane -> level.initial(group.apply(lane))).toList();
    for (ResourceVariable<TFloat32> variable : level.variables()) {
      float[][] parts = byLane.stream().map(lane -> lane.get(variable)).toArray(float[][]::new);
      into.put(variable, Floats.concat(parts));
    }
  }

  /** How many lanes there are. */
  public int lanes() {
    return lanes.size();
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
   * @throws IllegalArgumentException as {@link #step}
   */
  public boolean prepare(List<StepBatches> byLane) {
    int built = steps.size();
    stepFor(stacked(byLane));
    return steps.size() > built;
  }

  /**
   * One iteration of every lane, one {@code Session.run}.
   *
   * @param byLane batches of each lane, all of one kind and shape
   * @param rates of each lane
   * @return by lane
   * @throws IllegalArgumentException when there are not as many as lanes, or shapes differ
   */
  public List<StepResult> step(List<StepBatches> byLane, List<StepRates> rates) {
    requireOfEveryLane("rates", rates);
    StepBatches stacked = stacked(byLane);
    return stepFor(stacked).run(session, stacked, rates);
  }

  private void requireOfEveryLane(String what, List<?> given) {
    if (given.size() != lanes.size()) {
      throw new IllegalArgumentException(
          "%s of %d lanes for %d; give one of each".formatted(what, given.size(), lanes.size()));
    }
  }

  private StepBatches stacked(List<StepBatches> byLane) {
    requireOfEveryLane("batches", byLane);
    StepKind kind = byLane.get(0).kind();
    if (byLane.stream().anyMatch(batches -> !batches.kind().equals(kind))) {
      throw new IllegalArgumentException("lanes' steps are of different kinds; give one kind");
    }
    return new StepBatches(
        kind,
        stacked(byLane, StepBatches::lower, kind.lowerBatches()),
        stacked(byLane, StepBatches::upper, kind.upperBatches()));
  }

  private static List<Batch> stacked(
      List<StepBatches> byLane, Function<StepBatches, List<Batch>> level, int batches) {
    return IntStream.range(0, batches)
        .mapToObj(
            i -> Batch.stacked(byLane.stream().map(lane -> level.apply(lane).get(i)).toList()))
        .toList();
  }

  private CompiledStep<EncoderFeeds> stepFor(StepBatches stacked) {
    return steps.computeIfAbsent(stacked.shape(), shape -> compile(stacked, frozen));
  }

  private <T extends TFloating> CompiledStep<EncoderFeeds> compile(
      StepBatches stacked, FrozenWeights<T> weights) {
    StepBody body = StepBody.open(tf, "step" + steps.size(), StepFunction.SESSION, jit);
    ForwardPass<T, EncoderFeeds> forward =
        new ForwardPass<>(
            network,
            lanes.get(0),
            weights.read(variable -> body.bind(variable).value()),
            weights.type());
    CompiledStep.Parts<EncoderFeeds> parts =
        new CompiledStep.Parts<>(
            network::feeds,
            new StepLanes(settings.stream().map(StepSettings::seed).toList(), true),
            first().optimizer().optimizer(),
            lower,
            upper,
            (ofLower, ofUpper, seed) ->
                new LanedProblem<>(forward, network, lanes, ofLower, ofUpper, seed),
            Optional.empty());
    return new CompiledStep<>(tf, body, parts, stacked, jit);
  }

  /**
   * Every trainable value and optimizer slot of a lane, by the names that {@link FineTuning#state}
   * gives them.
   *
   * @param lane counted from 0
   */
  public Map<String, HostTensor> state(int lane) {
    ImmutableMap.Builder<String, HostTensor> state = ImmutableMap.builder();
    for (LevelVariables level : List.of(lower, upper)) {
      List<float[]> vectors =
          ResourceVariable.read(session, new ArrayList<>(level.variables())).stream()
              .map(all -> ofLane(all, lane))
              .toList();
      level.name(vectors, state);
    }
    return state.buildOrThrow();
  }

  private float[] ofLane(float[] all, int lane) {
    int size = all.length / lanes.size();
    return Arrays.copyOfRange(all, lane * size, (lane + 1) * size);
  }

  /** The trained values of a lane alone, under the names they have in {@link #state}. */
  public Map<String, HostTensor> trained(int lane) {
    return Maps.filterKeys(state(lane), name -> lower.isValue(name) || upper.isValue(name));
  }

  @Override
  public void close() {
    session.close();
    steps.values().forEach(CompiledStep::close);
    graph.close();
  }
}
