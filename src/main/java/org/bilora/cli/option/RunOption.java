package org.bilora.cli.option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bilora.cli.progress.NativeLog;
import org.bilora.data.CustomFormat;
import org.bilora.data.Dataset;
import org.bilora.data.Task;
import org.bilora.data.Tasks;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.model.PretrainedModels;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedLanguageModel;
import org.bilora.train.TrainedRun;
import org.bilora.weights.HostTensor;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The run that a command works on, or an adapter that was trained elsewhere beside its base. */
public final class RunOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--run", paramLabel = "RUN", description = "Run directory that train wrote.")
  private Path run;

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description =
          "In place of --run, an adapter that Hugging Face PEFT, or export --format peft, wrote"
              + " (LoRA, DoRA or AdaLoRA files), beside its base in --model.")
  private Path adapter;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "The adapter's base: a preset or a Hugging Face directory, as train takes it.")
  private String model;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description =
          "What the adapter answers: a task as train takes it (default: custom, with the names of"
              + " classes that the adapter or its base has, else those of --data).")
  private String task;

  @Option(
      names = "--pairs",
      description = "The texts come in pairs, where neither --task nor --data says so.")
  private boolean pairs;

  /**
   * The directory of the run or of the adapter.
   *
   * @throws ParameterException when there is neither, or both
   */
  public Path directory() {
    if ((run == null) == (adapter == null)) {
      throw new ParameterException(
          command.commandLine(),
          run == null
              ? "Missing required option: '--run=RUN' (or '--adapter=DIR' with '--model=MODEL')"
              : "Give either --run or --adapter");
    }
    if ((model == null) == (adapter != null)) {
      throw new ParameterException(
          command.commandLine(),
          adapter == null ? "--model goes with --adapter" : "--adapter needs its base, --model");
    }
    return run == null ? adapter : run;
  }

  /** Whether there is a run or an adapter. */
  public boolean isGiven() {
    return run != null || adapter != null || model != null;
  }

  /**
   * Opens a run; one that is not there is refused before TensorFlow, which takes seconds, is
   * loaded.
   *
   * @throws IOException as {@link TrainedRun#open(Path)}
   */
  public static TrainedRun open(Path directory) throws IOException {
    RunRecord.read(directory);
    NativeLog.skipFirstNotes();
    return TrainedRun.open(directory);
  }

  /** What the directory is called in results: {@code run} or {@code adapter}. */
  public String kind() {
    return run == null ? "adapter" : "run";
  }

  /** The task that was named; {@code custom} where none was. */
  public String task() {
    return task == null ? Tasks.CUSTOM : task;
  }

  /** The name of the task that the run was trained on, or that the adapter is said to be of. */
  public String taskName() throws IOException {
    return run == null ? task() : RunRecord.read(directory()).task().name();
  }

  /** What is done with the trained model. */
  @FunctionalInterface
  public interface Use<M, R> {
    /** Does it; the model is closed afterwards. */
    R with(M trained) throws IOException;
  }

  /**
   * Opens what was trained; what is not there is refused before TensorFlow, which takes seconds, is
   * loaded.
   *
   * @param data texts that an adapter's classes may be found in
   * @param format of these
   * @param common gets what the user should know
   * @param encoder done with an encoder
   * @param decoder done with a language model
   * @throws IOException as {@link TrainedRun#open(Path)} and {@link AdapterDirectory#read}
   */
  public <R> R open(
      Optional<Path> data,
      CustomFormat format,
      CommonOptions common,
      Use<TrainedRun, R> encoder,
      Use<TrainedLanguageModel, R> decoder)
      throws IOException {
    Path directory = directory();
    if (run != null) {
      boolean languageModel = RunRecord.read(directory).task().languageModelling();
      NativeLog.skipFirstNotes();
      if (languageModel) {
        try (TrainedLanguageModel trained = TrainedLanguageModel.open(directory)) {
          return decoder.with(trained);
        }
      }
      try (TrainedRun trained = TrainedRun.open(directory)) {
        return encoder.with(trained);
      }
    }
    NativeLog.skipFirstNotes();
    try (PretrainedModel base = PretrainedModels.load(model)) {
      AdapterDirectory read = AdapterDirectory.read(directory, base, common::note);
      if (base instanceof PretrainedDecoder ofTexts) {
        return decoder.with(TrainedLanguageModel.of(ofTexts, read.start()));
      }
      PretrainedEncoder ofClasses = (PretrainedEncoder) base;
      Task known = task(ofClasses, read, data, format, common);
      return encoder.with(TrainedRun.of(ofClasses, read.start(), known));
    }
  }

  /**
   * Data of a run's task, read as the run read its own but for what the options say.
   *
   * @throws IOException as {@link Tasks#load}
   */
  public static Dataset dataset(
      TrainedRun trained, Optional<Path> data, ColumnOptions columns, LabelOption label)
      throws IOException {
    CustomFormat own = trained.task().format().orElse(CustomFormat.USUAL);
    return Tasks.load(
        trained.task(),
        data,
        Optional.of(label.over(columns.over(own))),
        trained.record().map(record -> record.provenance().dataSha256()));
  }

  private Task task(
      PretrainedEncoder base,
      AdapterDirectory adapterRead,
      Optional<Path> data,
      CustomFormat format,
      CommonOptions common)
      throws IOException {
    Optional<Task> named = Tasks.known(task());
    if (named.isPresent()) {
      return named.get();
    }
    String weight = base.headOutput() + ".weight";
    HostTensor output = adapterRead.read().saved().get(weight);
    if (output == null && base.weights().containsKey(weight)) {
      common.note("the adapter has no head: the one of %s answers".formatted(base.name()));
      output = base.weights().get(weight);
    }
    if (output == null) {
      // What is missing is named where the head is put together.
      return Tasks.ofUser(pairs, List.of(), format);
    }
    int outputs = Math.toIntExact(output.dimension(0));
    for (List<String> names : List.of(adapterRead.start().labels(), base.config().id2label())) {
      if (names.size() == outputs && outputs > 1) {
        return Tasks.ofUser(pairs, names, format);
      }
    }
    if (outputs == 1) {
      return Tasks.ofUser(pairs, List.of(), format);
    }
    if (data.isPresent()) {
      Task learnt = Tasks.load(task(), data, format).task();
      common.note("classes are named as in %s: %s".formatted(data.get(), learnt.labels()));
      return learnt;
    }
    List<String> numbered = IntStream.range(0, outputs).mapToObj(i -> "LABEL_" + i).toList();
    common.note(
        "neither the adapter nor its base names its classes: they are %s".formatted(numbered));
    return Tasks.ofUser(pairs, numbered, format);
  }
}
