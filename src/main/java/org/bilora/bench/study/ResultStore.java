package org.bilora.bench.study;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The result files of a study: one per finished cell, each written at once and never changed. */
public final class ResultStore {
  private static final String JSON = ".json";

  private final Path folder;
  private final Consumer<String> warnings;
  private int others;

  /**
   * The results in a study's directory.
   *
   * @param warnings hears of files that were set aside
   */
  public ResultStore(Path directory, Consumer<String> warnings) {
    this.folder = directory.resolve("cells");
    this.warnings = warnings;
  }

  /**
   * The results there are, in the cells' order. A damaged file is set aside, so that its cell
   * counts as not run.
   *
   * @throws IOException when a file cannot be read or moved
   */
  public Map<Cell, CellResult> read(Collection<Cell> cells) throws IOException {
    Map<Cell, CellResult> stored = new HashMap<>();
    for (Path file : files()) {
      try {
        CellResult result = ResultFile.read(file);
        stored.put(result.cell(), result);
      } catch (ResultFile.DamagedException e) {
        Path aside = aside(file);
        Files.move(file, aside);
        warnings.accept(
            "%s is damaged (%s); it is set aside as %s and its cell is run again"
                .formatted(file, e.getMessage(), aside.getFileName()));
      } catch (AccessDeniedException e) {
        throw e;
      } catch (IOException e) {
        warnings.accept(
            "%s was written by another version of this program (%s); it is left alone and its cell"
                    .formatted(file, e.getMessage())
                + " is run again");
      }
    }
    Map<Cell, CellResult> results = new LinkedHashMap<>();
    for (Cell cell : cells) {
      CellResult result = stored.get(cell);
      if (result != null) {
        results.put(cell, result);
      }
    }
    others = stored.size() - results.size();
    return ImmutableMap.copyOf(results);
  }

  /** How many of the files read last belong to none of the cells: to other settings, mostly. */
  public int others() {
    return others;
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(JSON)).sorted().toList();
    }
  }

  /** Writes the result of a cell. */
  void write(CellResult result) throws IOException {
    Files.createDirectories(folder);
    ResultFile.write(folder.resolve(result.cell().fileName() + JSON), result);
  }

  /** Removes what a killed writer left behind. */
  void removePartialFiles() throws IOException {
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> partial = Files.newDirectoryStream(folder, ".*.part")) {
        for (Path file : partial) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static Path aside(Path file) {
    for (int number = 1; ; number++) {
      Path aside = file.resolveSibling("%s.damaged-%d".formatted(file.getFileName(), number));
      if (!Files.exists(aside)) {
        return aside;
      }
    }
  }
}
