package org.bilora.cli.option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.bilora.adapter.LowRankValues;
import org.bilora.export.peft.AdapterConfig;
import org.bilora.export.peft.PeftAdapter;
import org.bilora.method.AdaLora;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Dora;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedModel;
import org.bilora.model.TargetModules;
import org.bilora.train.RunRecord;
import org.bilora.train.StartAdapter;

/**
 * A directory with an adapter, read for a base.
 *
 * @param read what is in it
 * @param start the same as what a run starts from
 */
public record AdapterDirectory(PeftAdapter read, StartAdapter start) {

  /**
   * Reads it.
   *
   * @param news is told of what its files have that is not read
   * @throws IOException as {@link PeftAdapter#read}, and when it holds weights of a decoder besides
   *     increments
   */
  public static AdapterDirectory read(Path directory, PretrainedModel base, Consumer<String> news)
      throws IOException {
    PeftAdapter read = PeftAdapter.read(directory, base);
    read.warnings().forEach(warning -> news.accept("warning: " + warning));
    if (base instanceof PretrainedDecoder && !read.saved().isEmpty()) {
      throw new IOException(
          "%s holds %s besides increments, which is not read for a decoder; merge it into a model first (Transformers' merge_and_unload)"
              .formatted(directory, read.saved().keySet().iterator().next()));
    }
    if (read.increments().isEmpty()) {
      throw new IOException("%s changes no layer: every rank in it is 0".formatted(directory));
    }
    return new AdapterDirectory(
        read,
        new StartAdapter(
            new RunRecord.Adapter(read.directory(), read.sha256(), read.configSha256()),
            method(read),
            settings(read, base),
            read.increments(),
            read.saved(),
            read.labels()));
  }

  /** The method whose increments are those of the files. */
  private static Method method(PeftAdapter read) {
    return switch (read.config().kind()) {
      case LORA -> Lora.USUAL;
      case DORA -> Dora.USUAL;
      case ADALORA ->
          AdaLora.USUAL.withInitialRank(LowRankValues.highestRank(read.increments().values()));
    };
  }

  /** Rank, α and layers with which that method holds the increments as they are. */
  private static AdapterSettings settings(PeftAdapter read, PretrainedModel base) {
    Map<String, LowRankValues> increments = new TreeMap<>(read.increments());
    List<String> targets = targets(base, increments);
    if (read.config().kind() == AdapterConfig.Kind.ADALORA) {
      int rank = LowRankValues.highestRank(increments.values());
      return new AdapterSettings(
          rank, AdapterConfig.Sizes.rounded(read.config().scale() * rank), targets);
    }
    Map<String, Integer> ranks = new LinkedHashMap<>();
    Map<String, Double> alphas = new LinkedHashMap<>();
    increments.forEach(
        (layer, increment) -> {
          ranks.put(layer, increment.rank());
          alphas.put(layer, AdapterConfig.Sizes.rounded(increment.gains()[0] * increment.rank()));
        });
    int rank = AdapterConfig.Sizes.mostOften(ranks);
    double alpha = AdapterConfig.Sizes.mostOften(alphas);
    ranks.values().removeIf(other -> other == rank);
    alphas.values().removeIf(other -> other == alpha);
    return new AdapterSettings(rank, alpha, targets, Optional.empty(), ranks, alphas);
  }

  /** Last names where they are of these layers alone, as people write them; else whole names. */
  private static List<String> targets(PretrainedModel base, Map<String, LowRankValues> increments) {
    List<String> last =
        increments.keySet().stream()
            .map(layer -> layer.substring(layer.lastIndexOf('.') + 1))
            .distinct()
            .sorted()
            .toList();
    boolean exact = new HashSet<>(TargetModules.match(base, last)).equals(increments.keySet());
    return exact ? last : increments.keySet().stream().sorted(Comparator.naturalOrder()).toList();
  }
}
