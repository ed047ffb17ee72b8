package org.bilora.export;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A form in which trained models leave this program. Everything written in one form looks alike;
 * {@link ExportFormat} lists the forms.
 */
public interface ExportForm {

  /** What the directory is called in a report. */
  String id();

  /** The folder that exports of this form go to by default. */
  String folder();

  /**
   * Writes an encoder; it appears whole or not at all.
   *
   * @throws ExportRefusedException when it has something that the form has no place for, or what
   *     was written differs from the trained model
   * @throws IOException when it cannot be written
   */
  Written encoder(TrainedEncoder model, Path target) throws IOException;

  /**
   * Writes a decoder; it appears whole or not at all.
   *
   * @throws ExportRefusedException as {@link #encoder}
   * @throws IOException when it cannot be written
   */
  Written decoder(TrainedDecoder model, Path target) throws IOException;
}
