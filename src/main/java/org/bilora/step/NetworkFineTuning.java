package org.bilora.step;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bilora.bilevel.StateSlot;
import org.bilora.data.Batch;
import org.bilora.graph.Recomputation;
import org.bilora.graph.ResourceVariable;
import org.bilora.graph.StepBody;
import org.bilora.graph.StepFunction;
import org.bilora.graph.UnpackedStep;
import org.bilora.method.StepEnding;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Fine-tunes a network: frozen weights, trained values and optimizer moments are variables of one
 * session, and a step is a part of its graph per batch shape, or a function that XLA compiles.
 *
 * @param <T> type the backbone computes in
 * @param <F> placeholders of a batch
 */
public final class NetworkFineTuning<T extends TFloating, F extends BatchFeeds<F>>
    implements FineTuning {
  private static final int HASHED_AT_ONCE = 1 << 14;

  private final Network<F> network;
  private final Trainables trainables;
  private final StepSettings settings;
  private final Class<T> type;
  private final boolean jit;
  private final Optional<Workers> workers;
  private final boolean threadEach;
  private final Graph graph = new Graph();
  private final Ops tf;
  private final Session session;

  /** By worker; where there are none, of this process alone. */
  private final List<FrozenWeights<T>> frozen = new ArrayList<>();

  private final LevelVariables lower;
  private final LevelVariables upper;
  private final Map<StepBatches.StepShape, CompiledStep<?>> steps = new HashMap<>();
  private final NetworkEvaluation<T, F> evaluation;
  private boolean workerLost;

  private NetworkFineTuning(
      Network<F> network,
      List<String> modules,
      StepSettings settings,
      Optional<Workers> workers,
      boolean threadEach,
      Class<T> type) {
    this.network = network;
    this.settings = settings;
    this.type = type;
    this.workers = workers;
    this.threadEach = threadEach;
    this.jit = workers.isEmpty() && settings.execution().compiled();
    requirePlainSteps();
    requireOnePass();
    this.trainables = Trainables.of(network, modules, settings);
    this.tf = place(Ops.create(graph), 0);
    for (int worker = 0; worker < workers.map(Workers::count).orElse(1); worker++) {
      frozen.add(
          new FrozenWeights<>(
              place(tf, worker), network.model(), name -> !trainables.trains(name), type));
    }
    this.lower = new LevelVariables(tf, trainables.lower(), extraSlots());
    this.upper = new LevelVariables(tf, trainables.upper(), List.of());
    this.evaluation =
        new NetworkEvaluation<>(
            tf,
            forwardPass(0, ResourceVariable::value),
            () -> new NetworkEvaluation.Values(lower.parameters(tf), upper.parameters(tf)));
    this.session =
        workers
            .map(together -> together.open(graph))
            .orElseGet(() -> new Session(graph, configuration()));
    Map<ResourceVariable<?>, float[]> trained = new HashMap<>(lower.initial());
    trained.putAll(upper.initial());
    watched(
        () -> {
          frozen.get(0).load(session, trained);
          frozen.stream().skip(1).forEach(copy -> copy.load(session, Map.of()));
          return null;
        });
  }

  private Ops place(Ops ops, int worker) {
    return workers.map(together -> together.at(ops, worker)).orElse(ops);
  }

  private void requirePlainSteps() {
    if (workers.isPresent() && settings.execution().accumulate().isPresent()) {
      throw new IllegalArgumentException(
          "accumulate is set, but workers compute parts of a batch at once; leave it out, or take more workers");
    }
    if (jit && settings.execution().recompute().isPresent()) {
      throw new IllegalArgumentException(
          "recompute is on, but a step that XLA compiles takes as much memory with it as without; leave it out, or set jit to off");
    }
    if (workers.isPresent() && settings.execution().recompute().isPresent()) {
      throw new IllegalArgumentException(
          "recompute is on, but steps that workers compute together keep their activations; leave it out, or take more workers");
    }
    if (workers.isPresent() && settings.execution().jit() == ExecutionSettings.Jit.ON) {
      throw new IllegalArgumentException(
          "xla is on, but XLA cannot compile a step that several workers compute; leave it out");
    }
  }

  /** Refuses a second pass over the lower batch where there can be none. */
  private void requireOnePass() {
    double weight = settings.hiddenKey().klWeight();
    if (weight == 0) {
      return;
    }
    String why =
        !network.ofClasses()
            ? "the task has scores or several labels, not one class of several"
            : workers.isPresent()
                ? "several workers compute a step, each in one pass"
                : "accumulate is set, and a part of a batch is computed in one pass";
    if (!network.ofClasses()
        || workers.isPresent()
        || settings.execution().accumulate().isPresent()) {
      throw new IllegalArgumentException(
          "klWeight is %s, but %s; leave it out".formatted(weight, why));
    }
  }

  /**
   * Loads a network into a session.
   *
   * @param modules names of the linear layers to adapt
   * @param workers that compute the steps together; empty for this process alone
   * @param threadEach as {@link LanePlan} has it
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  static <F extends BatchFeeds<F>> FineTuning open(
      Network<F> network,
      List<String> modules,
      StepSettings settings,
      Optional<Workers> workers,
      boolean threadEach) {
    return switch (settings.execution().precision()) {
      case F32 ->
          new NetworkFineTuning<>(network, modules, settings, workers, threadEach, TFloat32.class);
      case BF16 ->
          new NetworkFineTuning<>(network, modules, settings, workers, threadEach, TBfloat16.class);
    };
  }

  /** What a method keeps of V's size from step to step besides AdamW's moments. */
  private List<StateSlot> extraSlots() {
    return trainables
        .ending()
        .map(StepEnding::slots)
        .orElse(settings.method().hypergradientSlots());
  }

  @Override
  public boolean prepare(StepBatches batches) {
    int built = steps.size();
    stepFor(batches);
    return steps.size() > built;
  }

  @Override
  public StepResult step(StepBatches batches, StepRates rates) {
    CompiledStep<?> step = stepFor(batches);
    List<LaneTurn> turn = List.of(new LaneTurn(Lane.alone(settings.seed()), rates));
    return watched(() -> step.run(session, batches, turn).get(0));
  }

  /** A worker that is gone is named. */
  private <R> R watched(Supplier<R> run) {
    try {
      return run.get();
    } catch (TensorFlowException e) {
      RuntimeException told = workers.isPresent() ? workers.get().explain(e) : e;
      workerLost = told != e;
      throw told;
    }
  }

  private CompiledStep<?> stepFor(StepBatches batches) {
    StepBatches.StepShape key =
        workers.map(together -> batches.shape(together.count())).orElseGet(batches::shape);
    return steps.computeIfAbsent(
        key, shape -> workers.isPresent() ? spread(batches, workers.get()) : compile(batches));
  }

  private ConfigProto configuration() {
    ConfigProto configuration =
        settings.execution().accumulate().isPresent()
            ? StepFunction.SESSION_OF_PARTS
            : StepFunction.SESSION;
    return threadEach ? StepFunction.ofOneThread(configuration) : configuration;
  }

  private CompiledStep<F> compile(StepBatches batches) {
    StepBody body = StepBody.open(tf, "step" + steps.size(), configuration(), jit);
    ForwardPass<T, F> forward =
        forwardPass(0, variable -> body.bind(variable).value()).recomputing(recomputation());
    CompiledStep.Parts<F> parts =
        parts(
            network::feeds,
            (lowerFeeds, upperFeeds, seed, penaltyWeights) ->
                new NetworkProblem<>(
                    forward,
                    lowerFeeds,
                    upperFeeds,
                    NetworkProblem.seeded(seed, settings.hiddenKey()),
                    settings.execution().accumulate().orElse(1)));
    return new CompiledStep<>(tf, body, parts, batches, jit);
  }

  /** The step in parts: not a function, whose operations could not be told apart by process. */
  private CompiledStep<PartFeeds<F>> spread(StepBatches batches, Workers together) {
    List<ForwardPass<T, F>> forward = new ArrayList<>();
    for (int worker = 0; worker < together.count(); worker++) {
      forward.add(forwardPass(worker, ResourceVariable::value));
    }
    CompiledStep.Parts<PartFeeds<F>> parts =
        parts(
            (ops, like) -> PartFeeds.declare(ops, together, network, like),
            (lowerFeeds, upperFeeds, seed, penaltyWeights) ->
                new SpreadProblem<>(
                    together, forward, lowerFeeds, upperFeeds, seed, settings.hiddenKey()));
    return new CompiledStep<>(tf, new UnpackedStep(tf), parts, batches, false);
  }

  private <B extends BatchFeeds<B>> CompiledStep.Parts<B> parts(
      BiFunction<Ops, Batch, B> feeds, CompiledStep.ProblemFactory<B> problems) {
    return new CompiledStep.Parts<>(
        feeds,
        StepLanes.ONE,
        settings.optimizer().optimizer(),
        lower,
        upper,
        problems,
        trainables.ending());
  }

  private ForwardPass<T, F> forwardPass(
      int worker, Function<ResourceVariable<T>, Operand<T>> value) {
    return new ForwardPass<>(network, trainables, frozen.get(worker).read(value), type);
  }

  /** Whether what is in a layer is kept for the gradients of a step. */
  private Recomputation recomputation() {
    boolean again = settings.execution().recompute().orElse(false);
    return again ? Recomputation.ON : Recomputation.OFF;
  }

  @Override
  public float[][] logits(Batch batch) {
    return evaluation.logits(session, batch, NetworkEvaluation.NOTHING_ELSE);
  }

  @Override
  public float loss(Batch batch) {
    return evaluation.loss(session, batch, NetworkEvaluation.NOTHING_ELSE);
  }

  @Override
  public Map<String, HostTensor> state() {
    List<ResourceVariable<?>> variables = new ArrayList<>(lower.variables());
    variables.addAll(upper.variables());
    List<float[]> vectors = ResourceVariable.read(session, variables);
    ImmutableMap.Builder<String, HostTensor> state = ImmutableMap.builder();
    lower.name(vectors.subList(0, lower.variables().size()), state);
    upper.name(vectors.subList(lower.variables().size(), vectors.size()), state);
    return state.buildOrThrow();
  }

  @Override
  public Map<String, HostTensor> trained() {
    return Maps.filterKeys(state(), name -> lower.isValue(name) || upper.isValue(name));
  }

  @Override
  public void restore(Map<String, HostTensor> state) {
    ResourceVariable.assign(session, new HashMap<>(LevelVariables.join(state, lower, upper)));
  }

  @Override
  public int trainedParameters() {
    return trainables.lower().trainedSize() + trainables.upper().trainedSize();
  }

  @Override
  public String trainedSha256() {
    return sha256(trained());
  }

  @Override
  public String frozenSha256() {
    return frozen.get(0).sha256(session);
  }

  /** Hash of names and values, in the order of the names. */
  public static String sha256(Map<String, HostTensor> tensors) {
    Hasher hasher = Hashing.sha256().newHasher();
    tensors.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            entry -> {
              hasher.putString(entry.getKey(), StandardCharsets.UTF_8);
              put(hasher, entry.getValue().values());
            });
    return hasher.hash().toString();
  }

  /** Little-endian, many at once: one by one, a model's values take three times as long. */
  private static void put(Hasher hasher, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(HASHED_AT_ONCE * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += HASHED_AT_ONCE) {
      bytes.clear();
      for (int i = from; i < Math.min(from + HASHED_AT_ONCE, values.length); i++) {
        bytes.putInt(Float.floatToRawIntBits(values[i]));
      }
      hasher.putBytes(bytes.flip());
    }
  }

  @Override
  public DeviceInfo device() {
    DeviceInfo here = DeviceInfo.ofThisMachine(settings.execution().precision(), jit);
    return workers.map(here::with).orElse(here);
  }

  @Override
  public void close() {
    if (workerLost) {
      return; // TensorFlow would wait for its answer for ever.
    }
    session.close();
    new ArrayList<>(steps.values()).forEach(CompiledStep::close);
    graph.close();
  }
}
