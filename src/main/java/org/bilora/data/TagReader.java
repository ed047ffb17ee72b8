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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads a user's own {@link TaggedSentences}: a folder with a train and a dev (or validation) file
 * and perhaps a test file, or one file of which a tenth becomes the dev split.
 */
final class TagReader {
  static final List<String> EXTENSIONS =
      Stream.concat(TaggedSentences.COLUMN_EXTENSIONS.stream(), Stream.of("jsonl")).toList();

  private final Optional<Task> known;
  private final CustomFormat format;
  private final List<String> notes = new ArrayList<>();

  private TagReader(Optional<Task> known, CustomFormat format) {
    this.known = known;
    this.format = format;
  }

  /**
   * Whether a user's files are of this kind: he says so, or they have columns of words and tags.
   */
  static boolean reads(Path data, CustomFormat format) throws IOException {
    if (format.type().isPresent()) {
      return format.type().get() == TaskType.TOKEN_CLASSIFICATION;
    }
    List<Path> files = Files.isDirectory(data) ? TextFile.in(data) : List.of(data);
    return files.stream()
        .map(MoreFiles::getFileExtension)
        .map(extension -> extension.toLowerCase(Locale.ROOT))
        .anyMatch(TaggedSentences.COLUMN_EXTENSIONS::contains);
  }

  /**
   * Reads files.
   *
   * @param known the task that a model was trained on; without it the training file makes one
   * @param trainedOn hash of the data that the model was trained on
   */
  static Dataset read(
      Optional<Task> known, Path data, CustomFormat format, Optional<String> trainedOn)
      throws IOException {
    TagReader reader = new TagReader(known, format);
    if (Files.isDirectory(data)) {
      return reader.readFolder(data);
    }
    TaggedSentences file = TaggedSentences.read(new TextFile(data), format);
    boolean whole = known.isPresent() && !trainedOn.equals(Optional.of(file.sha256().toString()));
    return whole ? reader.all(file) : reader.split(file);
  }

  private Dataset readFolder(Path folder) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    Map<String, TaggedSentences> files = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> split : CustomReader.STEMS.entrySet()) {
      Optional<Path> path = CustomReader.file(folder, split.getValue(), EXTENSIONS);
      if (path.isPresent()) {
        TaggedSentences file = TaggedSentences.read(new TextFile(path.get()), format);
        file.file().addTo(hasher, file.sha256());
        files.put(split.getKey(), file);
      }
    }
    boolean complete = files.containsKey(Dataset.TRAIN) && files.containsKey(Dataset.DEV);
    if (files.isEmpty() || (known.isEmpty() && !complete)) {
      throw new IOException(
          "%s: there is no %s in it (files end with .%s); add it, or give one file to be split"
              .formatted(
                  folder,
                  files.containsKey(Dataset.TRAIN) ? "dev or validation file" : "train file",
                  String.join(", .", EXTENSIONS)));
    }
    Task task = known.isPresent() ? known.get() : understand(files.get(Dataset.TRAIN));
    ImmutableMap.Builder<String, List<Example>> splits = ImmutableMap.builder();
    for (Map.Entry<String, TaggedSentences> entry : files.entrySet()) {
      splits.put(
          entry.getKey(), examples(task, entry.getValue(), !entry.getKey().equals(Dataset.TEST)));
    }
    return new Dataset(
        task,
        splits.buildOrThrow(),
        files.values().stream().map(f -> f.file().name()).collect(Collectors.joining(", ")),
        hasher.hash().toString(),
        ImmutableList.copyOf(notes));
  }

  private Dataset all(TaggedSentences file) throws IOException {
    return new Dataset(
        known.orElseThrow(),
        ImmutableMap.of(Dataset.ALL, examples(known.get(), file, true)),
        file.file().name(),
        file.sha256().toString(),
        ImmutableList.copyOf(notes));
  }

  private Dataset split(TaggedSentences file) throws IOException {
    Task task = known.isPresent() ? known.get() : understand(file);
    OneFileSplit split =
        OneFileSplit.of(
            examples(task, file, true),
            task,
            CustomReader.TRAIN_FRACTION,
            CustomReader.SEED,
            file.file());
    return new Dataset(
        task,
        ImmutableMap.of(Dataset.TRAIN, split.train(), Dataset.DEV, split.dev()),
        "%s (split 9:1, seed %d)".formatted(file.file().name(), CustomReader.SEED),
        file.sha256().toString(),
        ImmutableList.copyOf(notes));
  }

  /** The task that a training file's tags make. */
  private Task understand(TaggedSentences train) throws IOException {
    TreeSet<String> tags = new TreeSet<>();
    Map<String, Integer> entities = new TreeMap<>();
    int words = 0;
    for (TaggedSentences.Sentence sentence : train.sentences()) {
      List<String> own = sentence.tags().orElse(List.of());
      tags.addAll(own);
      Tags.entities(own).forEach(entity -> entities.merge(entity.type(), 1, Integer::sum));
      words += sentence.words().size();
    }
    tags.remove(Tags.OUTSIDE);
    if (tags.isEmpty()) {
      throw train.file().problem("no word of it has a tag other than O; training needs some");
    }
    notes.add(
        "%s: %,d texts of %,d words, with %s"
            .formatted(
                train.file().name(),
                train.sentences().size(),
                words,
                entities.entrySet().stream()
                    .map(entry -> "%,d %s".formatted(entry.getValue(), entry.getKey()))
                    .collect(Collectors.joining(", "))));
    ImmutableList<String> labels =
        ImmutableList.<String>builder().add(Tags.OUTSIDE).addAll(tags).build();
    return new Task(
        Tasks.CUSTOM,
        false,
        labels,
        TaskType.TOKEN_CLASSIFICATION.usualMetrics(labels.size()),
        format.equals(CustomFormat.USUAL) ? Optional.empty() : Optional.of(format),
        TaskType.TOKEN_CLASSIFICATION);
  }

  private ImmutableList<Example> examples(Task task, TaggedSentences file, boolean labelled)
      throws IOException {
    InvalidRows invalid = new InvalidRows(file.file());
    ImmutableList.Builder<Example> examples = ImmutableList.builder();
    for (TaggedSentences.Sentence sentence : file.sentences()) {
      try {
        examples.add(
            new Example(
                sentence.text(),
                Optional.empty(),
                targets(task, sentence, labelled),
                Optional.of(sentence.words())));
      } catch (InvalidRowException e) {
        invalid.add(e);
      }
    }
    invalid.leaveOut(format.skipInvalid(), file.sentences().size());
    int leftOut = invalid.count() + file.leftOut();
    if (leftOut > 0) {
      notes.add(
          "%s: %,d texts cannot be used and are left out".formatted(file.file().name(), leftOut));
    }
    ImmutableList<Example> usable = examples.build();
    if (usable.isEmpty()) {
      throw file.file().problem("none of its texts can be used");
    }
    return usable;
  }

  private static Optional<List<Double>> targets(
      Task task, TaggedSentences.Sentence sentence, boolean labelled) throws InvalidRowException {
    if (sentence.tags().isEmpty()) {
      if (labelled) {
        throw sentence.line().problem("no tags; fill them in or delete the text");
      }
      return Optional.empty();
    }
    List<Double> targets = new ArrayList<>();
    for (String tag : sentence.tags().get()) {
      int index = task.labels().indexOf(tag);
      if (index < 0) {
        throw sentence
            .line()
            .problem(
                "unknown tag '%s'; known are %s"
                    .formatted(Messages.cut(tag), Targets.named(task.labels())));
      }
      targets.add((double) index);
    }
    return Optional.of(targets);
  }
}
