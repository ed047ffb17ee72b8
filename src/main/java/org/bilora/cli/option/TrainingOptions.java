package org.bilora.cli.option;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Function;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.FirstOrder;
import org.bilora.bilevel.Hypergradient;
import org.bilora.method.AdaLora;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.JointTraining;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.method.TwoStage;
import org.bilora.step.ExecutionSettings;
import org.bilora.train.Checkpointing;
import org.bilora.train.Selection;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import picocli.CommandLine.Option;

/**
 * The options of {@code train} that make its {@link TrainingSettings}. {@link SettingsAsOptions}
 * gives their defaults.
 */
public final class TrainingOptions {
  /** Methods that read an option, for options that not all of them read. */
  public static final ImmutableMap<String, ImmutableList<String>> READ_BY = readBy();

  private static ImmutableMap<String, ImmutableList<String>> readBy() {
    ImmutableList<String> bilora = ImmutableList.of("bilora");
    ImmutableList<String> pseudoSvd = ImmutableList.of("joint", "two-stage", "bilora");
    ImmutableList<String> adapters =
        ImmutableList.of("lora", "adalora", "joint", "two-stage", "bilora");
    ImmutableMap.Builder<String, ImmutableList<String>> readBy = ImmutableMap.builder();
    List.of("--rank", "--alpha", "--targets").forEach(option -> readBy.put(option, adapters));
    readBy.put("--adapter-dropout", ImmutableList.of("lora"));
    List.of(
            "--initial-rank",
            "--initial-share",
            "--final-share",
            "--allocation-interval",
            "--importance-decay",
            "--uncertainty-decay",
            "--orthogonality-weight")
        .forEach(option -> readBy.put(option, ImmutableList.of("adalora")));
    List.of("--lambda", "--upper-lr", "--gamma1", "--gamma2")
        .forEach(option -> readBy.put(option, pseudoSvd));
    readBy.put("--split", ImmutableList.of("two-stage", "bilora"));
    readBy.put("--second-stage", ImmutableList.of("two-stage"));
    List.of("--hypergradient", "--lower-steps", "--upper-steps", "--xi", "--last-phase")
        .forEach(option -> readBy.put(option, bilora));
    return readBy.buildOrThrow();
  }

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description =
          "full (every weight), head (the head alone), lora, adalora, bilora, its controls joint (the same"
              + " increments on one level) and two-stage (first P and Q on D1, then the pseudo"
              + " singular values on D2), or first-order (bilora with --hypergradient first-order)"
              + " (default: ${DEFAULT-VALUE}).")
  private String method;

  @Option(
      names = "--rank",
      paramLabel = "N",
      description =
          "Rank r of the increments; for adalora their final average (default: ${DEFAULT-VALUE}).")
  private int rank;

  @Option(
      names = "--alpha",
      paramLabel = "X",
      description = "Increments are scaled by alpha / rank (default: ${DEFAULT-VALUE}).")
  private double alpha;

  @Option(
      names = "--targets",
      paramLabel = "NAME",
      split = ",",
      description = {
        "Linear layers that get an increment: last names such as query or output.dense, or patterns"
            + " such as 'encoder.layer.*.attention.self.key' (default: ${DEFAULT-VALUE})."
      })
  private List<String> targets;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the training data (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      description = "Stop after that many steps; 0 for no limit (default: ${DEFAULT-VALUE}).")
  private int maxSteps;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Examples per batch, unless --batch-tokens is given (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--batch-tokens",
      paramLabel = "N",
      description =
          "Most tokens per batch, padding included: short texts come in batches of many, long ones"
              + " of few; 0 for --batch examples (default: ${DEFAULT-VALUE}; e2e, webnlg, dart"
              + " 512).")
  private int batchTokens;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "Most tokens per example; more are cut (default: ${DEFAULT-VALUE}).")
  private int maxLength;

  @Option(
      names = "--length-buckets",
      paramLabel = "N",
      description =
          "Most lengths that batches are padded to: fewer mean fewer compilations and more padding"
              + " (default: ${DEFAULT-VALUE}).")
  private int lengthBuckets;

  @Option(
      names = "--lr",
      paramLabel = "X",
      description =
          "Peak learning rate, of the lower level for bilora (default: 5e-4; full 5e-5; head 1e-3;"
              + " e2e, webnlg, dart 2e-4).")
  private Double learningRate;

  @Option(
      names = "--label-smoothing",
      paramLabel = "X",
      description =
          "Share of the target that the loss spreads over all classes or tokens (default:"
              + " ${DEFAULT-VALUE}; e2e, webnlg 0.1).")
  private double labelSmoothing;

  @Option(
      names = "--evaluate-every",
      paramLabel = "N",
      description = "Epochs from one evaluation to the next (default: ${DEFAULT-VALUE}).")
  private int evaluateEvery;

  @Option(
      names = "--select-on",
      paramLabel = "SET",
      description =
          "What the epoch that is kept is chosen on: dev, or d2, so that dev only reports; methods of"
              + " one level then leave a fifth of the training set alone (default:"
              + " ${DEFAULT-VALUE}).")
  private String selectOn;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "End after N evaluations without a better one; 0 to take all steps (default:"
              + " ${DEFAULT-VALUE}).")
  private int patience;

  @Option(
      names = "--warmup",
      paramLabel = "X",
      description =
          "Share of all steps over which the rates grow from 0; then they fall to 0 (default:"
              + " ${DEFAULT-VALUE}).")
  private double warmup;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      description = "Decoupled weight decay of AdamW (default: ${DEFAULT-VALUE}).")
  private double weightDecay;

  @Option(
      names = "--beta1",
      paramLabel = "X",
      description = "Decay of AdamW's first moment (default: ${DEFAULT-VALUE}).")
  private double beta1;

  @Option(
      names = "--beta2",
      paramLabel = "X",
      description = "Decay of AdamW's second moment (default: ${DEFAULT-VALUE}).")
  private double beta2;

  @Option(
      names = "--epsilon",
      paramLabel = "X",
      description = "Added to the root of AdamW's second moment (default: ${DEFAULT-VALUE}).")
  private double epsilon;

  @Option(
      names = "--clip",
      paramLabel = "X",
      description =
          "Largest global norm of a gradient; 0 leaves gradients as they are (default:"
              + " ${DEFAULT-VALUE}).")
  private double clip;

  @Option(
      names = "--lambda",
      paramLabel = "KIND",
      description =
          "bilora, joint, two-stage: parameterisation of the pseudo singular values: softmax, real or binary"
              + " (default: ${DEFAULT-VALUE}).")
  private String lambda;

  @Option(
      names = "--hypergradient",
      paramLabel = "KIND",
      description = "bilora: exact, darts, betty or first-order (default: ${DEFAULT-VALUE}).")
  private String hypergradient;

  @Option(
      names = "--lower-steps",
      paramLabel = "N",
      description = "bilora: T1, lower steps per iteration (default: ${DEFAULT-VALUE}).")
  private int lowerSteps;

  @Option(
      names = "--upper-steps",
      paramLabel = "N",
      description = "bilora: T2, upper steps per iteration (default: ${DEFAULT-VALUE}).")
  private int upperSteps;

  @Option(
      names = "--upper-lr",
      paramLabel = "X",
      description =
          "bilora, joint, two-stage: peak learning rate of the pseudo singular values (default:"
              + " ${DEFAULT-VALUE}).")
  private double upperLearningRate;

  @Option(
      names = "--xi",
      paramLabel = "X",
      description =
          "bilora: length of the unrolled lower step (default: the lower level's current learning"
              + " rate).")
  private Double xi;

  @Option(
      names = "--gamma1",
      paramLabel = "X",
      description =
          "bilora, joint, two-stage: weight of R1, the orthogonality of P and Q (default:"
              + " ${DEFAULT-VALUE}).")
  private double gamma1;

  @Option(
      names = "--gamma2",
      paramLabel = "X",
      description =
          "bilora, joint, two-stage with --lambda binary: weight of R2, which pushes the values to 0 or 1 (default:"
              + " ${DEFAULT-VALUE}).")
  private double gamma2;

  @Option(
      names = "--split",
      paramLabel = "X",
      description =
          "bilora, two-stage: share of the training set that is D1, the lower level's; the rest is"
              + " D2 (default: ${DEFAULT-VALUE}).")
  private double split;

  @Option(
      names = "--last-phase",
      paramLabel = "X",
      description =
          "bilora: share of all steps, at the end, in which the pseudo singular values are frozen and"
              + " the rest is trained on the whole training set (default: ${DEFAULT-VALUE}).")
  private double lastPhase;

  @Option(
      names = "--second-stage",
      paramLabel = "X",
      description =
          "two-stage: share of all steps that the second stage takes (default: ${DEFAULT-VALUE}).")
  private double secondStage;

  @Option(
      names = "--adapter-dropout",
      paramLabel = "X",
      description =
          "lora: probability of dropping an input of an increment (default: ${DEFAULT-VALUE}).")
  private double adapterDropout;

  @Option(
      names = "--initial-rank",
      paramLabel = "N",
      description = "adalora: rank of every increment at the start (default: 1.5 times --rank).")
  private Integer initialRank;

  @Option(
      names = "--initial-share",
      paramLabel = "X",
      description =
          "adalora: share of all steps before the budget falls (default: ${DEFAULT-VALUE}).")
  private double initialShare;

  @Option(
      names = "--final-share",
      paramLabel = "X",
      description =
          "adalora: share of all steps after the budget has fallen (default: ${DEFAULT-VALUE}).")
  private double finalShare;

  @Option(
      names = "--allocation-interval",
      paramLabel = "N",
      description =
          "adalora: steps from one allocation of the budget to the next (default:"
              + " ${DEFAULT-VALUE}).")
  private int allocationInterval;

  @Option(
      names = "--importance-decay",
      paramLabel = "X",
      description = "adalora: how slowly importance changes (default: ${DEFAULT-VALUE}).")
  private double importanceDecay;

  @Option(
      names = "--uncertainty-decay",
      paramLabel = "X",
      description = "adalora: how slowly its uncertainty changes (default: ${DEFAULT-VALUE}).")
  private double uncertaintyDecay;

  @Option(
      names = "--orthogonality-weight",
      paramLabel = "X",
      description = "adalora: weight of the orthogonality of A and B (default: ${DEFAULT-VALUE}).")
  private double orthogonalityWeight;

  @Option(
      names = "--precision",
      paramLabel = "KIND",
      description =
          "f32, or bf16 for products in bfloat16 on processors that have it (default:"
              + " ${DEFAULT-VALUE}).")
  private String precision;

  @Option(
      names = "--jit",
      paramLabel = "KIND",
      description =
          "Whether XLA compiles the step: auto (on a GPU), on or off (default:"
              + " ${DEFAULT-VALUE}).")
  private String jit;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Seed of the split, the order, the start values and the dropout (default:"
              + " ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      description =
          "Save a checkpoint every N steps too, besides every epoch and every minute; 0 for not"
              + " (default: ${DEFAULT-VALUE}).")
  private int checkpointEvery;

  /**
   * The settings, with the usual learning rates.
   *
   * @throws IllegalArgumentException when a value is out of its range
   */
  public TrainingSettings settings() {
    return settings(TrainingDefaults::optimizer);
  }

  /**
   * The settings.
   *
   * @param optimizers whose rate is taken where none is given
   * @throws IllegalArgumentException when a value is out of its range
   */
  public TrainingSettings settings(Function<Method, OptimizerSettings> optimizers) {
    Method trained = method();
    double rate = learningRate == null ? optimizers.apply(trained).learningRate() : learningRate;
    return new TrainingSettings(
        trained,
        new AdapterSettings(rank, alpha, targets),
        new OptimizerSettings(rate, weightDecay, beta1, beta2, epsilon, warmup, clip),
        epochs,
        maxSteps,
        batch,
        maxLength,
        lengthBuckets,
        batchTokens == 0 ? OptionalInt.empty() : OptionalInt.of(batchTokens),
        labelSmoothing == 0 ? OptionalDouble.empty() : OptionalDouble.of(labelSmoothing),
        evaluateEvery == 1 ? OptionalInt.empty() : OptionalInt.of(evaluateEvery),
        selection(),
        patience == 0 ? OptionalInt.empty() : OptionalInt.of(patience),
        new ExecutionSettings(
            choice("precision", precision, ExecutionSettings.Precision.values()),
            choice("jit", jit, ExecutionSettings.Jit.values())),
        seed);
  }

  /** How often to save. */
  public Checkpointing checkpointing() {
    return new Checkpointing(checkpointEvery, TrainingDefaults.CHECKPOINTING.everyTime());
  }

  private Method method() {
    return switch (method) {
      case "full" -> TrainingDefaults.FULL;
      case "head" -> TrainingDefaults.HEAD;
      case "lora" -> new Lora(adapterDropout);
      case "adalora" ->
          new AdaLora(
              initialRank == null ? OptionalInt.empty() : OptionalInt.of(initialRank),
              initialShare,
              finalShare,
              allocationInterval,
              importanceDecay,
              uncertaintyDecay,
              orthogonalityWeight);
      case "joint" -> new JointTraining(lambda(), upperLearningRate, gamma1, gamma2);
      case "two-stage" ->
          new TwoStage(lambda(), upperLearningRate, gamma1, gamma2, split, secondStage);
      case "bilora" -> bilora(Hypergradient.parse(hypergradient));
      case "first-order" -> bilora(new FirstOrder());
      default ->
          throw new IllegalArgumentException(
              "method is '%s'; known are %s"
                  .formatted(method, String.join(", ", TrainingDefaults.methodNames())));
    };
  }

  private Optional<Selection> selection() {
    return Optional.of(choice("select-on", selectOn, Selection.values()))
        .filter(chosen -> chosen != Selection.DEV);
  }

  private Lambda lambda() {
    return choice("lambda", lambda, Lambda.values());
  }

  private BiLora bilora(Hypergradient estimator) {
    return new BiLora(
        lambda(),
        estimator,
        lowerSteps,
        upperSteps,
        upperLearningRate,
        gamma1,
        gamma2,
        split,
        xi == null ? OptionalDouble.empty() : OptionalDouble.of(xi),
        lastPhase == 0 ? OptionalDouble.empty() : OptionalDouble.of(lastPhase));
  }

  /** The constant of that name in lower case. */
  public static <E extends Enum<E>> E choice(String field, String value, E[] known) {
    Function<E, String> id = constant -> constant.name().toLowerCase(Locale.ROOT);
    return Arrays.stream(known)
        .filter(constant -> id.apply(constant).equals(value.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s is '%s'; known are %s"
                        .formatted(
                            field,
                            value,
                            Joiner.on(", ").join(Arrays.stream(known).map(id).iterator()))));
  }
}
