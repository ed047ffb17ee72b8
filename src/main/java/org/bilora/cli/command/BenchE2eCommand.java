package org.bilora.cli.command;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.bilora.bench.study.Decoding;
import org.bilora.cli.option.HelpTexts;
import org.bilora.cli.option.MeteorOption;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora bench e2e}. */
@Command(
    name = "e2e",
    description = {
      "Runs a study of generation tasks ("
          + HelpTexts.GENERATION_TASKS
          + "): every method on every task with every"
          + " seed trains a GPT-2, writes the texts of the test set by beam search and has them"
          + " scored.",
      "It can be stopped, moved and resumed as bench glue can, and its report is of the same"
          + " kind, with what the methods wrote side by side."
    },
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} bench e2e --tasks e2e --methods lora,bilora --seeds 3 --model gpt2 --data e2e --out runs/e2e-study",
      "  ${sys:bilora.command:-bilora} bench e2e --study benchmarks/e2e-small/study.yaml --max-minutes 60",
      "  ${sys:bilora.command:-bilora} bench e2e --study benchmarks/e2e-small/study.yaml --report-only"
    })
final class BenchE2eCommand implements Callable<Integer> {
  private static final String BEAM = "--beam";
  private static final String LENGTH_PENALTY = "--length-penalty";
  private static final String MAX_NEW_TOKENS = "--max-new-tokens";
  private static final String TEST_INPUTS = "--test-inputs";

  @Mixin private StudyOptions options;

  @Option(names = "--svg", description = "Also draw the report's plots as SVG files.")
  private boolean svg;

  @Option(
      names = BEAM,
      paramLabel = "N",
      description = "Texts that beam search pursues; 1 is greedy decoding (default: 10).")
  private Integer beam;

  @Option(
      names = LENGTH_PENALTY,
      paramLabel = "X",
      description = "As of generate (default: " + HelpTexts.LENGTH_PENALTIES + ").")
  private Double lengthPenalty;

  @Option(
      names = MAX_NEW_TOKENS,
      paramLabel = "N",
      description = "Most tokens of a text, its end included (default: 100).")
  private Integer maxNewTokens;

  @Option(
      names = TEST_INPUTS,
      paramLabel = "N",
      description = "Most inputs to write texts of, taken in equal steps (default: no limit).")
  private Integer testInputs;

  @Mixin private MeteorOption meteor;

  /** Where and how its cells are run. */
  StudySession session() {
    return options.session();
  }

  @Override
  public Integer call() throws IOException {
    Decoding usual = Decoding.PUBLISHED;
    Decoding decoding =
        new Decoding(
            options.positive(BEAM, beam),
            lengthPenalty == null ? OptionalDouble.empty() : OptionalDouble.of(lengthPenalty),
            usual.noRepeatNgram(),
            options.positive(MAX_NEW_TOKENS, maxNewTokens),
            usual.stop(),
            usual.split());
    return options.run(
        new StudyOptions.Texts(
            Optional.of(decoding),
            options.positive(TEST_INPUTS, testInputs),
            List.of(BEAM, LENGTH_PENALTY, MAX_NEW_TOKENS, TEST_INPUTS)),
        meteor.meteor(),
        svg);
  }
}
