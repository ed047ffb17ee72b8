package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.bilora.cli.Main;
import org.bilora.cli.option.AdapterOption;
import org.bilora.cli.option.ClusterOptions;
import org.bilora.cli.option.ColumnOptions;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.HelpTexts;
import org.bilora.cli.option.LabelOption;
import org.bilora.cli.option.LowerCase;
import org.bilora.cli.option.MethodOptions;
import org.bilora.cli.option.ModelNames;
import org.bilora.cli.option.OptionFile;
import org.bilora.cli.option.SettingsAsOptions;
import org.bilora.cli.option.StoredOptions;
import org.bilora.cli.option.TrainingOptions;
import org.bilora.cli.progress.NativeLog;
import org.bilora.cli.progress.StopOnSignal;
import org.bilora.cli.progress.TrainingProgress;
import org.bilora.data.CustomFormat;
import org.bilora.data.Dataset;
import org.bilora.data.GenerationDataset;
import org.bilora.data.GenerationTask;
import org.bilora.data.LanguageModelDataset;
import org.bilora.data.TaskType;
import org.bilora.data.Tasks;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedDecoders;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.step.Workers;
import org.bilora.train.RunPlan;
import org.bilora.train.RunRecord;
import org.bilora.train.StartAdapter;
import org.bilora.train.Trainer;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bilora train}. */
@Command(
    name = "train",
    description = {
      "Fine-tunes a pretrained model on a task and writes a run directory.",
      "The run directory holds run.json (settings, provenance, metrics by epoch), the trained values"
          + " of the best epoch, a checkpoint to resume from, and curves for TensorBoard."
    },
    sortOptions = false,
    abbreviateSynopsis = true,
    defaultValueProvider = SettingsAsOptions.class,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} train --task grammar --model minilm-l6 --method bilora --out runs/grammar",
      "  ${sys:bilora.command:-bilora} train --task cola --data glue/CoLA --model minilm-l6 --method lora --out runs/cola",
      "  ${sys:bilora.command:-bilora} train --task e2e --data e2e/ --model gpt2/ --method bilora --out runs/e2e",
      "  ${sys:bilora.command:-bilora} train --task custom --data reviews.csv --model my-roberta/ --out runs/reviews --text-column review --label-column stars",
      "  ${sys:bilora.command:-bilora} train --resume --out runs/grammar"
    })
final class TrainCommand implements Callable<Integer> {
  /** What a shell reports of a program that Ctrl-C ended. */
  static final int INTERRUPTED = 130;

  @Spec private CommandSpec command;

