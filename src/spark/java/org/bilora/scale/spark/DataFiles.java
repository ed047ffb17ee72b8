package org.bilora.scale.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.bilora.data.TextRows;

/**
 * The files of a data set on any file system of Hadoop's, in the order of their names.
 *
 * @param root the file or folder as it was asked for, with its file system
 * @param files what is read
 */
record DataFiles(Path root, List<Path> files) {

  /** How rows are written. */
  enum Form {
    /** Columns with types. */
    PARQUET(Optional.empty()),
    /** As {@code predict} reads and writes them. */
    CSV(Optional.of(TextRows.Format.CSV)),
    /** Likewise. */
    TSV(Optional.of(TextRows.Format.TSV)),
    /** Likewise. */
    JSONL(Optional.of(TextRows.Format.JSONL)),
    /** Likewise. */
    LINES(Optional.of(TextRows.Format.LINES));

    private final Optional<TextRows.Format> text;

    Form(Optional<TextRows.Format> text) {
      this.text = text;
    }

    /** That of text; empty for Parquet. */
    Optional<TextRows.Format> text() {
      return text;
    }

    /** What a name says; lines where it says nothing. */
    static Form of(String name) {
      if (name.toLowerCase(Locale.ROOT).endsWith(".parquet")) {
        return PARQUET;
      }
      return of(TextRows.Format.of(java.nio.file.Path.of(name)));
    }

    private static Form of(TextRows.Format text) {
      return valueOf(text.name());
    }

    /** How answers to such rows are written under that name: as {@code predict} chooses it. */
    Form ofAnswers(String name) {
      Form named = of(name);
      if (this == PARQUET || named == PARQUET) {
        return named == LINES ? this : named;
      }
      return of(text.orElseThrow().ofAnswers(java.nio.file.Path.of(name)));
    }
  }

  /**
   * Lists them.
   *
   * @param name a file or a folder of files, whose names do not begin with a dot or underscore
   * @throws IOException when there is none
   */
  static DataFiles list(String name, Configuration hadoop) throws IOException {
    Path path = new Path(name);
    FileSystem system = path.getFileSystem(hadoop);
    Path root = system.makeQualified(path);
    if (!system.exists(root)) {
      throw new IOException(name + ": no such file or folder");
    }
    if (!system.getFileStatus(root).isDirectory()) {
      return new DataFiles(root, List.of(root));
    }
    List<Path> files = new ArrayList<>();
    for (FileStatus file : system.listStatus(root)) {
      if (file.isFile() && !file.getPath().getName().matches("[._].*")) {
        files.add(file.getPath());
      }
    }
    if (files.isEmpty()) {
      throw new IOException(name + ": there is no file in this folder");
    }
    files.sort(Comparator.comparing(Path::getName));
    return new DataFiles(root, List.copyOf(files));
  }

  /** What the root's name says, or else that of the first file. */
  Form form() {
    Form named = Form.of(root.getName());
    return named == Form.LINES ? Form.of(files.get(0).getName()) : named;
  }

  /** Where a path is on this machine; empty for another file system. */
  static Optional<java.nio.file.Path> local(Path path) {
    return "file".equals(path.toUri().getScheme())
        ? Optional.of(java.nio.file.Path.of(path.toUri().getPath()))
        : Optional.empty();
  }
}
