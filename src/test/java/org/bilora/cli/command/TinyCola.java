package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** GLUE's CoLA with 32 made sentences. */
final class TinyCola {
  private TinyCola() {}

  /** Writes its files into the task's folder below that of GLUE. */
  static void write(Path glue) throws IOException {
    Path cola = Files.createDirectories(glue.resolve("CoLA"));
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      String sentence = "the river runs " + "slowly ".repeat(i % 3) + (i % 2 == 0 ? "." : "?");
      lines.add("made\t%d\t\t%s".formatted(i % 2, sentence));
    }
    Files.write(cola.resolve("train.tsv"), lines);
    Files.write(cola.resolve("dev.tsv"), lines.subList(0, 12));
  }
}