  /** For the help and for completion. */
  private static final class TaskNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.concat(
              Tasks.names().stream().map(line -> line.split(":")[0]),
              Arrays.stream(GenerationTask.values()).map(GenerationTask::id))
          .iterator();
    }
  }

  @Option(
      names = "--task",
      paramLabel = "TASK",
      completionCandidates = TaskNames.class,
      description = "What to learn: ${COMPLETION-CANDIDATES}.")
  private String task;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description =
          "Folder of the task's files, or one file; built-in tasks need none. custom reads TSV and"
              + " CSV with a header and JSONL: train and dev (or validation) files and perhaps a test"
              + " file in a folder, or one file, of which a tenth is held back. Whole numbers and"
              + " words are classes, numbers with fractions scores. Tags of words are read from .conll,"
              + " .bio and .iob files (a word per line, its tag last), and from JSONL with spans.")
  private Path data;

  @Mixin private ColumnOptions columns;

  @Mixin private LabelOption label;

  @Option(
      names = "--task-type",
      paramLabel = "TYPE",
      converter = LowerCase.TaskTypes.class,
      completionCandidates = LowerCase.TaskTypes.class,
      description =
          "What the labels of custom are: ${COMPLETION-CANDIDATES} (default: see --data).")
  private TaskType type;

  /** What the resumed run says of its files. */
  private CustomFormat own = CustomFormat.USUAL;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      completionCandidates = ModelNames.class,
      description =
          "Pretrained model: ${COMPLETION-CANDIDATES}, or a Hugging Face directory (config.json,"
              + " model.safetensors, tokenizer.json), which for "
              + HelpTexts.GENERATION_TASKS
              + " is a GPT-2's.")
  private String model;

  @Mixin private AdapterOption adapter;

  @Option(
      names = "--out",
      paramLabel = "RUN",
      description = "Run directory: new or empty, unless --resume is given.")
  private Path out;

  @Option(
      names = "--resume",
      description =
          "Resume the run in --out after a stop or a crash, as if it had never stopped. Options"
              + " that are not given are taken from the run; --data is needed again unless the task is"
              + " built in.")
  private boolean resume;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "YAML file with options, such as the settings.yaml of another run; options that are given"
              + " here count instead.")
  private Path config;

  @Option(
      names = "--dry-run",
      description =
          "Take a few steps, say what would be trained, how long it would take and in how much"
              + " memory, and leave nothing behind.")
  private boolean dryRun;

  @Mixin private TrainingOptions options;

  @Mixin private XlaCacheOption xlaCache;
  @Mixin private ClusterOptions cluster;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    xlaCache.use();
    if (cluster.isWorker()) {
      cluster.serve(() -> false, common::note);
      return 0;
    }
    require("--out", out);
    if (resume && (config != null || dryRun)) {
      throw new ParameterException(
          command.commandLine(),
          "--resume goes on as the run began; leave %s out"
              .formatted(config == null ? "--dry-run" : "--config"));
    }
    if (config != null) {
      OptionFile file =
          OptionFile.read(config, new StoredOptions(command).names(), new SettingsAsOptions());
      String named = task == null ? file.options().get("--task") : task;
      Optional<GenerationTask> generation = GenerationTask.withName(String.valueOf(named));
      TrainCommand same =
          withDefaults(
              generation.isEmpty()
                  ? file
                  : new OptionFile(file.options(), new SettingsAsOptions(generation.get())));
      same.adapter.areGiven(file.options()::containsKey);
      return same.train();
    }
    if (!resume) {
      Optional<GenerationTask> generation = GenerationTask.withName(String.valueOf(task));
      return generation.isEmpty()
          ? train()
          : withDefaults(new SettingsAsOptions(generation.get())).train();
    }
    RunRecord run = RunRecord.read(out);
    TrainCommand same = withDefaults(new SettingsAsOptions(run.settings()));
    same.task = same.task == null ? run.task().name() : same.task;
    same.model = same.model == null ? run.model().name() : same.model;
    same.adapter.orOf(run);
    same.own = run.task().format().orElse(CustomFormat.USUAL);
    return same.train();
  }

  /** The same call, parsed once more with other values for the options that are not given. */
  private TrainCommand withDefaults(IDefaultValueProvider defaults) {
    TrainCommand same = new TrainCommand();
    CommandLine again =
        new CommandLine(same)
            .setDefaultValueProvider(defaults)
            .setOut(command.commandLine().getOut())
            .setErr(command.commandLine().getErr());
    again.parseArgs(ownArguments());
    return same;
  }

  /** What stands after the command's name. */
  private String[] ownArguments() {
    List<String> all = command.commandLine().getParseResult().originalArgs();
    return all.subList(all.indexOf(command.name()) + 1, all.size()).toArray(String[]::new);
  }

  private int train() throws IOException {
    require("--task", task);
    require("--model", model);
    Optional<GenerationTask> generation = GenerationTask.withName(task);
    TrainingSettings settings =
        options.settings(
            method ->
                generation.isPresent()
                    ? TrainingDefaults.optimizer(method, generation.get())
                    : TrainingDefaults.optimizer(method));
    options
        .precisionChoice()
        .ifPresent(
            chosen ->
                common.note(
                    "precision: %s, since %s"
                        .formatted(
                            settings.execution().precision().name().toLowerCase(Locale.ROOT),
                            chosen.reason())));
    warnOfIdleOptions(settings, generation.isPresent());
    if (dryRun) {
      cluster.requireNone("--dry-run");
      return dryRun(settings, generation);
    }
    StopOnSignal signal = new StopOnSignal(common.progress());
    try {
      return finish(
          generation.isPresent()
              ? run(settings, generation.get(), signal)
              : run(settings, Tasks.load(task, Optional.ofNullable(data), format()), signal));
    } finally {
      signal.release();
    }
  }

  private int dryRun(TrainingSettings settings, Optional<GenerationTask> generation)
      throws IOException {
    RunPlan plan;
    if (generation.isPresent()) {
      GenerationDataset dataset = generation.get().read(Optional.ofNullable(data));
      try (PretrainedDecoder decoder = PretrainedDecoders.load(model)) {
        LanguageModelDataset sequences =
            LanguageModelDataset.of(dataset, decoder.tokenizer(), decoder.config().endOfTextId());
        AdapterOption.Start start = adapter.over(decoder, settings, common::note);
        plan = RunPlan.of(decoder, sequences, start.adapter(), start.settings(), DryRun.STEPS);
      }
    } else {
      Dataset dataset = Tasks.load(task, Optional.ofNullable(data), format());
      dataset.notes().forEach(common::note);
      try (PretrainedEncoder encoder = PretrainedEncoders.load(model)) {
        AdapterOption.Start start = adapter.over(encoder, settings, common::note);
        plan = RunPlan.of(encoder, dataset, start.adapter(), start.settings(), DryRun.STEPS);
      }
    }
    DryRun result = new DryRun(task, model, settings, plan);
    common.result(result.fields(), result.text());
    return 0;
  }

  private CustomFormat format() {
    CustomFormat given = label.over(columns.over(own));
    return type == null ? given : given.withType(type);
  }

  private RunRecord run(TrainingSettings settings, Dataset dataset, StopOnSignal signal)
      throws IOException {
    dataset.notes().forEach(common::note);
    common.note("loading " + model);
    try (PretrainedEncoder encoder = PretrainedEncoders.load(model);
        TrainingProgress progress = progress()) {
      NativeLog.skipFirstNotesOfXla();
      AdapterOption.Start start = adapter.over(encoder, settings, common::note);
      return run(
          new Trainer(
              encoder,
              dataset,
              start.settings(),
              out,
              options.checkpointing(),
              progress,
              new StoredOptions(command).recorder(start.settings(), out)),
          start.adapter(),
          signal);
    }
  }

  private RunRecord run(TrainingSettings settings, GenerationTask generation, StopOnSignal signal)
      throws IOException {
    GenerationDataset dataset = generation.read(Optional.ofNullable(data));
    common.note("loading " + model);
    try (PretrainedDecoder decoder = PretrainedDecoders.load(model);
        TrainingProgress progress = progress()) {
      NativeLog.skipFirstNotesOfXla();
      LanguageModelDataset sequences =
          LanguageModelDataset.of(dataset, decoder.tokenizer(), decoder.config().endOfTextId());
      AdapterOption.Start start = adapter.over(decoder, settings, common::note);
      return run(
          new Trainer(
              decoder,
              sequences,
              start.settings(),
              out,
              options.checkpointing(),
              progress,
              new StoredOptions(command).recorder(start.settings(), out)),
          start.adapter(),
          signal);
    }
  }

  private TrainingProgress progress() {
    return new TrainingProgress(common.progress(), TrainingProgress.onTerminal());
  }

  private RunRecord run(Trainer plain, Optional<StartAdapter> start, StopOnSignal signal)
      throws IOException {
    Trainer started = start.map(plain::startingFrom).orElse(plain);
    Optional<Workers> workers = cluster.workers(() -> false, common::note);
    Trainer trainer = workers.map(started::on).orElse(started);
    signal.by(trainer::requestStop);
    return resume ? trainer.resume() : trainer.train();
  }

  private void require(String option, Object value) {
    if (value == null) {
      throw new ParameterException(
          command.commandLine(), "Missing required option: '%s'".formatted(option));
    }
  }

  private void warnOfIdleOptions(TrainingSettings settings, boolean generation) {
    String method = settings.method().name();
    if (settings.batchTokens().isPresent()
        && command.commandLine().getParseResult().hasMatchedOption("--batch")) {
      common.note("warning: --batch has no effect; for that many examples add --batch-tokens 0");
    }
    if (generation && command.commandLine().getParseResult().hasMatchedOption("--split")) {
      common.note("warning: --split has no effect: D1 is the training file and D2 the dev file");
    }
    List<String> idle =
        MethodOptions.idle(
            settings.method(), command.commandLine().getParseResult()::hasMatchedOption);
    for (String option : idle) {
      common.note("warning: %s has no effect with --method %s".formatted(option, method));
    }
  }

  private int finish(RunRecord run) throws IOException {
    if (run.status() == RunRecord.Status.INTERRUPTED) {
      common.note(
          "stopped after step %,d of %,d; go on with: %s train --resume --out %s%s"
              .formatted(
                  run.steps(),
                  run.totalSteps(),
                  Main.NAME,
                  out,
                  data == null ? "" : " --data " + data));
      return INTERRUPTED;
    }
    RunReport report = new RunReport(out, run);
    common.result(report.fields(), report.text());
    return 0;
  }
}
