package org.bilora.eval.generation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * METEOR 1.5 (Denkowski and Lavie 2014) by its authors' own program, {@code meteor-1.5.jar}, which
 * the user brings with its {@code data} folder beside it: it is under the LGPL and on no public
 * repository. It aligns words by form, stem, WordNet synonym and paraphrase table, and nothing less
 * deserves the name, so without the jar there is no METEOR.
 *
 * <p>It is asked as the COCO caption scripts ask it: English, normalized, on the tokens of {@link
 * PtbTokenizer}; its score of the corpus is the result.
 *
 * @param jar the official jar
 */
public record Meteor(Path jar) {
  private static final String SCORER = "edu/cmu/meteor/scorer/MeteorScorer.class";
  private static final String BAR = " ||| ";

  /**
   * A jar that holds METEOR.
   *
   * @throws IOException when it is missing, no jar, or another program's
   */
  public static Meteor of(Path jar) throws IOException {
    if (!Files.isRegularFile(jar)) {
      throw new IOException(jar + ": there is no such file; give the path of meteor-1.5.jar");
    }
    try (ZipFile file = new ZipFile(jar.toFile())) {
      if (file.getEntry(SCORER) == null) {
        throw new IOException(jar + ": it is not METEOR's jar; give the path of meteor-1.5.jar");
      }
    } catch (ZipException e) {
      throw new IOException(jar + ": it is not a jar; give the path of meteor-1.5.jar", e);
    }
    return new Meteor(jar);
  }

  /**
   * The score of the corpus, from 0 to 1.
   *
   * @throws IOException when the program fails, or does not answer as METEOR 1.5 does
   */
  public double score(TokenizedCorpus corpus) throws IOException {
    try (JavaProgram program =
        new JavaProgram(
            "METEOR",
            List.of(
                "-Xmx2G",
                "-jar",
                jar.toAbsolutePath().toString(),
                "-",
                "-",
                "-stdio",
                "-l",
                "en",
                "-norm"))) {
      StringBuilder statistics = new StringBuilder("EVAL");
      for (int i = 0; i < corpus.size(); i++) {
        StringBuilder request = new StringBuilder("SCORE");
        for (List<String> reference : corpus.references().get(i)) {
          request.append(BAR).append(text(reference));
        }
        program.send(request.append(BAR).append(text(corpus.outputs().get(i))).toString());
        statistics.append(BAR).append(program.answer().strip());
      }
      program.send(statistics.toString());
      for (int i = 0; i < corpus.size(); i++) {
        number(program.answer());
      }
      return number(program.answer());
    }
  }

  private static String text(List<String> tokens) {
    return String.join(" ", tokens).replace("|||", "");
  }

  private static double number(String answer) throws IOException {
    try {
      return Double.parseDouble(answer.strip());
    } catch (NumberFormatException e) {
      throw new IOException(
          "METEOR answered '%s' where a score belongs; the jar must be version 1.5"
              .formatted(answer),
          e);
    }
  }
}
