package org.bilora.data;

import com.google.common.hash.Hasher;
import java.io.IOException;
import java.util.List;

/** Reads the files of one generation task. */
@FunctionalInterface
interface GenerationFormat {
  /**
   * Reads one file.
   *
   * @param hasher takes the file's name and the hash of its bytes
   * @throws IOException when something in it is not as the format wants: file, line, what to do
   */
  List<GenerationExample> read(TextFile file, Hasher hasher) throws IOException;

  /** Line ends within a text become spaces: a text is one line everywhere in this project. */
  static String oneLine(String text) {
    return text.replaceAll("\\s*\\R\\s*", " ").strip();
  }
}
