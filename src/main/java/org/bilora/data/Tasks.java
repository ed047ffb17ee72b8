package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tasks by name. */
public final class Tasks {
  /** The task of a user's own files. */
  public static final String CUSTOM = "custom";

  private static final Map<String, List<String>> PUBLISHED_LABELS =
      ImmutableMap.of(
          GlueTask.COLA.id(), ImmutableList.of("unacceptable", "acceptable"),
          GlueTask.SST2.id(), ImmutableList.of("negative", "positive"),
          GlueTask.MRPC.id(), ImmutableList.of("not_equivalent", "equivalent"),
          GlueTask.QQP.id(), ImmutableList.of("not_duplicate", "duplicate"),
          GlueTask.WNLI.id(), ImmutableList.of("not_entailment", "entailment"));

  private Tasks() {}

  /** Whether a task has files, rather than being built in. */
  public static boolean hasFiles(String task) {
    return !task.equals(GrammarTask.TASK.name()) && !task.equals(GrammarTask.PAIRS.name());
  }

  /** Names that {@link #load} takes, each with one line on what it is, such as {@code cola: …}. */
  public static List<String> names() {
    ImmutableList.Builder<String> names = ImmutableList.builder();
    for (GlueTask task : GlueTask.values()) {
      names.add("%s: %s (GLUE)".formatted(task.id(), task.summary));
    }
    names.add(
        GrammarTask.TASK.name()
            + ": is a sentence free of errors (built in: LanguageTool's examples)");
    names.add(
        GrammarTask.PAIRS.name()
            + ": the same of incorrect sentences, each followed by its correction (built in)");
    names.add(CUSTOM + ": your own TSV, CSV, JSONL or CoNLL files");
    return names.build();
  }

  /**
   * Reads a task.
   *
   * @param task a GLUE task, {@code grammar}, or {@code custom} for the user's own files
   * @param data the folder of the task's files (or GLUE's own folder above it), or one file; empty
   *     for a built-in task
   * @throws IOException when a file is missing or cannot be read as the task's format: what, which
   *     file and line, what to do
   * @throws IllegalArgumentException when the task is unknown, or needs {@code data} and has none
   */
  public static Dataset load(String task, Optional<Path> data) throws IOException {
    return load(task, data, CustomFormat.USUAL);
  }

  /**
   * The same with a user's word on how to read his own files.
   *
   * @param format for {@code custom} alone
   * @throws IOException as {@link #load(String, Optional)}; {@link InvalidRowsException} when rows
   *     cannot be used
   * @throws IllegalArgumentException as {@link #load(String, Optional)}, and when another task gets
   *     a format
   */
  public static Dataset load(String task, Optional<Path> data, CustomFormat format)
      throws IOException {
    if (!task.equals(CUSTOM) && !format.equals(CustomFormat.USUAL)) {
      throw new IllegalArgumentException(
          "columns, task type and skipping of rows are for task custom; task %s has files of a"
                  .formatted(task)
              + " fixed form");
    }
    Optional<GlueTask> glue = GlueTask.named(task);
    if (glue.isPresent()) {
      return GlueReader.read(glue.get(), required(task, data));
    }
    return switch (task) {
      case "grammar" -> builtIn(GrammarTask.TASK, data);
      case "grammar-pairs" -> builtIn(GrammarTask.PAIRS, data);
      case CUSTOM -> CustomReader.read(required(task, data), format);
      default -> throw unknown(task);
    };
  }

  private static Dataset builtIn(Task task, Optional<Path> data) throws IOException {
    if (data.isPresent()) {
      throw new IllegalArgumentException(
          "data is %s; task %s is built in and takes none".formatted(data.get(), task.name()));
    }
    return GrammarTask.read(task);
  }

  /**
   * Reads files for a task that a model already knows, so that classes keep its order.
   *
   * @param task what the model was trained on
   * @param data as for {@link #load(String, Optional)}; a user's own files need no training split,
   *     and a single file is one split, {@link Dataset#ALL}
   * @param format where it is not the task's own
   * @param trainedOn hash of the data that the model was trained on; a single file with that hash
   *     is split as it was then
   * @throws IOException as for {@link #load(String, Optional)}, and when a label is not among the
   *     task's
   */
  public static Dataset load(
      Task task, Optional<Path> data, Optional<CustomFormat> format, Optional<String> trainedOn)
      throws IOException {
    CustomFormat own = format.or(task::format).orElse(CustomFormat.USUAL);
    return task.name().equals(CUSTOM)
        ? CustomReader.read(task, required(task.name(), data), own, trainedOn)
        : load(task.name(), data, own);
  }

  /**
   * The same in the task's own format, for a model of which nothing else is known.
   *
   * @throws IOException as above
   */
  public static Dataset load(Task task, Optional<Path> data) throws IOException {
    return load(task, data, Optional.empty(), Optional.empty());
  }

  /**
   * Names that published data sets and checkpoints give the classes of GLUE tasks whose files
   * number them, in the order of the task's labels; empty for other tasks.
   */
  public static List<String> publishedLabels(Task task) {
    return PUBLISHED_LABELS.getOrDefault(task.name(), ImmutableList.of());
  }

  /**
   * What is known of a task before its files are read.
   *
   * @param task a GLUE task or a built-in one; nothing is known of {@code custom}
   * @throws IllegalArgumentException when the task is unknown
   */
  public static Optional<Task> known(String task) {
    if (task.equals(CUSTOM)) {
      return Optional.empty();
    }
    for (Task builtIn : List.of(GrammarTask.TASK, GrammarTask.PAIRS)) {
      if (builtIn.name().equals(task)) {
        return Optional.of(builtIn);
      }
    }
    return Optional.of(GlueTask.named(task).orElseThrow(() -> unknown(task)).task());
  }

  /**
   * A user's own task, of whose files only a model is known.
   *
   * @param pairs whether the texts come in pairs
   * @param labels of the model's outputs; empty for a score
   */
  public static Task ofUser(boolean pairs, List<String> labels, CustomFormat format) {
    TaskType type =
        format.type().orElse(labels.isEmpty() ? TaskType.REGRESSION : TaskType.CLASSIFICATION);
    return new Task(
        CUSTOM, pairs, labels, type.usualMetrics(labels.size()), Optional.of(format), type);
  }

  private static IllegalArgumentException unknown(String task) {
    return new IllegalArgumentException(
        "task is '%s'; it must be one of %s"
            .formatted(
                task,
                String.join(", ", names().stream().map(name -> name.split(":")[0]).toList())));
  }

  /** The folder, without which the task cannot be read. */
  static Path required(String task, Optional<Path> data) {
    return data.orElseThrow(
        () ->
            new IllegalArgumentException(
                "data is missing; task %s needs the folder of its files".formatted(task)));
  }
}
