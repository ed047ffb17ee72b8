package org.bilora.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.bilora.method.Lora;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;

/**
 * Tiny exported models for the tests of what serves them: the words w0 to w19, classes a, b, c ….
 */
public final class TinyExports {
  private TinyExports() {}

  /**
   * Exports a model with random trained values.
   *
   * @param labels classes; 1 is a regression task
   * @return the version folder
   */
  public static Path write(Path base, int labels, long version, long seed) throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(seed))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, labels, Lora.USUAL);
      return SavedModelExport.write(
              trained.merged(), trained.references(), base, OptionalLong.of(version))
          .directory();
    }
  }
}
