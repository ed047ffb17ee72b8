package org.bilora.eval.generation;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Answers as METEOR's {@code -stdio} does, with lengths for statistics and their sum for scores.
 */
final class StandInMeteor {
  private StandInMeteor() {}

  public static void main(String[] arguments) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.startsWith("SCORE ||| ")) {
        System.out.println(line.length());
      } else {
        double sum = 0;
        for (String part : line.replace("EVAL ||| ", "").split(" \\|\\|\\| ")) {
          System.out.println(part);
          sum += Double.parseDouble(part);
        }
        System.out.println(sum);
      }
    }
  }

  /** Ends at once. */
  static final class Broken {
    private Broken() {}

    public static void main(String[] arguments) {
      System.err.println("loading");
      System.err.println("no paraphrases");
      System.exit(3);
    }
  }
}
