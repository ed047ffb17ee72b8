package org.bilora.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The integer-named folders below a model's base folder; a server serves the largest. */
final class VersionDirectories {
  private static final Pattern VERSION = Pattern.compile("[0-9]{1,18}");

  private VersionDirectories() {}

  /** The largest version there is. */
  static OptionalLong largest(Path base) throws IOException {
    if (!Files.isDirectory(base)) {
      return OptionalLong.empty();
    }
    try (Stream<Path> entries = Files.list(base)) {
      return entries
          .filter(Files::isDirectory)
          .map(entry -> entry.getFileName().toString())
          .filter(name -> VERSION.matcher(name).matches())
          .mapToLong(Long::parseLong)
          .max();
    }
  }

  /**
   * The folder to write: the version asked for, or one above the largest.
   *
   * @throws IOException when that version exists already
   */
  static Path next(Path base, OptionalLong asked) throws IOException {
    if (asked.isPresent() && asked.getAsLong() < 1) {
      throw new IllegalArgumentException(
          "version is %d; it must be 1 or more".formatted(asked.getAsLong()));
    }
    long version = asked.isPresent() ? asked.getAsLong() : largest(base).orElse(0) + 1;
    Path directory = base.resolve(Long.toString(version));
    if (Files.exists(directory)) {
      throw new IOException(
          "%s exists already; choose another version, or leave it out to get the next one"
              .formatted(directory));
    }
    return directory;
  }

  /**
   * The version folder that a user means.
   *
   * @param directory a version folder, or a base folder, of which the largest version is taken
   */
  static Path resolve(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException(
          "%s is not a folder; give the folder that was exported to".formatted(directory));
    }
    if (VERSION.matcher(directory.toAbsolutePath().normalize().getFileName().toString()).matches()
        || Files.exists(directory.resolve("saved_model.pb"))) {
      return directory;
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(Files::isDirectory)
          .filter(entry -> VERSION.matcher(entry.getFileName().toString()).matches())
          .max(
              java.util.Comparator.comparingLong(
                  entry -> Long.parseLong(entry.getFileName().toString())))
          .orElseThrow(
              () ->
                  new IOException(
                      "%s holds no exported version (a folder with an integer name)"
                          .formatted(directory)));
    }
  }
}
