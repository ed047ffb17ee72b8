package org.bilora.scale.spark;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.List;

/** What became of a cell on an executor. */
sealed interface CellOutcome extends Serializable {

  /**
   * It has a result.
   *
   * @param json the result's
   * @param warnings for the user
   */
  record Finished(byte[] json, List<String> warnings) implements CellOutcome {}

  /** It failed by itself, and would again. */
  record Failed(RuntimeException failure) implements CellOutcome {
    /** Of an exception that can be sent, or of its text. */
    static Failed of(RuntimeException failure) {
      try (ObjectOutputStream out = new ObjectOutputStream(OutputStream.nullOutputStream())) {
        out.writeObject(failure);
        return new Failed(failure);
      } catch (IOException e) {
        return new Failed(new IllegalStateException(failure.toString()));
      }
    }
  }

  /** The host cannot run any cell: why. */
  record Refused(String reason) implements CellOutcome {}

  /** It was not begun, or was stopped on request. */
  record Left() implements CellOutcome {}
}
