package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.progress.NativeLog;
import org.bilora.cli.progress.StepClock;
import org.bilora.cli.progress.StopOnSignal;
import org.bilora.cli.progress.TrainingProgress;
import org.bilora.data.Dataset;
import org.bilora.data.MetricName;
import org.bilora.data.Tasks;
import org.bilora.eval.Evaluation;
import org.bilora.export.SavedModelExport;
import org.bilora.export.ServedModel;
import org.bilora.export.TrainedEncoder;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedRun;
import org.bilora.train.Trainer;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import org.bilora.train.TrainingSettingsBuilder;

/** LoRA and BiLoRA side by side on a small real task, in minutes. */
final class Quickstart {
  static final String TASK = "grammar-pairs";

  /** Place of the probability of being acceptable. */
  private static final int ACCEPTABLE = 1;

  /**
   * How much is done.
   *
   * @param model preset or directory
   * @param pairs how many of each split
   * @param epochs of each training
   */
  record Scale(String model, QuickstartData.Pairs pairs, int epochs) {
    /** What takes minutes. */
    static final Scale USUAL = new Scale("minilm-l6", QuickstartData.Pairs.USUAL, 2);
  }

  private final Scale scale;
  private final Path out;
  private final CommonOptions common;
  private final StopOnSignal signal;

  /**
   * One method's result.
   *
   * @param directory of the run
   * @param test on sentences of rules that neither training nor the choice of the epoch has seen
   * @param rightPairs share of their pairs in which the correct sentence is the more acceptable one
   * @param secondsPerStep the usual step
   */
  record MethodResult(
      Path directory, RunRecord run, Evaluation test, double rightPairs, double secondsPerStep) {
    /** The metric that methods are compared by. */
    double testMatthews() {
      return test.metrics().get(MetricName.MATTHEWS);
    }
  }

  /**
   * Everything.
   *
   * @param model preset or directory that was trained
   * @param exported what became a SavedModel
   * @param acceptable probabilities that the SavedModel gives {@link QuickstartData#SENTENCES}
   */
  record Result(
      String model,
      List<MethodResult> outcomes,
      MethodResult exported,
      SavedModelExport.Report export,
      List<Double> acceptable) {
    /** Keeps copies of the collections. */
    Result {
      outcomes = List.copyOf(outcomes);
      acceptable = List.copyOf(acceptable);
    }
  }

  /**
   * Prepares a quickstart.
   *
   * @param out a new directory
   */
  Quickstart(Scale scale, Path out, CommonOptions common, StopOnSignal signal) {
    this.scale = scale;
    this.out = out;
    this.common = common;
    this.signal = signal;
  }

  /**
   * The defaults, the same for both methods but for what only one has; at the larger of their two
   * usual rates, because there are few steps.
   */
  private TrainingSettings settings(Method method) {
    return TrainingSettingsBuilder.builder()
        .method(method)
        .adapter(TrainingDefaults.ADAPTER)
        .optimizer(BiLora.USUAL.usualOptimizer())
        .epochs(scale.epochs())
        .maxSteps(0)
        .batchSize(TrainingDefaults.BATCH_SIZE)
        .maxLength(QuickstartData.LONGEST)
        .execution(TrainingDefaults.EXECUTION)
        .seed(TrainingDefaults.SEED)
        .build();
  }

  /** Runs it; empty when a signal stopped it. */
  Optional<Result> run() throws IOException {
    Dataset pairs = Tasks.load(TASK, Optional.empty());
    MethodResult lora;
    MethodResult bilora;
    common.note("Loading " + scale.model() + " and the sentences of the task " + TASK);
    try (PretrainedEncoder model = PretrainedEncoders.load(scale.model())) {
      NativeLog.skipFirstNotesOfXla();
      Dataset data = QuickstartData.choose(pairs, model.tokenizer(), scale.pairs());
      Optional<MethodResult> first = train(Lora.USUAL, model, data);
      if (first.isEmpty()) {
        return Optional.empty();
      }
      Optional<MethodResult> second = train(BiLora.USUAL, model, data);
      if (second.isEmpty()) {
        return Optional.empty();
      }
      lora = first.get();
      bilora = second.get();
    }
    // The dev split chooses; the test split only reports.
    MethodResult better = dev(bilora) >= dev(lora) ? bilora : lora;
    common.note("Exporting %s as a SavedModel and loading it back".formatted(better.directory()));
    SavedModelExport.Report export;
    try (TrainedRun run = TrainedRun.open(better.directory())) {
      TrainedEncoder trained = RunExport.of(run);
      export =
          SavedModelExport.write(
              trained.merged(),
              trained.references(),
              out.resolve("savedmodel"),
              OptionalLong.empty());
    }
    try (ServedModel served = ServedModel.open(export.directory())) {
      List<Double> acceptable =
          served
              .classify(QuickstartData.SENTENCES.stream().map(ServedModel.Text::of).toList())
              .stream()
              .map(answer -> acceptable(served.labels(), answer))
              .toList();
      return Optional.of(
          new Result(scale.model(), List.of(lora, bilora), better, export, acceptable));
    }
  }

  /** The probability of the answer's class, or of the other one. */
  private static double acceptable(List<String> labels, ServedModel.Answer answer) {
    boolean is = answer.label().orElseThrow().equals(labels.get(ACCEPTABLE));
    return is ? answer.value() : 1 - answer.value();
  }

  /**
   * Share of pairs in which the second one is the higher.
   *
   * @param acceptable of incorrect sentences, each followed by its correction
   */
  static double rightPairs(List<Double> acceptable) {
    int right = 0;
    for (int first = 0; first < acceptable.size(); first += 2) {
      right += acceptable.get(first + 1) > acceptable.get(first) ? 1 : 0;
    }
    return 2.0 * right / acceptable.size();
  }

  private static double dev(MethodResult outcome) {
    return outcome.run().best().orElseThrow().value();
  }

  private Optional<MethodResult> train(Method method, PretrainedEncoder model, Dataset data)
      throws IOException {
    Path directory = out.resolve(method.name());
    common.note("");
    common.note("Training with " + method.name());
    StepClock clock = new StepClock();
    RunRecord run;
    try (TrainingProgress progress =
        new TrainingProgress(common.progress(), TrainingProgress.onTerminal())) {
      Trainer trainer = new Trainer(model, data, settings(method), directory, progress, clock);
      signal.by(trainer::requestStop);
      run = trainer.train();
    }
    if (run.status() != RunRecord.Status.FINISHED) {
      return Optional.empty();
    }
    try (TrainedRun trained = TrainedRun.open(directory)) {
      Evaluation test = trained.evaluate(data, Dataset.TEST);
      String acceptable = data.task().labels().get(ACCEPTABLE);
      List<Double> probabilities =
          trained.predict(data.split(Dataset.TEST)).stream()
              .map(prediction -> prediction.probabilities().get(acceptable))
              .toList();
      return Optional.of(
          new MethodResult(directory, run, test, rightPairs(probabilities), clock.medianSeconds()));
    }
  }
}
