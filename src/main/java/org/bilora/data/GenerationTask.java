package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tasks that turn a meaning representation into a text, in the files of their own distributions.
 */
public enum GenerationTask {
  /** Restaurants: {@code trainset.csv}, {@code devset.csv}, {@code testset_w_refs.csv}. */
  E2E(new E2eFormat(), 0.9, "csv", "trainset", "devset", "testset_w_refs"),
  /**
   * WebNLG 2017, DBpedia triples: XML files anywhere below the folders {@code train}, {@code dev}
   * and {@code test}.
   */
  WEBNLG(new WebNlgFormat(), 0.8, "xml", "train", "dev", "test"),
  /** DART, triples of tables: {@code dart-v1.1.1-full-train.json} and so on. */
  DART(new DartFormat(), 0.8, "json", "train", "dev", "test");

  private final GenerationFormat format;
  private final double lengthPenalty;
  private final String extension;
  private final Map<String, String> files;

  GenerationTask(
      GenerationFormat format,
      double lengthPenalty,
      String extension,
      String train,
      String dev,
      String test) {
    this.format = format;
    this.lengthPenalty = lengthPenalty;
    this.extension = "." + extension;
    this.files = ImmutableMap.of(Dataset.TRAIN, train, Dataset.DEV, dev, Dataset.TEST, test);
  }

  /** The name on the command line, such as {@code e2e}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The length penalty of beam search that results on this task are published with. */
  public double lengthPenalty() {
    return lengthPenalty;
  }

  /**
   * A task by its name on the command line.
   *
   * @throws IllegalArgumentException naming the tasks there are
   */
  public static GenerationTask named(String name) {
    return withName(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "task is '%s'; it must be one of %s"
                        .formatted(
                            name,
                            Arrays.stream(values())
                                .map(GenerationTask::id)
                                .collect(Collectors.joining(", ")))));
  }

  /** A task by its name on the command line; empty when no generation task has it. */
  public static Optional<GenerationTask> withName(String name) {
    return Arrays.stream(values()).filter(task -> task.id().equals(name)).findFirst();
  }

  /**
   * Reads a task's folder.
   *
   * @param folder of the task's files
   * @throws IllegalArgumentException when there is none
   * @throws IOException when there are no files for {@code train} or {@code dev}, or one of them is
   *     not in the task's format: what, which file and line, what to do
   */
  public GenerationDataset read(Optional<Path> folder) throws IOException {
    return read(Tasks.required(id(), folder));
  }

  /**
   * The same from a folder that is there.
   *
   * @throws IOException as {@link #read(Optional)}
   */
  public GenerationDataset read(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException(
          "%s: %s; give the folder of task %s's files"
              .formatted(
                  folder,
                  Files.exists(folder) ? "it is not a folder" : "there is no such folder",
                  id()));
    }
    Hasher hasher = Hashing.sha256().newHasher();
    List<String> sources = new ArrayList<>();
    ImmutableMap.Builder<String, List<GenerationExample>> splits = ImmutableMap.builder();
    for (String split : files.keySet()) {
      List<Path> paths = files(folder, split);
      if (paths.isEmpty() && !split.equals(Dataset.TEST)) {
        throw new IOException(
            "%s: there is no %s in it; give the folder of task %s's files"
                .formatted(folder, wanted(split), id()));
      }
      Map<TextFile, List<GenerationExample>> read = new LinkedHashMap<>();
      for (Path path : paths) {
        read.put(new TextFile(path), readFile(path));
      }
      Set<TextFile> parts = partsOfOthers(read);
      ImmutableList.Builder<GenerationExample> examples = ImmutableList.builder();
      for (Map.Entry<TextFile, List<GenerationExample>> each : read.entrySet()) {
        TextFile file = each.getKey();
        if (parts.contains(file)) {
          sources.add(file.name() + " (is in another file as well: counted once)");
        } else {
          examples.addAll(each.getValue());
          sources.add(file.name());
          file.addTo(hasher, MoreFiles.asByteSource(file.path()).hash(Hashing.sha256()));
        }
      }
      if (!paths.isEmpty()) {
        splits.put(split, examples.build());
      }
    }
    return new GenerationDataset(
        this, splits.buildOrThrow(), String.join(", ", sources), hasher.hash().toString());
  }

  /**
   * Reads one file of the task, such as the references of its test set.
   *
   * @throws IOException as for {@link #read}
   */
  public List<GenerationExample> readFile(Path file) throws IOException {
    TextFile text = new TextFile(file);
    List<GenerationExample> examples = format.read(text, Hashing.sha256().newHasher());
    if (examples.isEmpty()) {
      throw text.problem("it has no examples; get the file anew");
    }
    return examples;
  }

  /**
   * Reads meaning representations without references, one per line: in the text form, such as
   * {@code name : Blue Spice | area : riverside}, or for E2E as its files have them, too.
   *
   * @throws IOException when the file is missing, empty or not UTF-8, or a line is empty or
   *     damaged: which line, what to do
   */
  public List<GenerationExample> readLines(Path file) throws IOException {
    ImmutableList.Builder<GenerationExample> examples = ImmutableList.builder();
    new TextFile(file)
        .forEachLine(
            Hashing.sha256().newHasher(),
            line -> examples.add(new GenerationExample(context(line), ImmutableList.of())));
    return examples.build();
  }

  private String context(TextFile.Line line) throws IOException {
    if (line.text().isBlank()) {
      throw line.problem("the meaning representation is empty; write it or delete the line");
    }
    Mojibake.refuse(line.text(), line);
    return this == E2E && E2eFormat.looksLikeOne(line.text())
        ? E2eFormat.linearize(line.text(), line)
        : line.text().strip();
  }

  private String wanted(String split) {
    return switch (this) {
      case E2E -> files.get(split) + extension;
      case WEBNLG -> "folder %s with XML files".formatted(files.get(split));
      case DART -> "dart-…-%s.json".formatted(files.get(split));
    };
  }

  /** The files of a split, in the order of their paths. */
  private List<Path> files(Path folder, String split) throws IOException {
    return switch (this) {
      case E2E -> named(folder, files.get(split) + extension);
      case DART -> named(folder, "dart-.*-" + files.get(split) + "\\.json");
      case WEBNLG -> {
        Path below = folder.resolve(files.get(split));
        yield Files.isDirectory(below) ? withTexts(below) : List.of();
      }
    };
  }

  private static List<Path> named(Path folder, String pattern) throws IOException {
    return TextFile.in(folder).stream()
        .filter(path -> path.getFileName().toString().matches(pattern))
        .toList();
  }

  /** Files all of whose examples stand in another one, too; of two equal files the later one. */
  private static Set<TextFile> partsOfOthers(Map<TextFile, List<GenerationExample>> read) {
    Map<TextFile, Set<GenerationExample>> known = new LinkedHashMap<>();
    Set<TextFile> parts = new HashSet<>();
    read.forEach(
        (file, list) -> {
          Set<GenerationExample> examples = new HashSet<>(list);
          known.forEach(
              (earlier, others) -> {
                if (others.containsAll(examples)) {
                  parts.add(file);
                } else if (examples.containsAll(others)) {
                  parts.add(earlier);
                }
              });
          known.put(file, examples);
        });
    return parts;
  }

  /** The test set comes twice, once without texts: of two such files the one with them counts. */
  private List<Path> withTexts(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      List<Path> all = paths.filter(path -> path.toString().endsWith(extension)).sorted().toList();
      List<Path> with =
          all.stream().filter(path -> path.getFileName().toString().contains("with_lex")).toList();
      return with.isEmpty() ? all : with;
    }
  }
}
