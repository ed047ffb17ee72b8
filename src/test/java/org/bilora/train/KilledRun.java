package org.bilora.train;

import java.io.IOException;
import java.nio.file.Path;

/** A process that trains and dies, without any clean-up, after a given step. */
final class KilledRun {
  private KilledRun() {}

  /** Directory and step. */
  public static void main(String[] arguments) throws IOException {
    long last = Long.parseLong(arguments[1]);
    TrainingListener killer =
        new TrainingListener() {
          @Override
          public void stepFinished(Progress progress) {
            if (progress.step() == last) {
              Runtime.getRuntime().halt(137);
            }
          }
        };
    TinyRuns.trainer(Path.of(arguments[0]), TinyRuns.settings(TinyRuns.BILORA), killer).train();
  }
}
