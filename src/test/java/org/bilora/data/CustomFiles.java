package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/** Files of a user's task in a folder of their own, and what is read of them. */
abstract class CustomFiles {
  static final String TSV = "text\tlabel\nA \"b.\tpos\nC.\tneg\nD.\tpos\n";

  @TempDir Path folder;

  void write(String name, String content) {
    try {
      Files.writeString(folder.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Dataset read() throws IOException {
    return Tasks.load("custom", Optional.of(folder));
  }

  Dataset readFile(String name) throws IOException {
    return Tasks.load("custom", Optional.of(folder.resolve(name)));
  }

  /** The message when a file of that content is given. */
  String problem(String name, String content) {
    write(name, content);
    return assertThrows(IOException.class, () -> readFile(name))
        .getMessage()
        .replace(folder.toString(), "DATA");
  }
}
