package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.MeteorOption;
import org.bilora.data.GeneratedTexts;
import org.bilora.data.GenerationExample;
import org.bilora.data.GenerationTask;
import org.bilora.eval.generation.GenerationMetric;
import org.bilora.eval.generation.GenerationScores;
import org.bilora.eval.generation.Meteor;
import org.bilora.eval.generation.PtbTokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bilora score}. */
@Command(
    name = "score",
    description = {
      "Scores generated texts against references as the E2E challenge's scripts do: BLEU, NIST,"
          + " METEOR, ROUGE_L, CIDEr, and TER as tercom (0 is best).",
      "ROUGE_L, CIDEr and METEOR are defined on the tokens of Stanford's PTBTokenizer (CoreNLP 3.4.1,"
          + " GNU GPL): Maven fetches it at the first use, and it runs as a program of its own."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} score e2e --refs testset_w_refs.csv --hyps outputs.txt",
      "  ${sys:bilora.command:-bilora} score webnlg --refs testdata_with_lex.xml --hyps outputs.txt --json"
    })
final class ScoreCommand implements Callable<Integer> {
  private static final String NO_METEOR =
      "METEOR is not computed: give the official jar with --meteor-jar meteor-1.5.jar";

  /** For the help and for completion. */
  static final class TaskNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(GenerationTask.values()).map(GenerationTask::id).iterator();
    }
  }

  @Parameters(
      paramLabel = "TASK",
      completionCandidates = TaskNames.class,
      description = "Format of the references: ${COMPLETION-CANDIDATES}.")
  private String task;

  @Option(
      names = "--refs",
      required = true,
      paramLabel = "FILE",
      description = "References, a file of the task's test set.")
  private Path references;

  @Option(
      names = "--hyps",
      required = true,
      paramLabel = "FILE",
      description = "The texts to score, one per line, in the order of the references.")
  private Path outputs;

  @Mixin private MeteorOption meteorOption;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    List<GenerationExample> examples = GenerationTask.named(task).readFile(references);
    List<String> texts = GeneratedTexts.read(outputs, examples);
    Optional<Meteor> meteor = meteorOption.meteor();
    GenerationScores scores =
        GenerationScores.of(
            texts,
            examples.stream().map(GenerationExample::references).toList(),
            PtbTokenizer.fromMaven(),
            meteor);
    Map<String, Object> fields = new LinkedHashMap<>();
    StringBuilder text = new StringBuilder();
    for (GenerationMetric metric : GenerationMetric.values()) {
      Double value = scores.values().get(metric);
      fields.put(metric.id(), value);
      text.append(
          value == null
              ? "%s: not computed%n".formatted(metric.id())
              : "%s: %.4f%n".formatted(metric.id(), value));
    }
    fields.put("outputs", texts.size());
    if (meteor.isEmpty()) {
      common.note(NO_METEOR);
    }
    common.result(fields, text.toString());
    return 0;
  }
}
