package org.bilora.cli.option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Method;
import org.bilora.model.PretrainedModel;
import org.bilora.settings.Knobs;
import org.bilora.train.RunRecord;
import org.bilora.train.StartAdapter;
import org.bilora.train.TrainingSettings;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The adapter that a training starts from. */
public final class AdapterOption {
  private static final String NAME = "--adapter";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  /** Options that are given elsewhere than on the command line. */
  private Predicate<String> stored = option -> false;

  @Option(
      names = NAME,
      paramLabel = "DIR",
      description =
          "Start from an adapter that Hugging Face PEFT, or export --format peft, wrote for this"
              + " model: LoRA, DoRA or AdaLoRA files, with their head where they have one. Rank,"
              + " alpha and targets are the adapter's where they are not given.")
  private Path directory;

  /**
   * A run that starts from an adapter, or does not.
   *
   * @param settings with the adapter's rank, α and targets
   */
  public record Start(TrainingSettings settings, Optional<StartAdapter> adapter) {}

  /** Takes the adapter of a run that is resumed, unless one is given. */
  public void orOf(RunRecord run) {
    if (directory == null) {
      directory = run.model().adapter().map(adapter -> Path.of(adapter.name())).orElse(null);
    }
    stored = option -> true;
  }

  /** Options that stand in a file count as given. */
  public void areGiven(Predicate<String> inFile) {
    stored = inFile;
  }

  /**
   * Reads the adapter.
   *
   * @param asked what the options and their defaults say
   * @param news is told of what differs, and of what the adapter's files have that is not read
   * @throws IOException as {@link AdapterDirectory#read}
   */
  public Start over(PretrainedModel base, TrainingSettings asked, Consumer<String> news)
      throws IOException {
    if (directory == null) {
      return new Start(asked, Optional.empty());
    }
    AdapterDirectory adapter = AdapterDirectory.read(directory, base, news);
    Predicate<String> given =
        option ->
            stored.test(option) || command.commandLine().getParseResult().hasMatchedOption(option);
    AdapterSettings own = own(asked.method(), adapter);
    AdapterSettings used = merged(asked.adapter(), own, given);
    differences(asked.adapter(), own, given).ifPresent(news);
    return new Start(asked.withAdapter(used), Optional.of(adapter.start()));
  }

  /** The adapter's settings as a run of a method has them. */
  private static AdapterSettings own(Method method, AdapterDirectory adapter) {
    AdapterSettings own = adapter.start().settings();
    int highest = own.rankPattern().values().stream().reduce(own.rank(), Math::max);
    return method.needsUniformAdapters()
        ? new AdapterSettings(highest, own.alpha(), own.targets())
        : own;
  }

  private static AdapterSettings merged(
      AdapterSettings asked, AdapterSettings own, Predicate<String> given) {
    boolean otherLayers = given.test("--targets");
    return new AdapterSettings(
        given.test("--rank") ? asked.rank() : own.rank(),
        given.test("--alpha") ? asked.alpha() : own.alpha(),
        otherLayers ? asked.targets() : own.targets(),
        asked.layers(),
        given.test("--rank") || given.test("--rank-pattern")
            ? asked.rankPattern()
            : own.rankPattern(),
        given.test("--alpha") || given.test("--alpha-pattern")
            ? asked.alphaPattern()
            : own.alphaPattern());
  }

  private Optional<String> differences(
      AdapterSettings asked, AdapterSettings own, Predicate<String> given) {
    List<String> differences = new ArrayList<>();
    difference("--rank", own.rank(), asked.rank(), given).ifPresent(differences::add);
    difference("--alpha", Knobs.number(own.alpha()), Knobs.number(asked.alpha()), given)
        .ifPresent(differences::add);
    difference(
            "--targets",
            String.join(", ", own.targets()),
            String.join(", ", asked.targets()),
            given)
        .ifPresent(differences::add);
    patterns("--rank-pattern", own.rankPattern(), given).ifPresent(differences::add);
    patterns("--alpha-pattern", own.alphaPattern(), given).ifPresent(differences::add);
    return differences.isEmpty()
        ? Optional.empty()
        : Optional.of("the adapter %s has %s".formatted(directory, String.join("; ", differences)));
  }

  private static Optional<String> difference(
      String option, Object own, Object asked, Predicate<String> given) {
    if (Objects.equals(own, asked)) {
      return Optional.empty();
    }
    return Optional.of(
        given.test(option)
            ? "%s %s, trained with %s as given".formatted(option.substring(2), own, asked)
            : "%s %s in place of %s".formatted(option.substring(2), own, asked));
  }

  private static Optional<String> patterns(
      String option, Map<String, ?> own, Predicate<String> given) {
    return own.isEmpty() || given.test(option)
        ? Optional.empty()
        : Optional.of("%s of %d layers".formatted(option.substring(2), own.size()));
  }
}
