package org.bilora.cli.option;

import com.google.common.base.Joiner;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.bilora.doctor.PrecisionChoice;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.settings.LayerSelection;
import org.bilora.step.ExecutionSettings;
import org.bilora.train.Checkpointing;
import org.bilora.train.Selection;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import org.bilora.train.TrainingSettingsBuilder;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The options of {@code train} that make its {@link TrainingSettings}. {@link SettingsAsOptions}
 * gives their defaults.
 */
public final class TrainingOptions {
  /** What {@code --layers} is where increments go into all of them. */
  public static final String ALL_LAYERS = "all";

  /** What {@code --precision} is where a measurement chooses it. */
  private static final String MEASURED = "auto";

  private PrecisionChoice chosenPrecision;
  private final MethodOptions methods = new MethodOptions();

  /** Adds {@code --method} and the knobs of all methods to the command that has these options. */
  @Spec(Spec.Target.MIXEE)
  void addMethods(CommandSpec command) {
    methods.addTo(command);
  }

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
        "Linear layers that receive an increment: all-linear, last names such as query or output.dense, or patterns"
            + " such as 'encoder.layer.*.attention.self.key' (default: ${DEFAULT-VALUE})."
      })
  private List<String> targets;

  @Option(
      names = "--layers",
      paramLabel = "LAYERS",
      description =
          "Layers of the model in which the targets are looked for: last:N, first:N, or numbers from 0"
              + " and ranges such as 0,2,4-5 (default: ${DEFAULT-VALUE}).")
  private String layers;

  @Option(
      names = "--prefix-cache",
      paramLabel = "KIND",
      description =
          "Whether the layers below all that is trained are computed only once for each text, without"
              + " dropout, and kept on disk: auto (where --layers is given), on or off (default:"
              + " ${DEFAULT-VALUE}).")
  private String prefixCache;

  @Option(
      names = "--rank-pattern",
      paramLabel = "NAME=N",
      split = ",",
      description =
          "Other ranks for some of these layers, by last name or pattern, such as value=16; the first"
              + " that matches counts.")
  private Map<String, Integer> rankPattern = new LinkedHashMap<>();

  @Option(
      names = "--alpha-pattern",
      paramLabel = "NAME=X",
      split = ",",
      description = "Other alphas, likewise.")
  private Map<String, Double> alphaPattern = new LinkedHashMap<>();

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
      names = "--accumulate",
      paramLabel = "N",
      description =
          "Compute each batch in N parts, one after the other: the same step in less memory (default:"
              + " ${DEFAULT-VALUE}).")
  private int accumulate;

  @Option(
      names = "--recompute",
      arity = "0..1",
      paramLabel = "BOOL",
      fallbackValue = "true",
      description =
          "Compute the activations within each layer again for the gradient instead of keeping them: the"
              + " same step in less memory and more time.")
  private boolean recompute;

  @Option(
      names = "--batch-tokens",
      paramLabel = "N",
      description =
          "Most tokens per batch, padding included: short texts come in batches of many, long ones"
              + " of few; 0 for --batch examples (default: ${DEFAULT-VALUE}; "
              + HelpTexts.BATCH_TOKENS
              + ").")
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
          "Most lengths that batches are padded to, also with --batch-tokens: fewer mean fewer"
              + " compilations, less memory (tens of MB for each length) and more padding (default:"
              + " ${DEFAULT-VALUE}).")
  private int lengthBuckets;

  @Option(
      names = "--lr",
      paramLabel = "X",
      description =
          "Peak learning rate, of the lower level for bilora (default: "
              + HelpTexts.LEARNING_RATES
              + ").")
  private Double learningRate;

  @Mixin private LossOptions loss;

  @Mixin private DropoutOptions dropout;

  @Option(
      names = "--evaluate-every",
      paramLabel = "N",
      description = "Epochs from one evaluation to the next (default: ${DEFAULT-VALUE}).")
  private int evaluateEvery;

  @Option(
      names = "--split-every-epoch",
      arity = "0..1",
      paramLabel = "BOOL",
      fallbackValue = "true",
      description =
          "For methods of two levels: part the training set into another D1 and D2 in every epoch.")
  private boolean splitEveryEpoch;

  @Option(
      names = "--select-on",
      paramLabel = "SET",
      description =
          "Data on which the best epoch is chosen: dev, or d2, which leaves dev for reporting"
              + " alone; methods of one level then hold out a fifth of the training set (default:"
              + " ${DEFAULT-VALUE}).")
  private String selectOn;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "Stop after N evaluations without improvement; 0: take all steps (default:"
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
      names = "--precision",
      paramLabel = "KIND",
      description =
          "f32, bf16 for products in bfloat16, or auto for whichever is faster on this machine, which a"
              + " second of products tells (default: ${DEFAULT-VALUE}).")
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
          "Save a checkpoint every N steps, in addition to one per epoch and per minute; 0:"
              + " never"
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
    Method trained = methods.method();
    double rate = learningRate == null ? optimizers.apply(trained).learningRate() : learningRate;
    return TrainingSettingsBuilder.builder()
        .method(trained)
        .adapter(
            new AdapterSettings(
                rank,
                alpha,
                targets,
                layers.equals(ALL_LAYERS)
                    ? Optional.empty()
                    : Optional.of(new LayerSelection(layers)),
                rankPattern,
                alphaPattern))
        .optimizer(new OptimizerSettings(rate, weightDecay, beta1, beta2, epsilon, warmup, clip))
        .epochs(epochs)
        .maxSteps(maxSteps)
        .batchSize(batch)
        .maxLength(maxLength)
        .execution(
            new ExecutionSettings(
                precision(),
                choice("jit", jit, ExecutionSettings.Jit.values()),
                Optional.of(
                    choice("prefix-cache", prefixCache, ExecutionSettings.PrefixCaching.values())),
                OptionalInt.of(accumulate),
                Optional.of(recompute)))
        .seed(seed)
        .lengthBuckets(lengthBuckets)
        .batchTokens(batchTokens == 0 ? OptionalInt.empty() : OptionalInt.of(batchTokens))
        .labelSmoothing(loss.labelSmoothing())
        .dropKey(dropout.dropKey())
        .hiddenCut(dropout.hiddenCut())
        .klWeight(dropout.klWeight())
        .evaluateEvery(evaluateEvery == 1 ? OptionalInt.empty() : OptionalInt.of(evaluateEvery))
        .splitEveryEpoch(Optional.of(splitEveryEpoch))
        .selection(selection())
        .patience(patience == 0 ? OptionalInt.empty() : OptionalInt.of(patience))
        .loss(Optional.of(loss.settings()))
        .build();
  }

  /** How often to save. */
  public Checkpointing checkpointing() {
    return new Checkpointing(checkpointEvery, TrainingDefaults.CHECKPOINTING.everyTime());
  }

  /** What made {@code --precision auto} the precision that it is; empty where one was named. */
  public Optional<PrecisionChoice> precisionChoice() {
    return Optional.ofNullable(chosenPrecision);
  }

  private ExecutionSettings.Precision precision() {
    if (!precision.equalsIgnoreCase(MEASURED)) {
      return choice("precision", precision, ExecutionSettings.Precision.values());
    }
    if (chosenPrecision == null) {
      chosenPrecision = PrecisionChoice.measured();
    }
    return chosenPrecision.precision();
  }

  private Optional<Selection> selection() {
    return Optional.of(choice("select-on", selectOn, Selection.values()))
        .filter(chosen -> chosen != Selection.DEV);
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
