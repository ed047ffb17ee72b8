package org.bilora.cli.option;

import org.bilora.generate.DecodingMethod;
import org.bilora.generate.DecodingMethod.BeamSearch.Stopping;
import org.bilora.generate.DecodingSettings;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How texts are generated. */
public final class DecodingOptions {
  private static final DecodingSettings DEFAULT = DecodingSettings.PUBLISHED;
  private static final DecodingMethod.BeamSearch BEAM_SEARCH =
      (DecodingMethod.BeamSearch) DEFAULT.method();

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  /** When beam search ends. */
  enum StopWhen {
    possible(Stopping.NO_BETTER_POSSIBLE),
    likely(Stopping.NO_BETTER_LIKELY);

    private final Stopping stopping;

    StopWhen(Stopping stopping) {
      this.stopping = stopping;
    }
  }

  /** On or off. */
  enum Switch {
    on,
    off
  }

  @Option(
      names = "--beam",
      paramLabel = "N",
      description =
          "Texts that beam search pursues; 1 is greedy decoding (default: ${DEFAULT-VALUE}).")
  private int beams = BEAM_SEARCH.beams();

  @Option(
      names = "--length-penalty",
      paramLabel = "X",
      description =
          "A text's score is its log probability divided by its length to this power (default: "
              + HelpTexts.LENGTH_PENALTIES
              + "; 0.9 otherwise).")
  private Double lengthPenalty;

  @Option(
      names = "--stop",
      paramLabel = "WHEN",
      description =
          "Beam search stops when no better text is possible, or sooner, when none is likely:"
              + " ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private StopWhen stop = StopWhen.possible;

  @Option(
      names = "--no-repeat-ngram",
      paramLabel = "N",
      description =
          "No sequence of N tokens occurs twice in a text, its prompt not counted (Transformers counts"
              + " it too); 0: any may (default: ${DEFAULT-VALUE}).")
  private int noRepeatNGram = DEFAULT.noRepeatNGram();

  @Option(
      names = "--min-new-tokens",
      paramLabel = "N",
      description = "Tokens before a text may end (default: ${DEFAULT-VALUE}).")
  private int minNewTokens = DEFAULT.minNewTokens();

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "Most tokens of a text, its end included (default: ${DEFAULT-VALUE}).")
  private int maxNewTokens = DEFAULT.maxNewTokens();

  @Option(names = "--sample", description = "Draw each token by its probability.")
  private boolean sample;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description = "With --sample: log probabilities are divided by this (default: 1).")
  private Double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "N",
      description = "With --sample: draw from the N most probable tokens; 0: all (default: 0).")
  private Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "With --sample: draw from the most probable tokens that together have probability P"
              + " (default: 1).")
  private Double topP;

  @Option(names = "--seed", paramLabel = "N", description = "With --sample (default: 0).")
  private Long seed;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Prompts that go through the model together; texts do not depend on it (default:"
              + " ${DEFAULT-VALUE}).")
  private int batch = DEFAULT.batch();

  @Option(
      names = "--cache",
      paramLabel = "on|off",
      description =
          "off recomputes the whole text for every token, for comparison (default:"
              + " ${DEFAULT-VALUE}).")
  private Switch cache = Switch.on;

  /**
   * The settings.
   *
   * @param usualLengthPenalty unless one is given
   */
  public DecodingSettings settings(double usualLengthPenalty) {
    return new DecodingSettings(
        method(usualLengthPenalty),
        noRepeatNGram,
        minNewTokens,
        maxNewTokens,
        batch,
        cache == Switch.on);
  }

  private DecodingMethod method(double usualLengthPenalty) {
    if (sample) {
      return new DecodingMethod.Sampling(
          temperature == null ? 1 : temperature,
          topK == null ? 0 : topK,
          topP == null ? 1 : topP,
          seed == null ? 0 : seed);
    }
    if (temperature != null || topK != null || topP != null || seed != null) {
      throw new ParameterException(
          command.commandLine(), "--temperature, --top-k, --top-p and --seed go with --sample");
    }
    return beams == 1
        ? new DecodingMethod.Greedy()
        : new DecodingMethod.BeamSearch(
            beams, lengthPenalty == null ? usualLengthPenalty : lengthPenalty, stop.stopping);
  }
}
