package org.bilora.train;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.data.LanguageModelDataset;
import org.bilora.data.Task;
import org.bilora.data.TaskData;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.step.AdaptedModules;
import org.bilora.step.ExecutionSettings.PrefixCaching;
import org.bilora.step.FineTuning;
import org.bilora.step.FrozenPrefix;
import org.bilora.step.LossSettings;
import org.bilora.step.PrefixCache;
import org.bilora.step.StepSettings;
import org.bilora.step.TaskLoss;

/**
 * What a run is made of besides its settings: a pretrained model and the examples it learns from.
 */
sealed interface RunInputs {

  PretrainedModel model();

  /** Which hidden state stands for a text; empty for a decoder. */
  Optional<EncoderHead.Pooling> pooling();

  TaskData dataset();

  /** The adapter that the run starts from, where it does. */
  Optional<StartAdapter> start();

  /** The same inputs with an adapter to start from. */
  RunInputs startingFrom(StartAdapter adapter);

  /** What became of the head that the checkpoint was fine-tuned with, where it has one. */
  Optional<String> headNote();

  /**
   * The examples as batches.
   *
   * @throws IllegalArgumentException when settings, model and data do not fit together
   */
  TrainingData data(TrainingSettings settings);

  /**
   * The linear layers that get an increment.
   *
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  default List<String> modules(TrainingSettings settings) {
    return AdaptedModules.of(model(), settings.adapter());
  }

  /**
   * Lower layers that are computed only once for each text, without dropout; 0 for none.
   *
   * @throws IllegalArgumentException when the settings ask for some and everything is trained
   */
  default int prefixLayers(TrainingSettings settings) {
    PrefixCaching caching = settings.execution().prefixCache().orElse(PrefixCaching.AUTO);
    boolean wanted =
        switch (caching) {
          case AUTO -> settings.adapter().layers().isPresent();
          case ON -> true;
          case OFF -> false;
        };
    int depth =
        wanted
            ? FrozenPrefix.depth(model(), settings.method(), settings.adapter(), modules(settings))
            : 0;
    if (caching == PrefixCaching.ON && depth == 0) {
      throw new IllegalArgumentException(
          "prefixCache is on, but %s trains something in the lowest layer of %s; choose layers, or"
                  .formatted(settings.method().name(), model().name())
              + " leave it out");
    }
    return depth;
  }

  /**
   * The model in a session.
   *
   * @param data whose states behind the frozen layers are computed, or read, where the settings say
   *     so
   * @param companions with whom it takes its steps
   * @param news is told of what takes its time
   * @throws IOException when these states cannot be kept
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  default FineTuning open(
      TrainingSettings settings, TrainingData data, Companions companions, Consumer<String> news)
      throws IOException {
    int layers = prefixLayers(settings);
    if (layers == 0) {
      return open(settings, data, Optional.empty(), companions);
    }
    FrozenPrefix prefix =
        PrefixCache.usual()
            .prefix(model(), layers, settings.execution().precision(), data.examples(), news);
    news.accept(
        "the lower %d of %d layers are computed once for each text, without dropout"
            .formatted(layers, model().layers()));
    return open(settings, data, Optional.of(prefix), companions);
  }

  /** The model in a session, above the frozen layers where they are there. */
  FineTuning open(
      TrainingSettings settings,
      TrainingData data,
      Optional<FrozenPrefix> prefix,
      Companions companions);

  /** With the adapter's increments in place of those that a run begins with. */
  private static FineTuning started(
      RunInputs inputs, TrainingSettings settings, FineTuning fineTuning) {
    boolean done = false;
    try {
      inputs
          .start()
          .ifPresent(
              adapter ->
                  fineTuning.restoreTrained(
                      adapter.values(settings, inputs.model(), fineTuning.trained())));
      done = true;
      return fineTuning;
    } finally {
      if (!done) {
        fineTuning.close();
      }
    }
  }

