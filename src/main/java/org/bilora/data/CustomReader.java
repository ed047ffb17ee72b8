package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads a user's own files: a folder with {@code train.*}, {@code dev.*} (or {@code validation.*})
 * and perhaps {@code test.*}, or one file of which a tenth becomes the dev split.
 *
 * <p>A column {@code score}, or labels that are numbers of more than {@value
 * #MOST_NUMBERED_CLASSES} different values, make a regression task; other labels are classes, in
 * numerical or alphabetical order.
 */
final class CustomReader {
  private static final int MOST_NUMBERED_CLASSES = 20;
  private static final double TRAIN_FRACTION = 0.9;
  private static final long SEED = 1;
  private static final ImmutableMap<String, List<String>> STEMS =
      ImmutableMap.of(
          Dataset.TRAIN, List.of("train"),
          Dataset.DEV, List.of("dev", "validation"),
          Dataset.TEST, List.of("test"));

  private CustomReader() {}

  /** Reads files whose training split says what the classes are. */
  static Dataset read(Path data) throws IOException {
    return read(Optional.empty(), data);
  }

  /** Reads files with the classes of a known task; a folder may then lack any split but one. */
  static Dataset read(Task task, Path data) throws IOException {
    return read(Optional.of(task), data);
  }

  private static Dataset read(Optional<Task> known, Path data) throws IOException {
    if (Files.isDirectory(data)) {
      return readFolder(known, data);
    }
    if (!Files.exists(data)) {
      throw new IOException(
          "%s: there is no such file or folder; give a folder with %s, or one file"
              .formatted(data, fileNames("train") + " and " + fileNames("dev")));
    }
    return readFile(known, new TextFile(data));
  }

  private static Dataset readFolder(Optional<Task> known, Path folder) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    Map<String, CustomTable> tables = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> split : STEMS.entrySet()) {
      Optional<Path> path = file(folder, split.getValue());
      if (path.isPresent()) {
        tables.put(split.getKey(), CustomTable.read(new TextFile(path.get()), hasher));
      } else if (known.isEmpty() && !split.getKey().equals(Dataset.TEST)) {
        throw new IOException(
            "%s: there is no %s in it; add it, or give one file to be split"
                .formatted(
                    folder,
                    split.getValue().stream()
                        .map(CustomReader::fileNames)
                        .collect(Collectors.joining(" or "))));
      }
    }
    if (tables.isEmpty()) {
      throw new IOException(
          "%s: there is none of %s in it"
              .formatted(
                  folder,
                  STEMS.values().stream()
                      .flatMap(List::stream)
                      .map(CustomReader::fileNames)
                      .collect(Collectors.joining(", "))));
    }
    Task task = known.isPresent() ? known.get() : task(tables.get(Dataset.TRAIN));
    ImmutableMap.Builder<String, ImmutableList<Example>> splits = ImmutableMap.builder();
    for (Map.Entry<String, CustomTable> entry : tables.entrySet()) {
      ImmutableList<Example> examples =
          examples(task, entry.getValue(), !entry.getKey().equals(Dataset.TEST));
      if (entry.getKey().equals(Dataset.TRAIN)) {
        Targets.requireVariety(task, examples, entry.getValue().file());
      }
      splits.put(entry.getKey(), examples);
    }
    String source =
        tables.values().stream()
            .map(table -> table.file().name())
            .collect(Collectors.joining(", "));
    return new Dataset(task, splits.buildOrThrow(), source, hasher.hash().toString());
  }

  private static Dataset readFile(Optional<Task> known, TextFile file) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    CustomTable table = CustomTable.read(file, hasher);
    Task task = known.isPresent() ? known.get() : task(table);
    ImmutableList<Example> examples = examples(task, table, true);
    if (examples.size() < 2) {
      throw file.problem("it has a single example; there must be two or more");
    }
    StratifiedSplit split = StratifiedSplit.of(examples, task, TRAIN_FRACTION, SEED);
    if (known.isEmpty()) {
      Targets.requireVariety(task, split.lower(), file);
    }
    return new Dataset(
        task,
        ImmutableMap.of(Dataset.TRAIN, split.lower(), Dataset.DEV, split.upper()),
        "%s (split 9:1 by class, seed %d)".formatted(file.name(), SEED),
        hasher.hash().toString());
  }

  /** The one file of a split in a folder. */
  private static Optional<Path> file(Path folder, List<String> stems) throws IOException {
    List<Path> found =
        TextFile.in(folder).stream()
            .filter(
                path -> {
                  String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
                  return stems.stream()
                      .flatMap(stem -> CustomTable.EXTENSIONS.stream().map(end -> stem + "." + end))
                      .anyMatch(name::equals);
                })
            .toList();
    if (found.size() > 1) {
      throw new IOException(
          "%s: both %s and %s are in it; keep one"
              .formatted(folder, found.get(0).getFileName(), found.get(1).getFileName()));
    }
    return found.stream().findFirst();
  }

  private static String fileNames(String stem) {
    return stem + "." + String.join("|", CustomTable.EXTENSIONS);
  }

  private static Task task(CustomTable train) throws IOException {
    List<String> written = new ArrayList<>();
    for (CustomTable.Row row : train.rows()) {
      written.add(target(row));
    }
    List<String> distinct = written.stream().distinct().toList();
    boolean numbers = distinct.stream().allMatch(Targets::isNumber);
    boolean regression = train.scored() || (numbers && distinct.size() > MOST_NUMBERED_CLASSES);
    if (regression) {
      return new Task(
          "custom",
          train.pairs(),
          ImmutableList.of(),
          ImmutableList.of(MetricName.PEARSON, MetricName.SPEARMAN));
    }
    if (distinct.size() == 1) {
      throw train
          .file()
          .problem(
              "all %d examples have the label '%s'; training needs two classes or more"
                  .formatted(written.size(), distinct.get(0)));
    }
    Comparator<String> order =
        numbers
            ? Comparator.comparingDouble(Double::parseDouble).thenComparing(label -> label)
            : Comparator.naturalOrder();
    return new Task(
        "custom",
        train.pairs(),
        ImmutableList.sortedCopyOf(order, distinct),
        distinct.size() == 2
            ? ImmutableList.of(MetricName.ACCURACY, MetricName.F1, MetricName.MATTHEWS)
            : ImmutableList.of(MetricName.ACCURACY, MetricName.MATTHEWS));
  }

  private static ImmutableList<Example> examples(Task task, CustomTable table, boolean labelled)
      throws IOException {
    if (table.pairs() != task.pairs()) {
      throw table
          .file()
          .problem(
              task.pairs()
                  ? "it has no second text (column text2), and the training data has"
                  : "it has a second text, and the training data has none");
    }
    ImmutableList.Builder<Example> examples = ImmutableList.builder();
    for (CustomTable.Row row : table.rows()) {
      double target =
          labelled || row.target().isPresent()
              ? Targets.of(task, target(row), row.line())
              : Double.NaN;
      examples.add(new Example(row.text(), row.pair(), target));
    }
    return examples.build();
  }

  private static String target(CustomTable.Row row) throws IOException {
    return row.target()
        .orElseThrow(() -> row.line().problem("no label or score; fill it in or delete the line"));
  }
}
