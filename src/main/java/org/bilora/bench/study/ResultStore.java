package org.bilora.bench.study;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.bilora.train.RunJson;
import org.bilora.weights.AtomicFile;

/** The result files of a study: one per finished cell, each written at once and never changed. */
public final class ResultStore {
  private static final String JSON = ".json";

  private final Path folder;
  private final Consumer<String> warnings;

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
  public ImmutableMap<Cell, CellResult> read(Collection<Cell> cells) throws IOException {
    Map<Cell, CellResult> results = new LinkedHashMap<>();
    for (Cell cell : cells) {
      Optional<CellResult> result = read(cell);
      if (result.isPresent()) {
        results.put(cell, result.get());
      }
    }
    return ImmutableMap.copyOf(results);
  }

  private Optional<CellResult> read(Cell cell) throws IOException {
    Path file = file(cell);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    String damage;
    try {
      CellResult result = RunJson.read(file, Files.readAllBytes(file), CellResult.class);
      if (result.formatVersion() != CellResult.FORMAT_VERSION) {
        throw new IOException(
            "%s: format_version is %d, this program reads %d; use the version that wrote it"
                .formatted(file, result.formatVersion(), CellResult.FORMAT_VERSION));
      }
      if (result.intact() && result.cell().equals(cell)) {
        return Optional.of(result);
      }
      damage = "its content is not what was written";
    } catch (IOException e) {
      if (e.getCause() == null) {
        throw e;
      }
      damage = String.valueOf(e.getCause().getMessage()).lines().findFirst().orElse("");
    }
    Path aside = aside(file);
    Files.move(file, aside);
    warnings.accept(
        "%s is damaged (%s); it is set aside as %s and its cell is run again"
            .formatted(file, damage, aside.getFileName()));
    return Optional.empty();
  }

  /** Writes the result of a cell. */
  void write(CellResult result) throws IOException {
    Files.createDirectories(folder);
    byte[] json = RunJson.write(result);
    AtomicFile.write(file(result.cell()), out -> out.write(json));
  }

  /** How many result files belong to none of these cells: to other settings, or none any more. */
  public int others(Collection<Cell> cells) throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    Set<Path> own = cells.stream().map(this::file).collect(Collectors.toSet());
    int others = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + JSON)) {
      for (Path file : files) {
        others += own.contains(file) ? 0 : 1;
      }
    }
    return others;
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

  private Path file(Cell cell) {
    return folder.resolve(cell.fileName() + JSON);
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