  /** An encoder and labelled texts. */
  record OfEncoder(PretrainedEncoder model, Dataset dataset, Optional<StartAdapter> start)
      implements RunInputs {

    OfEncoder(PretrainedEncoder model, Dataset dataset) {
      this(model, dataset, Optional.empty());
    }

    @Override
    public RunInputs startingFrom(StartAdapter adapter) {
      return new OfEncoder(model, dataset, Optional.of(adapter));
    }

    /** The head that the run goes on from: the adapter's where it has one. */
    private HeadStart head() {
      return HeadStart.of(start.map(adapter -> adapter.under(model)).orElse(model), dataset.task());
    }

    @Override
    public Optional<String> headNote() {
      return start
          .flatMap(adapter -> adapter.headNote(model, TaskHead.of(model, dataset.task())))
          .or(() -> head().note());
    }

    @Override
    public Optional<EncoderHead.Pooling> pooling() {
      return Optional.of(model.pooling());
    }

    @Override
    public TrainingData data(TrainingSettings settings) {
      return TrainingData.of(model, dataset, settings);
    }

    @Override
    public FineTuning open(
        TrainingSettings settings,
        TrainingData data,
        Optional<FrozenPrefix> prefix,
        Companions companions) {
      PretrainedEncoder from = head().model();
      EncoderHead head = TaskHead.of(model, dataset.task());
      StepSettings step = settings.step().withLowerExamples(data.counts().lower());
      List<String> modules = modules(settings);
      return RunInputs.started(
          this,
          settings,
          companions
              .lanes()
              .map(member -> member.open(from, head, loss(settings), modules, step, prefix))
              .orElseGet(
                  () ->
                      FineTuning.open(
                          from,
                          head,
                          loss(settings),
                          modules,
                          step,
                          prefix,
                          companions.workers())));
    }

    /** The task's loss; classes are weighed by the whole training set, for both levels alike. */
    private TaskLoss loss(TrainingSettings settings) {
      LossSettings loss = settings.loss().orElse(LossSettings.PLAIN);
      Task task = dataset.task();
      List<Double> weights =
          loss.classWeights().isPresent()
              ? loss.classWeights().get().of(task, trainingSet())
              : List.of();
      return TaskLoss.of(task, settings.labelSmoothing(), weights, loss.focalGamma());
    }

    private List<Example> trainingSet() {
      List<Example> examples = new ArrayList<>(dataset.split(Dataset.TRAIN));
      Optional.ofNullable(dataset.splits().get(Dataset.D2)).ifPresent(examples::addAll);
      return examples;
    }
  }

  /** A decoder and token sequences. */
  record OfDecoder(
      PretrainedDecoder model, LanguageModelDataset dataset, Optional<StartAdapter> start)
      implements RunInputs {

    OfDecoder(PretrainedDecoder model, LanguageModelDataset dataset) {
      this(model, dataset, Optional.empty());
    }

    @Override
    public RunInputs startingFrom(StartAdapter adapter) {
      return new OfDecoder(model, dataset, Optional.of(adapter));
    }

    @Override
    public Optional<String> headNote() {
      return Optional.empty();
    }

    @Override
    public Optional<EncoderHead.Pooling> pooling() {
      return Optional.empty();
    }

    @Override
    public TrainingData data(TrainingSettings settings) {
      return TrainingData.of(model, dataset, settings);
    }

    @Override
    public FineTuning open(
        TrainingSettings settings,
        TrainingData data,
        Optional<FrozenPrefix> prefix,
        Companions companions) {
      if (settings.loss().isPresent()) {
        throw new IllegalArgumentException(
            "class weights and focal loss are for classes; a language model has none");
      }
      StepSettings step = settings.step().withLowerExamples(data.counts().lower());
      List<String> modules = modules(settings);
      return RunInputs.started(
          this,
          settings,
          companions
              .lanes()
              .map(member -> member.open(model, modules, step, prefix))
              .orElseGet(
                  () -> FineTuning.open(model, modules, step, prefix, companions.workers())));
    }
  }
}
