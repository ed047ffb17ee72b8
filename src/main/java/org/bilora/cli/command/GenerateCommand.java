package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bilora.cli.option.AdapterDirectory;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.DecodingOptions;
import org.bilora.cli.option.InputFile;
import org.bilora.cli.option.OutputFile;
import org.bilora.cli.progress.Clock;
import org.bilora.cli.progress.DecodingProgress;
import org.bilora.cli.progress.NativeLog;
import org.bilora.cli.progress.TrainingProgress;
import org.bilora.data.CustomFormat;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.data.GenerationExample;
import org.bilora.data.GenerationTask;
import org.bilora.data.TextRows;
import org.bilora.generate.DecodingSettings;
import org.bilora.generate.Generation;
import org.bilora.generate.Prompt;
import org.bilora.generate.TextGenerator;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedDecoders;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedLanguageModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bilora generate}. */
@Command(
    name = "generate",
    description = {
      "Generates texts with a GPT-2, as it is or with a run's best values: for meaning"
          + " representations with --task, otherwise continuations of the given texts.",
      "The output has a line per input (line ends within a text become spaces): for --data, a line"
          + " per meaning representation, in the order of the references' file, as score takes it. The"
          + " token that ends a text (eos_token_id of generation_config.json) is no part of it."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} generate --run runs/e2e --data e2e --out outputs.txt",
      "  ${sys:bilora.command:-bilora} generate --model gpt2 --adapter peft/e2e --task e2e --data e2e --out outputs.txt",
      "  ${sys:bilora.command:-bilora} generate --model gpt2 --text \"The river\" --sample --top-p 0.9 --seed 1"
    })
final class GenerateCommand implements Callable<Integer> {
  private static final double USUAL_LENGTH_PENALTY = 0.9;

  @Spec private CommandSpec command;

