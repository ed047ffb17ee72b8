package org.bilora.step;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bilora.bilevel.StateSlot;
import org.bilora.data.Batch;
import org.bilora.graph.ResourceVariable;
import org.bilora.graph.StepFunction;
import org.bilora.method.StepEnding;
import org.bilora.model.Weights;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Fine-tunes a network: frozen weights, trained values and optimizer moments are variables of one
 * session, and a step is one compiled function per batch shape.
 *
 * @param <T> type the backbone computes in
 * @param <F> placeholders of a batch
 */
public final class NetworkFineTuning<T extends TFloating, F extends BatchFeeds<F>>
    implements FineTuning {
  private final Network<F> network;
  private final Trainables trainables;
  private final StepSettings settings;
  private final Class<T> type;
  private final boolean jit;
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Session session;
  private final Map<String, ResourceVariable<T>> frozen = new LinkedHashMap<>();
  private final LevelVariables lower;
  private final LevelVariables upper;
  private final Map<StepBatches.StepShape, CompiledStep<F>> steps = new HashMap<>();
  private final NetworkEvaluation<T, F> evaluation;

  private NetworkFineTuning(
      Network<F> network, List<String> modules, StepSettings settings, Class<T> type) {
    this.network = network;
    this.settings = settings;
    boolean parted = settings.execution().accumulate().isPresent();
    this.session =
        new Session(graph, parted ? StepFunction.SESSION_OF_PARTS : StepFunction.SESSION);
    this.type = type;
    this.jit = settings.execution().compiled();
    this.trainables =
        new Trainables(
            network,
            settings.method(),
            settings.adapter(),
            modules,
            settings.seed(),
            settings.lowerExamples());
    network
        .model()
        .weights()
        .forEach(
            (name, value) -> {
              if (!trainables.trains(name)) {
                frozen.put(
                    name,
                    new ResourceVariable<>(tf, "frozen/" + name, type, Shape.of(value.shape())));
              }
            });
    this.lower = new LevelVariables(tf, trainables.lower(), extraSlots());
    this.upper = new LevelVariables(tf, trainables.upper(), List.of());
    this.evaluation =
        new NetworkEvaluation<>(tf, forwardPass(ResourceVariable::value), lower, upper);
    Map<ResourceVariable<?>, float[]> values = new HashMap<>();
    frozen.forEach(
        (name, variable) -> values.put(variable, network.model().weights().get(name).values()));
    values.putAll(lower.initial());
    values.putAll(upper.initial());
    ResourceVariable.assign(session, values);
  }

  /**
   * Loads a network into a session.
   *
   * @param modules names of the linear layers to adapt
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  static <F extends BatchFeeds<F>> FineTuning open(
      Network<F> network, List<String> modules, StepSettings settings) {
    return switch (settings.execution().precision()) {
      case F32 -> new NetworkFineTuning<>(network, modules, settings, TFloat32.class);
      case BF16 -> new NetworkFineTuning<>(network, modules, settings, TBfloat16.class);
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
    return stepFor(batches).run(session, batches, rates);
  }

  private CompiledStep<F> stepFor(StepBatches batches) {
    return steps.computeIfAbsent(batches.shape(), shape -> compile(batches));
  }

  private CompiledStep<F> compile(StepBatches batches) {
    StepFunction function = new StepFunction(tf, "step" + steps.size());
    ForwardPass<T, F> forward = forwardPass(variable -> function.bind(variable).value());
    CompiledStep.Parts<F> parts =
        new CompiledStep.Parts<>(
            network,
            settings,
            lower,
            upper,
            (lowerFeeds, upperFeeds, seed) ->
                new NetworkProblem<>(
                    forward,
                    lowerFeeds,
                    upperFeeds,
                    NetworkProblem.seeded(seed),
                    settings.execution().accumulate().orElse(1)),
            trainables.ending());
    return new CompiledStep<>(tf, function, parts, batches, jit);
  }

  private ForwardPass<T, F> forwardPass(Function<ResourceVariable<T>, Operand<T>> value) {
    Map<String, Operand<T>> values = new HashMap<>();
    frozen.forEach((name, variable) -> values.put(name, value.apply(variable)));
    return new ForwardPass<>(network, trainables, weights(values), type);
  }

  private Weights<T> weights(Map<String, Operand<T>> values) {
    return name -> {
      Operand<T> value = values.get(name);
      if (value == null) {
        throw new IllegalArgumentException(
            "%s has no weight named %s".formatted(network.model().name(), name));
      }
      return value;
    };
  }

  @Override
  public float[][] logits(Batch batch) {
    return evaluation.logits(session, batch);
  }

  @Override
  public float loss(Batch batch) {
    return evaluation.loss(session, batch);
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
    lower.check(state);
    upper.check(state);
    for (String name : state.keySet()) {
      if (!name.startsWith("lower/") && !name.startsWith("upper/")) {
        throw new IllegalArgumentException("state has an unknown tensor " + name);
      }
    }
    Map<ResourceVariable<?>, float[]> vectors = new HashMap<>(lower.join(state));
    vectors.putAll(upper.join(state));
    ResourceVariable.assign(session, vectors);
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
    List<float[]> read = ResourceVariable.read(session, List.copyOf(frozen.values()));
    Map<String, HostTensor> values = new HashMap<>();
    int next = 0;
    for (Map.Entry<String, ResourceVariable<T>> entry : frozen.entrySet()) {
      long[] shape = entry.getValue().shape().asArray();
      values.put(entry.getKey(), HostTensor.of(read.get(next++), shape));
    }
    return sha256(values);
  }

  /** Hash of names and values, in the order of the names. */
  public static String sha256(Map<String, HostTensor> tensors) {
    Hasher hasher = Hashing.sha256().newHasher();
    tensors.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            entry -> {
              hasher.putString(entry.getKey(), StandardCharsets.UTF_8);
              for (float value : entry.getValue().values()) {
                hasher.putInt(Float.floatToRawIntBits(value));
              }
            });
    return hasher.hash().toString();
  }

  @Override
  public DeviceInfo device() {
    return DeviceInfo.ofThisMachine(settings.execution().precision(), jit);
  }

  @Override
  public void close() {
    session.close();
    new ArrayList<>(steps.values()).forEach(CompiledStep::close);
    graph.close();
  }
}
