package org.bilora.scale;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bilora.bilevel.Darts;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.Soba;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.Unroll;
import org.bilora.cli.progress.NativeLog;
import org.bilora.data.Batch;
import org.bilora.data.BatchSize;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EncodedSet;
import org.bilora.data.EvaluationBatches;
import org.bilora.data.TinyTasks;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Dora;
import org.bilora.method.ExampleWeight;
import org.bilora.method.Method;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyDecoders;
import org.bilora.model.TinyEncoders;
import org.bilora.settings.LayerSelection;
import org.bilora.step.AdaptedModules;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.FineTuning;
import org.bilora.step.FrozenPrefix;
import org.bilora.step.PrefixCache;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepResult;
import org.bilora.step.TaskLoss;
import org.bilora.step.TinySequences;
import org.bilora.step.Workers;
import org.bilora.train.TinyRuns;
import org.bilora.train.TrainingSettings;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.op.Ops;

/** Steps that two servers of TensorFlow compute together, over loopback. */
class ClusterStepTest {
  private static final Dataset DATA = TinyTasks.classes(40, 24, 7);
  private static final int STEPS = 20;
  private static Workers workers;

  @BeforeAll
  static void twoServers() throws IOException {
    ClusterFile file = new ClusterFile(List.of(freeAddress(), freeAddress()));
    NativeLog.silently(
        () -> {
          try {
            ClusterServer.start(file, 1);
            workers = Cluster.start(file, Duration.ofSeconds(20), () -> false, news -> {});
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  static Address freeAddress() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return new Address("127.0.0.1", socket.getLocalPort());
    }
  }

  static Stream<Method> methods() {
    return Stream.of(TinyRuns.LORA, TinyRuns.bilora(new Exact(Unroll.STEADY)), Dora.USUAL);
  }

  static Stream<Method> furtherMethods() {
    return Stream.of(
        TinyRuns.bilora(new Exact(Unroll.SGD)),
        TinyRuns.bilora(new Darts(0.01)),
        TinyRuns.bilora(new Soba(0.1, 0.1)),
        ExampleWeight.USUAL);
  }

  /** Seven rows for two workers: parts of three and four. */
  @ParameterizedTest
  @MethodSource("methods")
  void lossesOfTwentyStepsAreThoseOfOneProcess(Method method) {
    sameSteps(TinyEncoders.bertWithoutDropout(3), method, 7);
  }

  /** Each builds second derivatives for itself, twice. */
  @ParameterizedTest
  @MethodSource("furtherMethods")
  @Tag("slow")
  void soAreThoseOfOtherEstimators(Method method) {
    sameSteps(TinyEncoders.bertWithoutDropout(3), method, 7);
  }

  /** A mask follows from the row's place in the whole batch. */
  @Test
  void dropoutIsThatOfOneProcess() {
    sameSteps(TinyEncoders.bert(3), TinyRuns.LORA, 8);
  }

  @Test
  void aBatchOfOneRowLeavesWorkersIdle() {
    sameSteps(TinyEncoders.bert(3), TinyRuns.LORA, 1);
  }

  @TempDir private Path folder;

  /** Each worker is fed the states of its own rows. */
  @Test
  void statesBehindFrozenLayersGoToTheWorkerThatReadsThem() throws IOException {
    PretrainedEncoder model = TinyEncoders.bertWithoutDropout(3);
    TrainingSettings usual = TinyRuns.settings(TinyRuns.LORA);
    TrainingSettings settings =
        usual.withAdapter(
            new AdapterSettings(
                usual.adapter().rank(),
                usual.adapter().alpha(),
                usual.adapter().targets(),
                Optional.of(new LayerSelection("last:1"))));
    List<EncodedExample> examples =
        EncodedSet.of(model.tokenizer(), DATA.split(Dataset.TRAIN), 16).examples();
    FrozenPrefix prefix =
        new PrefixCache(folder, 1 << 20)
            .prefix(model, 1, ExecutionSettings.Precision.F32, examples, news -> {});
    try (FineTuning alone = open(model, settings, Optional.of(prefix), Optional.empty());
        FineTuning together = open(model, settings, Optional.of(prefix), Optional.of(workers))) {
      sameSteps(alone, together, TinyRuns.LORA, EvaluationBatches.of(examples, 7));
    }
  }

  private static void sameSteps(PretrainedEncoder model, Method method, int rows) {
    List<EncodedExample> examples =
        EncodedSet.of(model.tokenizer(), DATA.split(Dataset.TRAIN), 16).examples();
    List<Batch> batches = EvaluationBatches.of(examples, rows);
    TrainingSettings settings = TinyRuns.settings(method);
    OpenedGraphs opened = new OpenedGraphs(workers, new ArrayList<>());
    try (FineTuning alone = open(model, settings, Optional.empty(), Optional.empty());
        FineTuning together = open(model, settings, Optional.empty(), Optional.of(opened))) {
      assertEquals(alone.frozenSha256(), together.frozenSha256());
      sameSteps(alone, together, method, batches);
      assertEquals(Optional.of(2), together.device().workers());
      assertEquals(List.of(), opened.withoutPlace());
      assertArrayEquals(alone.logits(batches.get(0))[0], together.logits(batches.get(0))[0], 1e-4f);
    }
  }

  /**
   * The same workers, remembering the graph: an operation of which nobody says where it is computed
   * would be computed by the first one, and what it reads and yields be sent.
   */
  private record OpenedGraphs(Workers workers, List<Graph> graphs) implements Workers {
    @Override
    public int count() {
      return workers.count();
    }

    @Override
    public Ops at(Ops tf, int worker) {
      return workers.at(tf, worker);
    }

    @Override
    public Session open(Graph graph) {
      graphs.add(graph);
      return workers.open(graph);
    }

    @Override
    public RuntimeException explain(TensorFlowException failure) {
      return workers.explain(failure);
    }

    List<String> withoutPlace() {
      Set<String> types = new TreeSet<>();
      for (Graph graph : graphs) {
        graph
            .operations()
            .forEachRemaining(
                operation -> {
                  if (operation.device().isEmpty()) {
                    types.add(operation.type());
                  }
                });
      }
      return List.copyOf(types);
    }
  }

  private static FineTuning open(
      PretrainedEncoder model,
      TrainingSettings settings,
      Optional<FrozenPrefix> prefix,
      Optional<Workers> workers) {
    return FineTuning.open(
        model,
        new EncoderHead(model.config(), model.pooling(), DATA.task().outputs()),
        TaskLoss.of(DATA.task()),
        AdaptedModules.of(model, settings.adapter()),
        settings.step().withLowerExamples(DATA.split(Dataset.TRAIN).size()),
        prefix,
        workers);
  }

  private static void sameSteps(
      FineTuning alone, FineTuning together, Method method, List<Batch> batches) {
    StepKind kind = method.phases().get(0).kind();
    for (int step = 0; step < STEPS; step++) {
      List<Batch> own = new ArrayList<>();
      for (int i = 0; i < kind.lowerBatches() + kind.upperBatches(); i++) {
        own.add(batches.get((2 * step + i) % (batches.size() - 1)));
      }
      StepBatches met =
          new StepBatches(
              kind,
              own.subList(0, kind.lowerBatches()),
              own.subList(kind.lowerBatches(), own.size()));
      StepRates rates = new StepRates(step, 0.01f, 0.02f, 0.01f);
      StepResult expected = alone.step(met, rates);
      StepResult found = together.step(met, rates);
      assertClose(expected.lowerLoss(), found.lowerLoss(), step);
      assertClose(expected.upperLoss(), found.upperLoss(), step);
    }
    Map<String, HostTensor> expected = alone.state();
    together
        .state()
        .forEach(
            (name, tensor) ->
                assertArrayEquals(expected.get(name).values(), tensor.values(), 1e-3f, name));
  }

  private static void assertClose(OptionalDouble expected, OptionalDouble found, int step) {
    assertEquals(expected.isPresent(), found.isPresent());
    if (expected.isPresent()) {
      assertEquals(expected.getAsDouble(), found.getAsDouble(), 1e-5, "step " + step);
      assertTrue(found.getAsDouble() > 0);
    }
  }

  /** Parts have other numbers of tokens that count. */
  @Test
  void aLanguageModelsLossIsTheMeanOverTheWholeBatchsTokens() {
    sameStepsOfADecoder(TinyRuns.LORA);
  }

  @Test
  @Tag("slow")
  void soIsThatOfBothLevels() {
    sameStepsOfADecoder(TinyRuns.bilora(new Exact(Unroll.STEADY)));
  }

  private static void sameStepsOfADecoder(Method method) {
    TrainingSettings settings = TinySequences.settings(method, 1, 20);
    List<Batch> batches =
        EvaluationBatches.ofSequences(
            TinySequences.DATA.cut(Dataset.TRAIN, 20).examples(), BatchSize.rows(5));
    try (FineTuning alone = openDecoder(settings, Optional.empty());
        FineTuning together = openDecoder(settings, Optional.of(workers))) {
      sameSteps(alone, together, method, batches.subList(0, 3));
    }
  }

  private static FineTuning openDecoder(TrainingSettings settings, Optional<Workers> workers) {
    return FineTuning.open(
        TinyDecoders.model(0.1, 3),
        List.of("h.0.attn.c_attn.query", "h.0.attn.c_attn.value"),
        settings.step(),
        Optional.empty(),
        workers);
  }
}
