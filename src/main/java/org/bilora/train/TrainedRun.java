package org.bilora.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bilora.bilevel.Level;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EncodedSet;
import org.bilora.data.Example;
import org.bilora.data.Task;
import org.bilora.data.TaskType;
import org.bilora.data.Words;
import org.bilora.eval.Evaluation;
import org.bilora.eval.Prediction;
import org.bilora.eval.TaskOutputs;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.step.AdaptedModules;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.FineTuning;
import org.bilora.step.TaskLoss;
import org.bilora.weights.HostTensor;

/**
 * A run's best values, or an adapter's, in their pretrained model, ready to evaluate, predict and
 * export.
 *
 * <p>Any number of threads may evaluate and predict at once. {@link #close} must wait until they
 * are done.
 */
public final class TrainedRun implements AutoCloseable {
  private final Optional<RunRecord> record;
  private final Task task;
  private final TrainingSettings settings;
  private final PretrainedEncoder model;
  private final EncoderHead head;
  private final List<String> modules;
  private Map<String, HostTensor> trained;
  private final FineTuning fineTuning;

  private TrainedRun(
      Optional<RunRecord> record,
      Task task,
      TrainingSettings settings,
      PretrainedEncoder model,
      Map<String, HostTensor> trained) {
    this.record = record;
    this.task = task;
    this.settings = settings;
    this.model = model;
    this.trained = trained;
    this.head = TaskHead.of(model, task);
    this.modules = AdaptedModules.of(model, settings.adapter());
    this.fineTuning = open(settings);
  }

  private FineTuning open(TrainingSettings used) {
    return FineTuning.open(
        model,
        head,
        TaskLoss.of(task),
        modules,
        used.step().withLowerExamples(record.map(run -> run.examples().lower()).orElse(1)),
        Optional.empty(),
        Optional.empty());
  }

  /**
   * An adapter that was trained elsewhere, in its base.
   *
   * @param base closed with this run; the caller's again when this fails
   * @param task whose classes the adapter's head has
   * @throws IllegalArgumentException when it has no head, or one that is not of this task
   */
  public static TrainedRun of(PretrainedEncoder base, StartAdapter adapter, Task task) {
    PretrainedEncoder model = adapter.under(base, task);
    TrainingSettings used = adapter.ownSettings(base);
    Map<String, HostTensor> trained = new HashMap<>(adapter.own(base));
    StartAdapter.trainedHead(base, TaskHead.of(base, task))
        .forEach(name -> trained.put(Level.LOWER.prefix() + name, model.weights().get(name)));
    adapter.requireTrained(base, trained.keySet());
    TrainedRun run = new TrainedRun(Optional.empty(), task, used, model, Map.copyOf(trained));
    boolean done = false;
    try {
      run.fineTuning.restoreTrained(trained);
      done = true;
      return run;
    } finally {
      if (!done) {
        run.fineTuning.close();
      }
    }
  }

  /**
   * Opens a run, loading its model by name.
   *
   * @throws IOException when the directory holds no run, or the run is damaged, has no values yet,
   *     or its model is not what it was: one line saying which file and what to do
   */
  public static TrainedRun open(Path directory) throws IOException {
    return open(directory, PretrainedEncoders::load);
  }

  /**
   * Opens a run with a model found some other way.
   *
   * @throws IOException as {@link #open(Path)}
   */
  public static TrainedRun open(Path directory, ModelSource<PretrainedEncoder> models)
      throws IOException {
    RunDirectory files = new RunDirectory(directory);
    RunRecord record = files.readRecord();
    if (record.task().languageModelling()) {
      throw new IOException(
          "the run in %s trained a language model (task %s), which neither predicts labels nor is"
                  .formatted(directory, record.task().name())
              + " exported; give the run of an encoder");
    }
    Map<String, HostTensor> trained = files.readTrained(record);
    PretrainedEncoder model = models.load(record.model().name());
    TrainedRun run = null;
    try {
      files.requireModel(record, model);
      run = restore(files, record, model, trained);
      return run;
    } finally {
      if (run == null) {
        model.close();
      }
    }
  }