  @Option(
      names = "--run",
      paramLabel = "RUN",
      description = "Run directory that train wrote, of a GPT-2.")
  private Path run;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "Hugging Face directory of a GPT-2, instead of --run.")
  private String model;

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description =
          "An adapter that Hugging Face PEFT, or export --format peft, wrote for --model: its"
              + " increments are added first.")
  private Path adapter;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      completionCandidates = ScoreCommand.TaskNames.class,
      description =
          "What the inputs are: ${COMPLETION-CANDIDATES}; without, the run's task, or texts to"
              + " continue.")
  private String task;

  @Option(names = "--data", paramLabel = "DIR", description = "Folder of the task's files.")
  private Path data;

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      description = "Part of --data: train, dev or test (default: test).")
  private String split;

  @Option(names = "--in", paramLabel = "FILE", description = "A file with an input per line.")
  private Path in;

  @Option(names = "--text", paramLabel = "TEXT", description = "One input.")
  private String text;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where the texts of --data or --in go; - is standard output.")
  private Path out;

  @Mixin private DecodingOptions decoding;

  @Mixin private CommonOptions common;

  /** What was generated, and how fast. */
  private record Outputs(List<String> texts, List<Generation> generations, double seconds) {}

  @Override
  public Integer call() throws IOException {
    Optional<RunRecord> record = checkCall();
    Optional<GenerationTask> named =
        task == null
            ? record.flatMap(trained -> GenerationTask.withName(trained.task().name()))
            : Optional.of(GenerationTask.named(task));
    if (data != null && named.isEmpty()) {
      throw wrong("--data goes with --task");
    }
    DecodingSettings settings =
        decoding.settings(named.map(GenerationTask::lengthPenalty).orElse(USUAL_LENGTH_PENALTY));
    if (out != null) {
      OutputFile output = new OutputFile(out);
      output.check();
      if (in != null) {
        output.check(in);
      }
      if (output.isStandardOutput() && common.json()) {
        throw wrong("--json prints where the texts go; give another --out");
      }
    }
    List<String> inputs = inputs(named);
    NativeLog.skipFirstNotes();
    try (PretrainedDecoder decoder = decoder()) {
      Outputs outputs = generate(decoder, settings, prompts(decoder, named, inputs, settings));
      if (out != null) {
        write(outputs.texts());
      }
      report(outputs);
    }
    return 0;
  }

  /** The record of the run, where there is one. */
  private Optional<RunRecord> checkCall() throws IOException {
    if ((run == null) == (model == null)) {
      throw wrong("Give either --run or --model");
    }
    if (adapter != null && model == null) {
      throw wrong("--adapter needs its base, --model");
    }
    long sources = List.of(data != null, in != null, text != null).stream().filter(x -> x).count();
    if (sources != 1) {
      throw wrong("Give one of --data, --in and --text");
    }
    if (split != null && data == null) {
      throw wrong("--split goes with --data");
    }
    if ((out == null) != (text != null)) {
      throw wrong("--out goes with --data or --in, and these with it");
    }
    return run == null ? Optional.empty() : Optional.of(RunRecord.read(run));
  }

  /** The decoder to generate with: the run's, or the one of that name, with the adapter. */
  private PretrainedDecoder decoder() throws IOException {
    if (run != null) {
      return TrainedLanguageModel.open(run).merged();
    }
    PretrainedDecoder base = PretrainedDecoders.load(model);
    if (adapter == null) {
      return base;
    }
    PretrainedDecoder merged = null;
    try {
      AdapterDirectory read = AdapterDirectory.read(adapter, base, common::note);
      merged = TrainedLanguageModel.of(base, read.start()).merged();
      return merged;
    } finally {
      if (merged == null) {
        base.close();
      }
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  private List<String> inputs(Optional<GenerationTask> named) throws IOException {
    if (text != null) {
      return List.of(text);
    }
    if (named.isEmpty()) {
      InputFile input = new InputFile(in);
      try (TextRows rows =
          TextRows.open(
              input.name(),
              input.open(),
              TextRows.Format.LINES,
              TextRows.Texts.ONE,
              CustomFormat.USUAL,
              List.of())) {
        return rows.all().stream().map(Example::text).toList();
      }
    }
    List<GenerationExample> examples =
        data == null
            ? named.get().readLines(in)
            : named.get().read(data).split(split == null ? Dataset.TEST : split);
    return examples.stream().map(GenerationExample::context).toList();
  }

  private List<int[]> prompts(
      PretrainedDecoder decoder,
      Optional<GenerationTask> named,
      List<String> inputs,
      DecodingSettings settings) {
    List<Prompt> prompts = new ArrayList<>();
    for (String input : inputs) {
      prompts.add(
          named.isPresent()
              ? Prompt.ofContext(decoder, input, settings.maxNewTokens())
              : Prompt.ofBeginning(decoder, input, settings.maxNewTokens()));
    }
    long cut = prompts.stream().filter(Prompt::cut).count();
    if (cut > 0) {
      common.note(
          "warning: %,d of %,d inputs are too long for a model of %,d positions and were cut"
              .formatted(cut, inputs.size(), decoder.config().maxPositions()));
    }
    return prompts.stream().map(Prompt::tokens).toList();
  }

  private Outputs generate(
      PretrainedDecoder decoder, DecodingSettings settings, List<int[]> prompts) {
    try (TextGenerator generator = new TextGenerator(decoder, settings);
        DecodingProgress progress =
            new DecodingProgress(
                common.progress(), TrainingProgress.onTerminal(), prompts.size())) {
      List<Generation> generations = generator.generate(prompts, progress);
      double seconds = progress.elapsed().toNanos() / 1e9;
      List<String> texts =
          generations.stream().map(each -> each.text(decoder.tokenizer())).toList();
      return new Outputs(texts, generations, seconds);
    }
  }

  private void write(List<String> texts) throws IOException {
    new OutputFile(out)
        .write(
            command.commandLine().getOut(),
            writer -> {
              for (String each : texts) {
                writer.write(each + "\n");
              }
            });
  }

  private void report(Outputs outputs) {
    int count = outputs.texts().size();
    long tokens = outputs.generations().stream().mapToLong(each -> each.tokens().length).sum();
    long ended = outputs.generations().stream().filter(Generation::ended).count();
    Map<String, Object> fields = new LinkedHashMap<>();
    if (out == null) {
      fields.put("text", outputs.texts().get(0));
      fields.put("log_probability", outputs.generations().get(0).logProbability());
      fields.put("score", outputs.generations().get(0).score());
    } else {
      fields.put("outputs", count);
      fields.put("out", out.toString());
    }
    fields.put("ended", ended);
    fields.put("tokens", tokens);
    fields.put("seconds", outputs.seconds());
    fields.put("texts_per_second", count / outputs.seconds());
    fields.put("tokens_per_second", tokens / outputs.seconds());
    if (ended < count) {
      common.note(
          "%,d of %,d texts were cut off before their end; --max-new-tokens or the model's positions"
                  .formatted(count - ended, count)
              + " allow no more");
    }
    if (out != null && new OutputFile(out).isStandardOutput()) {
      return;
    }
    common.result(
        fields,
        out == null
            ? outputs.texts().get(0)
            : "%,d texts written to %s in %s: %,d tokens, %.1f texts a second"
                .formatted(
                    count,
                    out,
                    Clock.format(outputs.seconds()),
                    tokens,
                    count / outputs.seconds()));
  }
}
