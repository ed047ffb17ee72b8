package org.bilora.cli.command;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.bilora.bench.step.GrowthPlot;
import org.bilora.bench.step.StepBenchmark;
import org.bilora.bench.step.StepMeasurement;
import org.bilora.bilevel.Hypergradient;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.HelpTexts;
import org.bilora.cli.option.ModelNames;
import org.bilora.cli.option.OutputFile;
import org.bilora.cli.option.SettingsAsOptions;
import org.bilora.cli.option.TrainingOptions;
import org.bilora.cli.progress.NativeLog;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.Method;
import org.bilora.method.Methods;
import org.bilora.model.PretrainedModel;
import org.bilora.model.PretrainedModels;
import org.bilora.settings.LayerSelection;
import org.bilora.step.ExecutionSettings;
import org.bilora.train.TrainingDefaults;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora bench step}. */
@Command(
    name = "step",
    description = {
      "Times the training step, on random token ids without padding.",
      "Rounds of plain matrix products run between the steps: the share of their peak shows how"
          + " much of the machine a step uses. Several methods take turns, step by step, so that their"
          + " ratio is fair on a busy machine. --method, --hypergradient, --batch, --seq and --lanes take lists, and every"
          + " combination is timed."
    },
    sortOptions = false,
    abbreviateSynopsis = true,
    defaultValueProvider = SettingsAsOptions.class,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} bench step --model minilm-l6 --method lora,bilora",
      "  ${sys:bilora.command:-bilora} bench step --model minilm-l6 --method lora,bilora --seq 16,32,64,128,256 --plot growth.svg"
    })
final class BenchStepCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      completionCandidates = ModelNames.class,
      description =
          "Pretrained model: ${COMPLETION-CANDIDATES}, or a Hugging Face directory of an"
              + " encoder or a GPT-2.")
  private String model;

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      split = ",",
      description =
          "One or more of " + HelpTexts.METHODS + ", with commas (default:" + " ${DEFAULT-VALUE}).")
  private List<String> methods;

  @Option(
      names = "--hypergradient",
      paramLabel = "KIND",
      split = ",",
      description =
          "bilora: one or more of the estimators that train knows, with commas, each timed as a method"
              + " of its own; a knob follows a colon, as in exact,exact:unroll=steady,neumann:terms=2"
              + " (default: that of train).")
  private List<String> hypergradients;

  @Option(
      names = "--batch",
      paramLabel = "N",
      split = ",",
      description =
          "Examples per batch; bilora takes a batch per level in each step (default:"
              + " ${DEFAULT-VALUE}).")
  private List<Integer> rows;

  @Option(
      names = "--seq",
      paramLabel = "N",
      split = ",",
      defaultValue = "64",
      description = "Tokens per example (default: ${DEFAULT-VALUE}).")
  private List<Integer> lengths;

  @Option(
      names = "--rank",
      paramLabel = "N",
      description =
          "Rank r of the increments on query and value projections (default: ${DEFAULT-VALUE}).")
  private int rank;

  @Option(
      names = "--layers",
      paramLabel = "LAYERS",
      description =
          "Layers that the increments are in, as in train; the states below them are computed once"
              + " and kept. May be given several times, each being timed (default: all).")
  private List<String> layers = List.of();

  @Option(
      names = "--lanes",
      paramLabel = "N",
      split = ",",
      description =
          "Numbers of trainings that take their steps together, in one pass through the frozen backbone,"
              + " with seeds and adapters of their own; each is timed beside one training by itself"
              + " (default: one by itself alone).")
  private List<Integer> lanes = List.of();

  @Option(
      names = "--precision",
      paramLabel = "KIND",
      description = "f32 or bf16 (default: ${DEFAULT-VALUE}).")
  private String precision;

  @Option(
      names = "--jit",
      paramLabel = "KIND",
      description =
          "Whether XLA compiles the step: auto (on a GPU), on or off (default:"
              + " ${DEFAULT-VALUE}).")
  private String jit;

  @Option(
      names = "--recompute",
      arity = "0..1",
      paramLabel = "BOOL",
      fallbackValue = "true",
      description =
          "Compute the activations within each layer again for the gradient instead of keeping them, as"
              + " in train. Peak memory is the process's: time one method in a process of its own.")
  private boolean recompute;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "Timed steps of each method, after the first and two more that warm up (default:"
              + " ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of start values, dropout and token ids (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description =
          "Draw step time against length, or batch where only that varies, into FILE.svg or"
              + " FILE.png.")
  private Path plot;

  @Mixin private XlaCacheOption xlaCache;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    xlaCache.use();
    StepBenchmark.Settings settings =
        new StepBenchmark.Settings(
            methods.stream().flatMap(this::methods).collect(ImmutableList.toImmutableList()),
            ImmutableList.copyOf(rows),
            ImmutableList.copyOf(lengths),
            new AdapterSettings(
                rank, TrainingDefaults.ADAPTER.alpha(), TrainingDefaults.ADAPTER.targets()),
            layers.stream()
                .filter(chosen -> !chosen.equals(TrainingOptions.ALL_LAYERS))
                .map(LayerSelection::new)
                .toList(),
            lanes,
            new ExecutionSettings(
                    TrainingOptions.choice(
                        "precision", precision, ExecutionSettings.Precision.values()),
                    TrainingOptions.choice("jit", jit, ExecutionSettings.Jit.values()))
                .withRecompute(recompute),
            steps,
            seed);
    if (plot != null) {
      GrowthPlot.check(plot);
      new OutputFile(plot).check();
    }
    common.note("loading " + model);
    StepReport report;
    try (PretrainedModel pretrained = PretrainedModels.load(model)) {
      NativeLog.skipFirstNotesOfXla();
      List<StepMeasurement> timings = new StepBenchmark(pretrained, settings, new Progress()).run();
      report = new StepReport(model, settings, timings);
    }
    if (plot != null) {
      GrowthPlot.write(report.title(), report.timings(), plot);
      common.note("plot written to " + plot);
    }
    common.result(report.fields(), report.text());
    return 0;
  }

  private Stream<Method> methods(String name) {
    if (!name.equals(BiLora.USUAL.name())) {
      return Stream.of(Methods.named(name));
    }
    return hypergradients == null
        ? Stream.of(BiLora.USUAL)
        : hypergradients.stream().map(Hypergradient::parse).map(BiLora.USUAL::withHypergradient);
  }

  private final class Progress implements StepBenchmark.Listener {
    @Override
    public void firstStep(Method method, int rows, int length, double seconds) {
      common.note(
          "%s, %d × %d tokens: first step in %.1f s"
              .formatted(method.variant(), rows, length, seconds));
    }

    @Override
    public void timed(StepMeasurement timing) {
      common.note(
          "%s, %d × %d tokens: %.0f ms per step"
              .formatted(timing.label(), timing.rows(), timing.length(), timing.times().median()));
    }
  }
}
