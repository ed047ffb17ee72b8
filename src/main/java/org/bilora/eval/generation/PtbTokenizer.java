package org.bilora.eval.generation;

import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.bilora.model.MavenArtifact;

/**
 * The tokens of ROUGE-L, CIDEr and METEOR in the COCO caption scripts: Penn Treebank tokens by
 * Stanford's PTBTokenizer of CoreNLP 3.4.1, lowercased, without punctuation. {@code £20} becomes
 * {@code # 20}: that version writes every currency as the treebank's own.
 *
 * <p>CoreNLP is under the GNU GPL 2 or newer. It is therefore no dependency of this Apache-2.0
 * project and never on its class path: the jar is fetched by Maven into the user's own repository
 * when these metrics are first asked for, and runs as a program in a process of its own, with text
 * files between, as the challenge's scripts run it.
 */
public final class PtbTokenizer implements SentenceTokenizer {
  /** CoreNLP without its models, 6 MB. */
  public static final MavenArtifact ARTIFACT =
      new MavenArtifact(
          "edu.stanford.nlp",
          "stanford-corenlp",
          "3.4.1",
          "7c1f481a716291f692335e89376ac7d3dc02a1f5ba5e75a9d7d250cc80d2dd62");

  private static final String MAIN = "edu.stanford.nlp.process.PTBTokenizer";

  private static final Set<String> PUNCTUATION =
      ImmutableSet.of(
          "''", "'", "``", "`", "-lrb-", "-rrb-", "-lcb-", "-rcb-", ".", "?", "!", ",", ":", "-",
          "--", "...", ";");

  private final Path jar;

  /** Tokenizes by the program in {@code jar}, CoreNLP 3.4.1. */
  public PtbTokenizer(Path jar) {
    this.jar = jar;
  }

  /**
   * Fetches the jar where it is not in the local Maven repository.
   *
   * @throws IOException when it cannot be fetched, with the command that would
   */
  public static PtbTokenizer fromMaven() throws IOException {
    return new PtbTokenizer(ARTIFACT.resolve(MavenArtifact.defaultRepository(), "mvn"));
  }

  /**
   * Tokens of each text; a line end within a text counts as a space.
   *
   * @throws IOException when the program cannot be run or ends with an error
   */
  @Override
  public List<List<String>> tokenize(List<String> texts) throws IOException {
    // All that this program takes for a line end.
    List<String> lines =
        texts.stream()
            .map(text -> text.replaceAll("[\\n\\r\\f\\u000B\\u0085\\u2028\\u2029]", " "))
            .toList();
    Path file = Files.createTempFile("bilora-", ".txt");
    try {
      Files.write(file, lines);
      return tokens(run(file), texts.size());
    } finally {
      Files.delete(file);
    }
  }

  private List<String> run(Path file) throws IOException {
    try (JavaProgram program =
        new JavaProgram(
            "PTBTokenizer",
            List.of(
                "-cp",
                jar.toString(),
                MAIN,
                "-preserveLines",
                "-lowerCase",
                "-encoding",
                "UTF-8",
                file.toString()))) {
      return program.answers();
    }
  }

  private static List<List<String>> tokens(List<String> lines, int texts) throws IOException {
    if (lines.size() != texts) {
      throw new IOException(
          "PTBTokenizer made %d lines of %d texts; %s is damaged, delete it from the Maven"
                  .formatted(lines.size(), texts, ARTIFACT.coordinates())
              + " repository to have it fetched again");
    }
    return lines.stream()
        .map(
            line ->
                TercomWords.of(line).stream().filter(word -> !PUNCTUATION.contains(word)).toList())
        .toList();
  }
}
