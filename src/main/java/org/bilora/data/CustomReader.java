package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads a user's own files: a folder with {@code train.*}, {@code dev.*} (or {@code validation.*})
 * and perhaps {@code test.*}, or one file of which a tenth becomes the dev split. {@link
 * CustomFormat} says which columns, {@link LabelReading} what the labels stand for; what was
 * understood is the data set's {@link Dataset#notes}.
 */
final class CustomReader {
  static final double TRAIN_FRACTION = 0.9;
  static final long SEED = 1;
  static final Map<String, List<String>> STEMS =
      ImmutableMap.of(
          Dataset.TRAIN, List.of("train"),
          Dataset.DEV, List.of("dev", "validation"),
          Dataset.TEST, List.of("test"));

  private final Optional<Task> known;
  private final CustomFormat format;
  private final List<String> notes = new ArrayList<>();

  private CustomReader(Optional<Task> known, CustomFormat format) {
    this.known = known;
    this.format = format;
  }

  /** Reads files whose training split says what the classes are. */
  static Dataset read(Path data, CustomFormat format) throws IOException {
    if (TagReader.reads(existing(data), format)) {
      return TagReader.read(Optional.empty(), data, format, Optional.empty());
    }
    CustomReader reader = new CustomReader(Optional.empty(), format);
    return Files.isDirectory(data)
        ? reader.readFolder(data)
        : reader.split(reader.table(existing(data)));
  }

  /**
   * Reads files with the classes of a known task; a folder may then lack any split but one. One
   * file is a split of its own, {@link Dataset#ALL}, unless it is the one that the task was learnt
   * from.
   *
   * @param trainedOn hash of the data that the task was learnt from
   */
  static Dataset read(Task task, Path data, CustomFormat format, Optional<String> trainedOn)
      throws IOException {
    if (task.type() == TaskType.TOKEN_CLASSIFICATION) {
      return TagReader.read(Optional.of(task), existing(data), format, trainedOn);
    }
    CustomReader reader = new CustomReader(Optional.of(task), format);
    if (Files.isDirectory(data)) {
      return reader.readFolder(data);
    }
    CustomTable table = reader.table(existing(data));
    if (trainedOn.isPresent() && trainedOn.get().equals(table.sha256().toString())) {
      reader.notes.add(
          ("%s is what the model was trained on: its dev split is the tenth that was held back;"
                  + " another file is measured whole")
              .formatted(data));
      return reader.split(table);
    }
    return new Dataset(
        task,
        ImmutableMap.of(Dataset.ALL, reader.examples(task, table, true)),
        table.file().name() + leftOut(table),
        table.sha256().toString(),
        ImmutableList.copyOf(reader.notes));
  }

  private static Path existing(Path data) throws IOException {
    if (!Files.exists(data)) {
      throw new IOException(
          "%s: there is no such file or folder; give a folder with %s, or one file"
              .formatted(data, fileNames("train") + " and " + fileNames("dev")));
    }
    return data;
  }

