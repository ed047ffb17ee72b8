package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tasks that turn a meaning representation into a text, in the files of their own distributions.
 */
public enum GenerationTask {
  /** Restaurants: {@code trainset.csv}, {@code devset.csv}, {@code testset_w_refs.csv}. */
  E2E(new E2eFormat(), "csv", "trainset", "devset", "testset_w_refs"),
  /**
   * WebNLG 2017, DBpedia triples: XML files anywhere below the folders {@code train}, {@code dev}
   * and {@code test}.
   */
  WEBNLG(new WebNlgFormat(), "xml", "train", "dev", "test"),
  /** DART, triples of tables: {@code dart-v1.1.1-full-train.json} and so on. */
  DART(new DartFormat(), "json", "train", "dev", "test");

  private final GenerationFormat format;
  private final String extension;
  private final ImmutableMap<String, String> files;

  GenerationTask(GenerationFormat format, String extension, String train, String dev, String test) {
    this.format = format;
    this.extension = "." + extension;
    this.files = ImmutableMap.of(Dataset.TRAIN, train, Dataset.DEV, dev, Dataset.TEST, test);
  }

  /** The name on the command line, such as {@code e2e}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * A task by its name on the command line.
   *
   * @throws IllegalArgumentException naming the tasks there are
   */
  public static GenerationTask named(String name) {
    return Arrays.stream(values())
        .filter(task -> task.id().equals(name))
        .findFirst()
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

  /**
   * Reads a task's folder.
   *
   * @throws IOException when there are no files for {@code train} or {@code dev}, or one of them is
   *     not in the task's format: what, which file and line, what to do
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
    ImmutableMap.Builder<String, ImmutableList<GenerationExample>> splits = ImmutableMap.builder();
    for (String split : files.keySet()) {
      List<Path> paths = files(folder, split);
      if (paths.isEmpty() && !split.equals(Dataset.TEST)) {
        throw new IOException(
            "%s: there is no %s in it; give the folder of task %s's files"
                .formatted(folder, wanted(split), id()));
      }
      ImmutableList.Builder<GenerationExample> examples = ImmutableList.builder();
      for (Path path : paths) {
        examples.addAll(readFile(path, hasher));
        sources.add(path.getFileName().toString());
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
  public ImmutableList<GenerationExample> readFile(Path file) throws IOException {
    return readFile(file, Hashing.sha256().newHasher());
  }

  private ImmutableList<GenerationExample> readFile(Path path, Hasher hasher) throws IOException {
    TextFile file = new TextFile(path);
    ImmutableList<GenerationExample> examples = format.read(file, hasher);
    if (examples.isEmpty()) {
      throw file.problem("it has no examples; get the file anew");
    }
    return examples;
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
