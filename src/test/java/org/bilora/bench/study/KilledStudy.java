package org.bilora.bench.study;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A process that runs a small study, to be killed. */
final class KilledStudy {
  private KilledStudy() {}

  /** Both levels, so that a checkpoint holds all that one can hold. */
  static Study study() {
    return TinyStudies.study(
        List.of("classes", "scores"), 3, TinyStudies.SETTINGS, List.of("lora", "first-order"));
  }

  /** The study's directory. */
  public static void main(String[] arguments) throws IOException {
    TinyStudies.run(study(), Path.of(arguments[0]), new TinyStudies.Heard());
  }
}
