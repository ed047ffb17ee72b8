package org.bilora.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bilora.method.OptimizerSettings;

/** A process that trains a run, or goes on with it, and says so at every step. */
final class SignalledRun {
  private static final int EPOCHS = 30;

  private SignalledRun() {}

  static Trainer trainer(Path directory, TrainingListener... listeners) {
    OptimizerSettings optimizer = new OptimizerSettings(0.01, 0.01, 0.9, 0.999, 1e-8, 0.1, 1);
    return TinyRuns.trainer(
        directory, TinyRuns.settings(TinyRuns.LORA, optimizer, EPOCHS, 0), listeners);
  }

  /** Directory. */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    TrainingListener speaker =
        new TrainingListener() {
          @Override
          public void stepFinished(Progress progress) {
            System.out.println("step");
            System.out.flush();
          }
        };
    Trainer trainer = trainer(directory, speaker);
    if (Files.exists(directory.resolve("run.json"))) {
      trainer.resume();
    } else {
      trainer.train();
    }
  }
}