  private static TrainedRun restore(
      RunDirectory files,
      RunRecord record,
      PretrainedEncoder model,
      Map<String, HostTensor> trained)
      throws IOException {
    TrainedRun run;
    try {
      run = new TrainedRun(Optional.of(record), record.task(), record.settings(), model, trained);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s does not fit its model %s: %s; restore it from a copy"
              .formatted(files.record(), model.name(), e.getMessage()),
          e);
    }
    try {
      run.fineTuning.restoreTrained(trained);
      return run;
    } catch (IllegalArgumentException e) {
      run.fineTuning.close();
      throw new IOException(
          "%s does not fit %s: %s; restore both from a copy, or train again in a new directory"
              .formatted(files.trained(), files.record().getFileName(), e.getMessage()),
          e);
    }
  }

  /** {@code run.json}; empty for an adapter beside its base. */
  public Optional<RunRecord> record() {
    return record;
  }

  /** The pretrained model; closed with this run. */
  public PretrainedEncoder model() {
    return model;
  }

  /** The head above it. */
  public EncoderHead head() {
    return head;
  }

  /** Names of the adapted dense layers. */
  public List<String> modules() {
    return modules;
  }

  /** What was learnt. */
  public Task task() {
    return task;
  }

  /** What decided the run. */
  public TrainingSettings settings() {
    return settings;
  }

  /** What was learnt, as numbers. */
  public TrainedValues values() {
    return TrainedValues.of(settings.method(), settings.adapter(), trained);
  }

  /**
   * Puts other values in place of the trained ones, as pruned ones; nothing else may be computed
   * meanwhile. {@link TrainedLanguageModel#with} makes another one, which costs nothing there; here
   * it would load the model into a session of its own.
   *
   * @param others under the names of {@link #trained()}
   */
  public void replaceTrained(Map<String, HostTensor> others) {
    fineTuning.restoreTrained(others);
    trained = Map.copyOf(others);
  }

  /** The best values, under their names in {@link FineTuning#trained()}. */
  public Map<String, HostTensor> trained() {
    return trained;
  }

  /**
   * Evaluates a split.
   *
   * @throws IllegalArgumentException when the data set's classes are other ones, or it lacks the
   *     split or its labels
   */
  public Evaluation evaluate(Dataset dataset, String split) {
    Task other = dataset.task();
    if (!other.labels().equals(task().labels())
        || other.pairs() != task().pairs()
        || other.type() != task().type()) {
      throw new IllegalArgumentException(
          "the run was trained on %s; the data is %s; evaluate it on data of its own kind"
              .formatted(kind(task()), kind(other)));
    }
    return Evaluation.of(
        task(),
        encode(dataset.split(split)),
        settings().batchSize(),
        batch -> fineTuning.logits(batch));
  }

  private static String kind(Task task) {
    return "%s (%s; %s)"
        .formatted(
            task.name(),
            task.type().id() + (task.labels().isEmpty() ? "" : " " + task.labels()),
            task.pairs() ? "pairs of texts" : "single texts");
  }

  /**
   * Logits of texts, {@code [example][outputs]}, in the order of the examples; for a task about
   * words {@code [example][tokens × outputs]}.
   *
   * @throws IllegalArgumentException when an example lacks the second text that the task has, or
   *     has one that the task does not have; the message counts examples from 1
   */
  public float[][] logits(List<Example> examples) {
    return logits(fineTuning, examples);
  }

  /**
   * The same, computed in 32-bit floats whatever the run's precision: what an export, which is
   * always in 32 bits, is held against.
   *
   * @throws IllegalArgumentException as {@link #logits}
   */
  public float[][] float32Logits(List<Example> examples) {
    if (settings().execution().precision() == ExecutionSettings.Precision.F32) {
      return logits(examples);
    }
    TrainingSettings unrounded =
        settings.withExecution(settings.execution().withPrecision(ExecutionSettings.Precision.F32));
    try (FineTuning inFloat32 = open(unrounded)) {
      inFloat32.restoreTrained(trained);
      return logits(inFloat32, examples);
    }
  }

  private float[][] logits(FineTuning on, List<Example> examples) {
    for (int i = 0; i < examples.size(); i++) {
      if (examples.get(i).pair().isPresent() != task().pairs()) {
        throw new IllegalArgumentException(
            "text %d %s a second text; the run was trained on %s"
                .formatted(i + 1, task().pairs() ? "lacks" : "has", kind(task())));
      }
    }
    return Evaluation.logits(task(), encode(examples), settings().batchSize(), on::logits);
  }

  /**
   * Classes or scores of texts, in their order.
   *
   * @throws IllegalArgumentException as {@link #logits}
   */
  public List<Prediction> predict(List<Example> examples) {
    List<Example> read = examples.stream().map(this::withWords).toList();
    float[][] logits = logits(read);
    List<EncodedExample> encoded = encode(read);
    TaskOutputs outputs = TaskOutputs.of(task());
    return IntStream.range(0, logits.length)
        .mapToObj(i -> outputs.prediction(logits[i], encoded.get(i), read.get(i)))
        .toList();
  }

  /** A text that nobody has cut into words, cut where the task needs them. */
  private Example withWords(Example example) {
    boolean cut = task().type() != TaskType.TOKEN_CLASSIFICATION || example.words().isPresent();
    return cut ? example : Words.example(example.text());
  }

  private List<EncodedExample> encode(List<Example> examples) {
    return EncodedSet.of(model.tokenizer(), examples, settings().maxLength()).examples();
  }

  @Override
  public void close() {
    fineTuning.close();
    model.close();
  }
}
