package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.TrainingOptions;
import org.bilora.cli.progress.NativeLog;
import org.bilora.cli.progress.StopOnSignal;
import org.bilora.cli.progress.TrainingProgress;
import org.bilora.data.Dataset;
import org.bilora.data.GenerationDataset;
import org.bilora.data.GenerationExample;
import org.bilora.data.GenerationTask;
import org.bilora.data.LanguageModelDataset;
import org.bilora.data.TextDocuments;
import org.bilora.export.DecoderDirectory;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.DecoderConfig;
import org.bilora.model.DecoderConfigBuilder;
import org.bilora.model.EncoderConfig;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.RandomDecoders;
import org.bilora.step.ExecutionSettings;
import org.bilora.text.BytePairDefinition;
import org.bilora.text.BytePairTraining;
import org.bilora.text.JsonTokenizer;
import org.bilora.text.Tokenizer;
import org.bilora.train.EpochRecord;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedLanguageModel;
import org.bilora.train.Trainer;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import org.bilora.train.TrainingSettingsBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bilora pretrain}. */
@Command(
    name = "pretrain",
    description = {
      "Trains a small GPT-2 from random weights on texts, and saves it as a Hugging Face directory.",
      "Empty lines separate the documents of a text file. With --task and --data the texts are those of"
          + " the task's training file. The directory receives the weights of the epoch that"
          + " does best on a twentieth of the text, which is held out. The run itself (run.json, checkpoint)"
          + " is kept beside it, in a directory of the same name with .run appended."
    },
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} pretrain --text book.txt,letters.txt --out models/letters",
      "  ${sys:bilora.command:-bilora} pretrain --task e2e --data e2e --vocabulary 3000 --out models/gpt2-e2e"
    })
final class PretrainCommand implements Callable<Integer> {
  private static final TrainingSettings DEFAULT = TrainingDefaults.pretraining(256);
  private static final double DROPOUT = 0.1;

  @Spec private CommandSpec command;

