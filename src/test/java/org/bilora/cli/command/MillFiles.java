package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** E2E files of a dozen sentences about mills. */
final class MillFiles {
  private MillFiles() {}

  /**
   * Writes the three files into a new folder {@code e2e}.
   *
   * @return that folder
   */
  static Path write(Path parent) throws IOException {
    Path data = Files.createDirectory(parent.resolve("e2e"));
    List<String> rows = new ArrayList<>(List.of("mr,ref"));
    for (int i = 0; i < 12; i++) {
      rows.add("name[A%d],A%d is a mill.".formatted(i, i));
    }
    Files.write(data.resolve("trainset.csv"), rows);
    Files.write(data.resolve("devset.csv"), rows.subList(0, 6));
    Files.write(data.resolve("testset_w_refs.csv"), rows.subList(0, 8));
    return data;
  }
}