  private Dataset readFolder(Path folder) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    Map<String, CustomTable> tables = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> split : STEMS.entrySet()) {
      Optional<Path> path = file(folder, split.getValue(), TableRows.EXTENSIONS);
      if (path.isPresent()) {
        CustomTable table = table(path.get());
        table.file().addTo(hasher, table.sha256());
        tables.put(split.getKey(), table);
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
    Task task = known.isPresent() ? known.get() : understand(tables.get(Dataset.TRAIN));
    ImmutableMap.Builder<String, List<Example>> splits = ImmutableMap.builder();
    for (Map.Entry<String, CustomTable> entry : tables.entrySet()) {
      List<Example> examples =
          examples(task, entry.getValue(), !entry.getKey().equals(Dataset.TEST));
      if (entry.getKey().equals(Dataset.TRAIN)) {
        Targets.requireVariety(task, examples, entry.getValue().file());
      }
      splits.put(entry.getKey(), examples);
    }
    noteLeaks(splits.buildOrThrow());
    String source =
        tables.values().stream()
            .map(table -> table.file().name() + leftOut(table))
            .collect(Collectors.joining(", "));
    return new Dataset(
        task, splits.buildOrThrow(), source, hasher.hash().toString(), ImmutableList.copyOf(notes));
  }

  /** Examples of the dev split that are learnt from say nothing of new ones. */
  private void noteLeaks(Map<String, List<Example>> splits) {
    if (!splits.containsKey(Dataset.TRAIN) || !splits.containsKey(Dataset.DEV)) {
      return;
    }
    record Texts(String first, Optional<String> second) {}
    Set<Texts> learnt = new HashSet<>();
    splits.get(Dataset.TRAIN).forEach(each -> learnt.add(new Texts(each.text(), each.pair())));
    List<Example> dev = splits.get(Dataset.DEV);
    long known =
        dev.stream().filter(each -> learnt.contains(new Texts(each.text(), each.pair()))).count();
    if (known > 0) {
      notes.add(
          "warning: %,d of %,d texts of the dev split are in the training split too; its results flatter"
              .formatted(known, dev.size()));
    }
  }

  /** One file, of which a tenth of each class becomes the dev split. */
  private Dataset split(CustomTable table) throws IOException {
    Task task = known.isPresent() ? known.get() : understand(table);
    List<Example> examples = examples(task, table, true);
    OneFileSplit split = OneFileSplit.of(examples, task, TRAIN_FRACTION, SEED, table.file());
    if (known.isEmpty()) {
      Targets.requireVariety(task, split.train(), table.file());
    }
    return new Dataset(
        task,
        ImmutableMap.of(Dataset.TRAIN, split.train(), Dataset.DEV, split.dev()),
        "%s (split 9:1 by class, seed %d)%s".formatted(table.file().name(), SEED, leftOut(table)),
        table.sha256().toString(),
        ImmutableList.copyOf(notes));
  }

  /** The one file of a split in a folder. */
  static Optional<Path> file(Path folder, List<String> stems, List<String> extensions)
      throws IOException {
    List<Path> found =
        TextFile.in(folder).stream()
            .filter(
                path -> {
                  String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
                  return stems.stream()
                      .flatMap(stem -> extensions.stream().map(end -> stem + "." + end))
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
    return stem + "." + String.join("|", TableRows.EXTENSIONS);
  }

  private CustomTable table(Path path) throws IOException {
    return CustomTable.read(new TextFile(path), format);
  }

  /** The task that a training file's labels make. */
  private Task understand(CustomTable train) throws IOException {
    removeUnlabelled(train);
    LabelReading labels = LabelReading.of(train.rows(), train.columns(), format, train.invalid());
    train.invalid().leaveOut(format.skipInvalid(), train.size());
    if (train.rows().isEmpty()) {
      throw train.file().problem("none of its rows can be used");
    }
    if (labels.labels().size() == 1 && labels.type() == TaskType.CLASSIFICATION) {
      throw train
          .file()
          .problem(
              "all %d examples have the label '%s'; training needs two classes or more"
                  .formatted(train.rows().size(), Messages.cut(labels.labels().get(0))));
    }
    notes.add(understood(train, labels));
    LookAlikes.byCase(labels.labels()).ifPresent(notes::add);
    return new Task(
        Tasks.CUSTOM,
        train.columns().pair().isPresent(),
        labels.labels(),
        labels.type().usualMetrics(labels.labels().size()),
        format.equals(CustomFormat.USUAL) ? Optional.empty() : Optional.of(format),
        labels.type());
  }

  private static String perhapsScores(LabelReading labels) {
    return labels.wholeNumbers() ? "; if the numbers are scores, say --task-type regression" : "";
  }

  private static String understood(CustomTable train, LabelReading labels) {
    ColumnNames columns = train.columns();
    String learnt =
        switch (labels.type()) {
          case REGRESSION -> {
            double[] scores =
                train.rows().stream()
                    .flatMap(row -> row.targets().orElseThrow().stream())
                    .mapToDouble(Double::parseDouble)
                    .sorted()
                    .toArray();
            yield "scores from %s to %s".formatted(scores[0], scores[scores.length - 1]);
          }
          case MULTI_LABEL ->
              "%d labels (%s), each there or not%s"
                  .formatted(
                      labels.labels().size(),
                      Targets.named(labels.labels()),
                      perhapsScores(labels));
          case TOKEN_CLASSIFICATION, LANGUAGE_MODELLING ->
              throw new IllegalStateException(labels.type().id());
          case CLASSIFICATION ->
              "%d classes (%s)%s"
                  .formatted(
                      labels.labels().size(),
                      Targets.named(labels.labels()),
                      perhapsScores(labels));
        };
    return "%s: %,d examples, text in column %s%s; column%s %s"
        .formatted(
            train.file().name(),
            train.rows().size(),
            Messages.cut(columns.text()),
            columns.pair().map(pair -> ", second text in " + Messages.cut(pair)).orElse(""),
            columns.labels().size() == 1 ? "" : "s",
            Messages.cut(String.join(", ", columns.labels()))
                + (columns.labels().size() == 1 ? " has " : " have ")
                + learnt);
  }

  private static void removeUnlabelled(CustomTable table) {
    table
        .rows()
        .removeIf(
            row -> {
              if (row.targets().isEmpty()) {
                table
                    .invalid()
                    .add(row.line().problem("no label or score; fill it in or delete the line"));
              }
              return row.targets().isEmpty();
            });
  }

  /** The rows as examples; those that cannot be used are told or left out. */
  private List<Example> examples(Task task, CustomTable table, boolean labelled)
      throws IOException {
    if (table.columns().pair().isPresent() != task.pairs()) {
      throw table
          .file()
          .problem(
              task.pairs()
                  ? "it has no second text (column text2), and the training data has"
                  : "it has a second text (column %s), and the training data has none"
                      .formatted(Messages.cut(table.columns().pair().orElseThrow())));
    }
    if (labelled) {
      removeUnlabelled(table);
    }
    ImmutableList.Builder<Example> examples = ImmutableList.builder();
    for (CustomTable.Row row : table.rows()) {
      try {
        Optional<List<Double>> targets =
            row.targets().isPresent()
                ? Optional.of(Targets.of(task, format, row.targets().get(), row.line()))
                : Optional.empty();
        examples.add(new Example(row.text(), row.pair(), targets));
      } catch (InvalidRowException e) {
        table.invalid().add(e);
      }
    }
    table.invalid().leaveOut(format.skipInvalid(), table.size());
    if (table.invalid().count() > 0) {
      notes.add(
          "%s: %,d of %,d rows cannot be used and are left out"
              .formatted(table.file().name(), table.invalid().count(), table.size()));
    }
    List<Example> usable = examples.build();
    if (usable.isEmpty()) {
      throw table.file().problem("none of its rows can be used");
    }
    return usable;
  }

  private static String leftOut(CustomTable table) {
    int count = table.invalid().count();
    return count == 0 ? "" : " (%,d rows left out)".formatted(count);
  }
}