  @Option(names = "--text", paramLabel = "FILE", split = ",", description = "Text files, UTF-8.")
  private List<Path> texts;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      completionCandidates = ScoreCommand.TaskNames.class,
      description = "Instead of --text, the texts of a task: ${COMPLETION-CANDIDATES}.")
  private String task;

  @Option(names = "--data", paramLabel = "DIR", description = "Folder of the task's files.")
  private Path data;

  @Option(
      names = "--out",
      paramLabel = "GPT2DIR",
      required = true,
      description = "Hugging Face directory to write: one that does not exist.")
  private Path out;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description =
          "tokenizer.json with a token <|endoftext|>; without, a byte-level byte-pair encoding is"
              + " learnt from the texts.")
  private Path tokenizerFile;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description = "Tokens to learn (default: 4096).")
  private Integer vocabulary;

  @Option(
      names = "--layers",
      paramLabel = "N",
      description = "Transformer layers (default: ${DEFAULT-VALUE}).")
  private int layers = 4;

  @Option(
      names = "--width",
      paramLabel = "N",
      description = "Width of the hidden states (default: ${DEFAULT-VALUE}).")
  private int width = 256;

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "Attention heads; they divide the width (default: ${DEFAULT-VALUE}).")
  private int heads = 4;

  @Option(
      names = "--positions",
      paramLabel = "N",
      description =
          "Longest text in tokens, and the length of the blocks to train on (default:"
              + " ${DEFAULT-VALUE}).")
  private int positions = DEFAULT.maxLength();

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the text (default: ${DEFAULT-VALUE}).")
  private int epochs = DEFAULT.epochs();

  @Option(
      names = {"--max-steps", "--steps"},
      paramLabel = "N",
      description = "Stop after that many steps; 0: no limit (default: ${DEFAULT-VALUE}).")
  private int maxSteps = DEFAULT.maxSteps();

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Blocks per batch (default: ${DEFAULT-VALUE}).")
  private int batch = DEFAULT.batchSize();

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Peak learning rate (default: ${DEFAULT-VALUE}).")
  private double learningRate = DEFAULT.optimizer().learningRate();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of weights, order and dropout (default: ${DEFAULT-VALUE}).")
  private long seed = DEFAULT.seed();

  @Option(
      names = "--precision",
      paramLabel = "KIND",
      description =
          "f32, or bf16 for products in bfloat16 on processors that have it (default:"
              + " ${DEFAULT-VALUE}).")
  private String precision = "f32";

  @Option(
      names = "--jit",
      paramLabel = "KIND",
      description =
          "Whether XLA compiles the step: auto (on a GPU), on or off (default: ${DEFAULT-VALUE}).")
  private String jit = "auto";

  @Option(
      names = "--resume",
      description = "Resume after a stop or a crash; repeat the other options.")
  private boolean resume;

  @Mixin private CommonOptions common;

  /** Texts to learn from, and those that the tokenizer is to know besides. */
  private record Texts(String name, TextDocuments documents, List<String> contexts) {}

  @Override
  public Integer call() throws IOException {
    checkCall();
    RandomDecoders.requireSize(layers, width, wantedVocabulary(), positions);
    DecoderDirectory.check(out);
    TrainingSettings settings = settings();
    Texts read = read();
    StopOnSignal signal = new StopOnSignal(common.progress());
    try (PretrainedDecoder fresh = fresh(read);
        TrainingProgress progress =
            new TrainingProgress(common.progress(), TrainingProgress.onTerminal())) {
      LanguageModelDataset blocks =
          read.documents()
              .blocks(read.name(), fresh.tokenizer(), fresh.config().endOfTextId(), positions);
      NativeLog.skipFirstNotesOfXla();
      Trainer trainer =
          new Trainer(fresh, blocks, settings, run(), TrainingDefaults.CHECKPOINTING, progress);
      signal.by(trainer::requestStop);
      RunRecord record = resume ? trainer.resume() : trainer.train();
      return record.status() == RunRecord.Status.INTERRUPTED
          ? interrupted(record)
          : save(fresh, record);
    } finally {
      signal.release();
    }
  }

  private void checkCall() {
    if ((texts == null) == (task == null)) {
      throw wrong("Give either --text, or --task and --data");
    }
    if ((task == null) != (data == null)) {
      throw wrong("--task and --data go together");
    }
    if (tokenizerFile != null && vocabulary != null) {
      throw wrong("--vocabulary is for a tokenizer that is learnt; --tokenizer gives one");
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  /** Where the training leaves its checkpoints and its record. */
  private Path run() {
    return out.resolveSibling(out.getFileName() + ".run");
  }

  private TrainingSettings settings() {
    TrainingSettings usual = TrainingDefaults.pretraining(positions);
    OptimizerSettings optimizer = usual.optimizer();
    return TrainingSettingsBuilder.builder()
        .method(usual.method())
        .adapter(usual.adapter())
        .optimizer(
            new OptimizerSettings(
                learningRate,
                optimizer.weightDecay(),
                optimizer.beta1(),
                optimizer.beta2(),
                optimizer.epsilon(),
                optimizer.warmupRatio(),
                optimizer.clipNorm()))
        .epochs(epochs)
        .maxSteps(maxSteps)
        .batchSize(batch)
        .maxLength(positions)
        .execution(
            new ExecutionSettings(
                TrainingOptions.choice(
                    "precision", precision, ExecutionSettings.Precision.values()),
                TrainingOptions.choice("jit", jit, ExecutionSettings.Jit.values())))
        .seed(seed)
        .lengthBuckets(usual.lengthBuckets())
        .batchTokens(usual.batchTokens())
        .labelSmoothing(usual.labelSmoothing())
        .build();
  }

  private Texts read() throws IOException {
    if (task == null) {
      return new Texts("text", TextDocuments.read(texts), List.of());
    }
    GenerationTask named = GenerationTask.named(task);
    GenerationDataset dataset = named.read(data);
    return new Texts(
        named.id() + "-texts",
        TextDocuments.of(dataset),
        dataset.split(Dataset.TRAIN).stream().map(GenerationExample::context).toList());
  }

  private PretrainedDecoder fresh(Texts read) throws IOException {
    Tokenizer tokenizer = tokenizer(read);
    try {
      int endOfText = endOfText(tokenizer);
      DecoderConfig config =
          DecoderConfigBuilder.builder()
              .vocabSize(tokenizer.vocabularySize())
              .hiddenSize(width)
              .layers(layers)
              .heads(heads)
              .intermediateSize(Math.multiplyExact(4, width))
              .maxPositions(positions)
              .layerNormEpsilon(1e-5)
              .embeddingDropoutProbability(DROPOUT)
              .residualDropoutProbability(DROPOUT)
              .attentionDropoutProbability(DROPOUT)
              .activation(EncoderConfig.Activation.GELU_TANH)
              .attentionScale(DecoderConfig.AttentionScale.USUAL)
              .tiedHead(true)
              .endOfText(OptionalInt.of(endOfText))
              .build();
      return RandomDecoders.of(out.toString(), config, tokenizer, seed);
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  private int wantedVocabulary() {
    return vocabulary == null ? 4096 : vocabulary;
  }

  private Tokenizer tokenizer(Texts read) throws IOException {
    if (tokenizerFile != null) {
      return JsonTokenizer.of(
          Files.readAllBytes(tokenizerFile), JsonTokenizer.Segments.NONE, tokenizerFile.toString());
    }
    BytePairTraining training = new BytePairTraining();
    read.documents().documents().forEach(training::add);
    read.contexts().forEach(training::add);
    int wanted = wantedVocabulary();
    BytePairTraining.Vocabulary learnt = training.train(wanted);
    if (learnt.ids().size() < wanted) {
      common.note(
          "the tokenizer has %,d tokens: no further pair occurs twice in the texts"
              .formatted(learnt.ids().size()));
    }
    return JsonTokenizer.of(
        learnt.definition(), JsonTokenizer.Segments.NONE, "the learnt tokenizer");
  }

  private int endOfText(Tokenizer tokenizer) throws IOException {
    int[] ids =
        tokenizer.encode(BytePairDefinition.END_OF_TEXT, Optional.empty(), 1 << 20).inputIds();
    if (ids.length != 1) {
      throw new IOException(
          "%s has no token %s, which ends a text; add it to the tokenizer"
              .formatted(tokenizerFile, BytePairDefinition.END_OF_TEXT));
    }
    return ids[0];
  }

  private int interrupted(RunRecord record) {
    common.note(
        "stopped after step %,d of %,d; go on with the same call and --resume"
            .formatted(record.steps(), record.totalSteps()));
    return TrainCommand.INTERRUPTED;
  }

  private int save(PretrainedDecoder fresh, RunRecord record) throws IOException {
    // Closing the decoder that is merged would close the tokenizer of the fresh one: it is the
    // same.
    DecoderDirectory.write(TrainedLanguageModel.open(run(), name -> fresh).merged(), out);
    EpochRecord best = record.bestEpoch().orElseThrow();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("out", out.toString());
    fields.put("run", run().toString());
    fields.put("parameters", record.trainedParameters());
    fields.put("vocabulary", fresh.config().vocabSize());
    fields.put("steps", record.steps());
    fields.put("epoch", best.epoch());
    fields.put("dev_loss", best.devLoss());
    best.metrics().forEach((metric, value) -> fields.put(metric.id(), value));
    fields.put("seconds", record.seconds());
    common.result(
        fields,
        "a GPT-2 of %,d parameters, dev loss %.4f after epoch %d, written to %s"
            .formatted(record.trainedParameters(), best.devLoss(), best.epoch(), out));
    return 0;
  }
}
