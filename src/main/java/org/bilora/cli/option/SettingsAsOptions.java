package org.bilora.cli.option;

import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.bilora.data.GenerationTask;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.OptimizerSettings;
import org.bilora.settings.Knobs;
import org.bilora.settings.LayerSelection;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.LossSettings;
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
  private final Map<String, String> values;

  /** The defaults of {@link TrainingDefaults}; for picocli, which calls it by reflection. */
  public SettingsAsOptions() {
    this(TrainingDefaults.settings(BiLora.USUAL), Map.of());
  }

  /** The defaults for a generation task. */
  public SettingsAsOptions(GenerationTask task) {
    this(TrainingDefaults.settings(BiLora.USUAL, task), knobsOfGeneration());
  }

  /** The settings of a run; what its method lacks comes from {@link TrainingDefaults}. */
  public SettingsAsOptions(TrainingSettings settings) {
    this(settings, rateAndKnobs(settings));
  }

  /**
   * @param chosen options that are not left to the method that is chosen: of the learning rate and
   *     its knobs
   */
  private SettingsAsOptions(TrainingSettings settings, Map<String, String> chosen) {
    AdapterSettings adapter = settings.adapter();
    OptimizerSettings optimizer = settings.optimizer();
    LossSettings loss = settings.loss().orElse(LossSettings.PLAIN);
    ImmutableMap.Builder<String, String> options = ImmutableMap.builder();
    options
        .put("--method", settings.method().name())
        .put("--rank", Integer.toString(adapter.rank()))
        .put("--alpha", Knobs.number(adapter.alpha()))
        .put("--targets", String.join(",", adapter.targets()))
        .put(
            "--layers",
            adapter.layers().map(LayerSelection::text).orElse(TrainingOptions.ALL_LAYERS))
        .put(
            "--prefix-cache",
            settings
                .execution()
                .prefixCache()
                .orElse(ExecutionSettings.PrefixCaching.AUTO)
                .name()
                .toLowerCase(Locale.ROOT))
        .put("--epochs", Integer.toString(settings.epochs()))
        .put("--max-steps", Integer.toString(settings.maxSteps()))
        .put("--batch", Integer.toString(settings.batchSize()))
        .put("--accumulate", Integer.toString(settings.execution().accumulate().orElse(1)))
        .put("--batch-tokens", Integer.toString(settings.batchTokens().orElse(0)))
        .put("--label-smoothing", Knobs.number(settings.labelSmoothing().orElse(0)))
        .put("--focal-gamma", Knobs.number(loss.focalGamma().orElse(0)))
        .put("--drop-key", Knobs.number(settings.dropKey().orElse(0)))
        .put("--hidden-cut", Knobs.number(settings.hiddenCut().orElse(0)))
        .put("--kl-weight", Knobs.number(settings.klWeight().orElse(0)))
        .put("--evaluate-every", Integer.toString(settings.evaluateEvery().orElse(1)))
        .put(
            "--select-on",
            settings.selection().orElse(Selection.DEV).name().toLowerCase(Locale.ROOT))
        .put("--patience", Integer.toString(settings.patience().orElse(0)))
        .put("--max-length", Integer.toString(settings.maxLength()))
        .put("--length-buckets", Integer.toString(settings.lengthBuckets()))
        .put("--weight-decay", Knobs.number(optimizer.weightDecay()))
        .put("--beta1", Knobs.number(optimizer.beta1()))
        .put("--beta2", Knobs.number(optimizer.beta2()))
        .put("--epsilon", Knobs.number(optimizer.epsilon()))
        .put("--warmup", Knobs.number(optimizer.warmupRatio()))
        .put("--clip", Knobs.number(optimizer.clipNorm()))
        .put("--precision", settings.execution().precision().name().toLowerCase(Locale.ROOT))
        .put("--jit", settings.execution().jit().name().toLowerCase(Locale.ROOT))
        .put("--seed", Long.toString(settings.seed()))
        .put("--checkpoint-every", Integer.toString(TrainingDefaults.CHECKPOINTING.everySteps()));
    settings.execution().recompute().ifPresent(again -> options.put("--recompute", "true"));
    settings.splitEveryEpoch().ifPresent(every -> options.put("--split-every-epoch", "true"));
    loss.classWeights().ifPresent(weights -> options.put("--class-weights", weights.written()));
    putPattern(options, "--rank-pattern", adapter.rankPattern(), n -> Integer.toString(n));
    putPattern(options, "--alpha-pattern", adapter.alphaPattern(), Knobs::number);
    this.values = options.putAll(chosen).buildOrThrow();
  }

  private static Map<String, String> rateAndKnobs(TrainingSettings settings) {
    return ImmutableMap.<String, String>builder()
        .put("--lr", Knobs.number(settings.optimizer().learningRate()))
        .putAll(Knobs.write((Record) settings.method()))
        .buildOrThrow();
  }

  /** What a generation task usually has otherwise. */
  private static Map<String, String> knobsOfGeneration() {
    Map<String, String> usual = Knobs.write(BiLora.USUAL);
    Map<String, String> there = new LinkedHashMap<>(Knobs.write(BiLora.USUAL.usualForGeneration()));
    there.entrySet().removeAll(usual.entrySet());
    return there;
  }

  private static <V> void putPattern(
      ImmutableMap.Builder<String, String> options,
      String option,
      Map<String, V> pattern,
      Function<V, String> text) {
    if (!pattern.isEmpty()) {
      options.put(
          option,
          pattern.entrySet().stream()
              .map(entry -> entry.getKey() + "=" + text.apply(entry.getValue()))
              .collect(Collectors.joining(",")));
    }
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    return argument instanceof OptionSpec option ? values.get(option.longestName()) : null;
  }

  /** Options and their values, in the order of the help. */
  public Map<String, String> values() {
    return values;
  }
}
