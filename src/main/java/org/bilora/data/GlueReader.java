package org.bilora.data;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads GLUE's tab-separated files. A quotation mark in them is a quotation mark: nothing is
 * quoted, and nothing escaped.
 */
final class GlueReader {
  private static final Logger LOG = LoggerFactory.getLogger(GlueReader.class);
  private static final Splitter TABS = Splitter.on('\t');
  private static final String DOWNLOAD =
      "download GLUE's %s from https://gluebenchmark.com/tasks, unpack it, and give its folder";

  private final GlueTask glue;
  private final Task task;
  private final Hasher hasher = Hashing.sha256().newHasher();
  private final List<String> sources = new ArrayList<>();

  private GlueReader(GlueTask glue) {
    this.glue = glue;
    this.task = glue.task();
  }

  /**
   * Reads a task.
   *
   * @param data the task's folder, or GLUE's folder above it
   */
  static Dataset read(GlueTask glue, Path data) throws IOException {
    return new GlueReader(glue).read(data);
  }

  private Dataset read(Path data) throws IOException {
    Path folder = folder(data);
    ImmutableMap.Builder<String, List<Example>> splits = ImmutableMap.builder();
    for (Map.Entry<String, String> entry : glue.files().entrySet()) {
      String split = entry.getKey();
      Optional<Path> path = child(folder, name -> name.equalsIgnoreCase(entry.getValue()));
      if (path.isPresent()) {
        TextFile file = new TextFile(path.get());
        List<Example> examples = examples(split, file);
        if (split.equals(Dataset.TRAIN)) {
          Targets.requireVariety(task, examples, file);
        }
        splits.put(split, examples);
      } else if (!isTest(split)) {
        throw new IOException(
            "%s: there is no %s in it; %s"
                .formatted(folder, entry.getValue(), DOWNLOAD.formatted(glue.folder)));
      }
    }
    return new Dataset(
        task, splits.buildOrThrow(), String.join(", ", sources), hasher.hash().toString());
  }

  private Path folder(Path data) throws IOException {
    if (!Files.isDirectory(data)) {
      throw new IOException(
          "%s: %s; %s"
              .formatted(
                  data,
                  Files.exists(data) ? "it is not a folder" : "there is no such folder",
                  DOWNLOAD.formatted(glue.folder)));
    }
    String train = glue.files().get(Dataset.TRAIN);
    if (child(data, name -> name.equalsIgnoreCase(train)).isPresent()) {
      return data;
    }
    Optional<Path> below = child(data, glue::matches);
    if (below.isEmpty() || !Files.isDirectory(below.get())) {
      throw new IOException(
          "%s: there is neither %s nor %s/%s in it; %s"
              .formatted(data, train, glue.folder, train, DOWNLOAD.formatted(glue.folder)));
    }
    return below.get();
  }

  private static Optional<Path> child(Path folder, Predicate<String> wanted) throws IOException {
    return TextFile.in(folder).stream()
        .filter(path -> wanted.test(path.getFileName().toString()))
        .findFirst();
  }

  private List<Example> examples(String split, TextFile file) throws IOException {
    Rows rows = new Rows(split);
    file.forEachLine(hasher, rows::read);
    if (rows.broken * 1000L > (long) rows.examples.size() * glue.brokenRowsPerThousand()) {
      throw rows.firstBroken;
    }
    if (rows.broken > 0) {
      LOG.warn("{}: {} broken rows left out", file.path(), rows.broken);
    }
    sources.add(
        rows.broken > 0
            ? "%s (%d broken rows left out)".formatted(file.name(), rows.broken)
            : file.name());
    if (rows.examples.isEmpty()) {
      throw file.problem("it has a header and no examples; " + DOWNLOAD.formatted(glue.folder));
    }
    return ImmutableList.copyOf(rows.examples);
  }

  private static boolean isTest(String split) {
    return split.startsWith(Dataset.TEST);
  }

  /** The rows of one file. */
  private final class Rows {
    private final GlueTask.Columns columns;
    private final boolean labelled;
    private final List<Example> examples = new ArrayList<>();
    private List<String> header;
    private int text;
    private int pair;
    private int label;
    private int broken;
    private IOException firstBroken;

    private Rows(String split) {
      this.columns = glue.columns(split);
      this.labelled = !isTest(split);
    }

    private void read(TextFile.Line line) throws IOException {
      if (line.isEmpty()) {
        return;
      }
      List<String> cells = TABS.splitToList(line.text());
      if (header == null) {
        header = columns.withoutHeader().isPresent() ? columns.withoutHeader().get() : cells;
        text = column(columns.text(), line);
        pair = columns.pair().isPresent() ? column(columns.pair().get(), line) : -1;
        label = labelled ? column(columns.label(), line) : header.indexOf(columns.label());
        if (columns.withoutHeader().isEmpty()) {
          return;
        }
      }
      if (cells.size() != header.size()) {
        broken++;
        IOException problem =
            line.problem(
                "%d columns where %d are needed (%s); repair or delete the line"
                    .formatted(cells.size(), header.size(), String.join(", ", header)));
        firstBroken = firstBroken == null ? problem : firstBroken;
        return;
      }
      examples.add(
          new Example(
              cells.get(text),
              pair < 0 ? Optional.empty() : Optional.of(cells.get(pair)),
              label < 0
                  ? OptionalDouble.empty()
                  : OptionalDouble.of(Targets.of(task, cells.get(label), line))));
    }

    private int column(String name, TextFile.Line line) throws IOException {
      int index = header.indexOf(name);
      if (index < 0) {
        throw line.problem(
            "no column '%s' among %s; %s".formatted(name, header, DOWNLOAD.formatted(glue.folder)));
      }
      return index;
    }
  }
}
