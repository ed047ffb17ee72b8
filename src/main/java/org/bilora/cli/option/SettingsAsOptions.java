package org.bilora.cli.option;

import com.google.common.collect.ImmutableMap;
import java.math.BigDecimal;
import java.util.Locale;
import org.bilora.data.GenerationTask;
import org.bilora.method.AdaLora;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.bilora.method.OptimizerSettings;
import org.bilora.method.PseudoSvdMethod;
import org.bilora.method.TwoStage;
import org.bilora.train.Selection;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Settings written as the options that {@link TrainingOptions} reads: what an option is when it is
 * not given, and what the help says it is. The inverse of {@link TrainingOptions#settings}.
 */
public final class SettingsAsOptions implements IDefaultValueProvider {
  private final ImmutableMap<String, String> values;

  /** The defaults of {@link TrainingDefaults}; for picocli, which calls it by reflection. */
  public SettingsAsOptions() {
    this(TrainingDefaults.settings(TrainingDefaults.BILORA), false);
  }

  /** The defaults for a generation task. */
  public SettingsAsOptions(GenerationTask task) {
    this(TrainingDefaults.settings(TrainingDefaults.BILORA, task), false);
  }

  /** The settings of a run; what its method lacks comes from {@link TrainingDefaults}. */
  public SettingsAsOptions(TrainingSettings settings) {
    this(settings, true);
  }

  /**
   * @param withLearningRate false to leave it to the method that is chosen
   */
  private SettingsAsOptions(TrainingSettings settings, boolean withLearningRate) {
    AdapterSettings adapter = settings.adapter();
    OptimizerSettings optimizer = settings.optimizer();
    BiLora bilora = settings.method() instanceof BiLora given ? given : TrainingDefaults.BILORA;
    PseudoSvdMethod pseudoSvd =
        settings.method() instanceof PseudoSvdMethod given ? given : TrainingDefaults.BILORA;
    TwoStage stages =
        settings.method() instanceof TwoStage given ? given : TrainingDefaults.TWO_STAGE;
    double lowerFraction =
        settings.method() instanceof TwoStage ? stages.lowerFraction() : bilora.lowerFraction();
    AdaLora adaLora = settings.method() instanceof AdaLora given ? given : TrainingDefaults.ADALORA;
    Lora lora = settings.method() instanceof Lora given ? given : TrainingDefaults.LORA;
    ImmutableMap.Builder<String, String> options = ImmutableMap.builder();
    options
        .put("--method", settings.method().name())
        .put("--rank", Integer.toString(adapter.rank()))
        .put("--alpha", number(adapter.alpha()))
        .put("--targets", String.join(",", adapter.targets()))
        .put("--adapter-dropout", number(lora.dropout()))
        .put("--lambda", pseudoSvd.lambda().id())
        .put("--hypergradient", bilora.hypergradient().id())
        .put("--lower-steps", Integer.toString(bilora.lowerSteps()))
        .put("--upper-steps", Integer.toString(bilora.upperSteps()))
        .put("--upper-lr", number(pseudoSvd.upperLearningRate()))
        .put("--gamma1", number(pseudoSvd.gamma1()))
        .put("--gamma2", number(pseudoSvd.gamma2()))
        .put("--split", number(lowerFraction))
        .put("--last-phase", number(bilora.lastPhaseShare().orElse(0)))
        .put("--second-stage", number(stages.secondStageShare()))
        .put("--initial-share", number(adaLora.initialShare()))
        .put("--final-share", number(adaLora.finalShare()))
        .put("--allocation-interval", Integer.toString(adaLora.allocationInterval()))
        .put("--importance-decay", number(adaLora.importanceDecay()))
        .put("--uncertainty-decay", number(adaLora.uncertaintyDecay()))
        .put("--orthogonality-weight", number(adaLora.orthogonalityWeight()))
        .put("--epochs", Integer.toString(settings.epochs()))
        .put("--max-steps", Integer.toString(settings.maxSteps()))
        .put("--batch", Integer.toString(settings.batchSize()))
        .put("--batch-tokens", Integer.toString(settings.batchTokens().orElse(0)))
        .put("--label-smoothing", number(settings.labelSmoothing().orElse(0)))
        .put("--evaluate-every", Integer.toString(settings.evaluateEvery().orElse(1)))
        .put(
            "--select-on",
            settings.selection().orElse(Selection.DEV).name().toLowerCase(Locale.ROOT))
        .put("--patience", Integer.toString(settings.patience().orElse(0)))
        .put("--max-length", Integer.toString(settings.maxLength()))
        .put("--length-buckets", Integer.toString(settings.lengthBuckets()))
        .put("--weight-decay", number(optimizer.weightDecay()))
        .put("--beta1", number(optimizer.beta1()))
        .put("--beta2", number(optimizer.beta2()))
        .put("--epsilon", number(optimizer.epsilon()))
        .put("--warmup", number(optimizer.warmupRatio()))
        .put("--clip", number(optimizer.clipNorm()))
        .put("--precision", settings.execution().precision().name().toLowerCase(Locale.ROOT))
        .put("--jit", settings.execution().jit().name().toLowerCase(Locale.ROOT))
        .put("--seed", Long.toString(settings.seed()))
        .put("--checkpoint-every", Integer.toString(TrainingDefaults.CHECKPOINTING.everySteps()));
    adaLora.initialRank().ifPresent(rank -> options.put("--initial-rank", Integer.toString(rank)));
    if (withLearningRate) {
      options.put("--lr", number(optimizer.learningRate()));
    }
    bilora.xi().ifPresent(xi -> options.put("--xi", number(xi)));
    this.values = options.buildOrThrow();
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    return argument instanceof OptionSpec option ? values.get(option.longestName()) : null;
  }

  /** Options and their values, in the order of the help. */
  public ImmutableMap<String, String> values() {
    return values;
  }

  /** A number as people write it: 0.0005 and 16 rather than 5.0E-4 and 16.0. */
  private static String number(double value) {
    BigDecimal exact = BigDecimal.valueOf(value).stripTrailingZeros();
    String plain = exact.toPlainString();
    return plain.length() <= 8 ? plain : Double.toString(value).replace(".0E", "e");
  }
}
