package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Tasks by name. */
public final class Tasks {
  private static final String GRAMMAR = "grammar";
  private static final String CUSTOM = "custom";

  private Tasks() {}

  /** Names that {@link #load} takes, each with one line on what it is, such as {@code cola: …}. */
  public static ImmutableList<String> names() {
    ImmutableList.Builder<String> names = ImmutableList.builder();
    for (GlueTask task : GlueTask.values()) {
      names.add("%s: %s (GLUE)".formatted(task.id(), task.summary));
    }
    names.add(GRAMMAR + ": is a sentence free of errors (built in: LanguageTool's examples)");
    names.add(CUSTOM + ": your own TSV, CSV or JSONL files");
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
    Optional<GlueTask> glue = GlueTask.named(task);
    if (glue.isPresent()) {
      return GlueReader.read(glue.get(), required(task, data));
    }
    return switch (task) {
      case GRAMMAR -> {
        if (data.isPresent()) {
          throw new IllegalArgumentException(
              "data is %s; task %s is built in and takes none".formatted(data.get(), task));
        }
        yield GrammarTask.read();
      }
      case CUSTOM -> CustomReader.read(required(task, data));
      default ->
          throw new IllegalArgumentException(
              "task is '%s'; it must be one of %s"
                  .formatted(
                      task,
                      String.join(
                          ", ", names().stream().map(name -> name.split(":")[0]).toList())));
    };
  }

  /**
   * Reads files for a task that a model already knows, so that classes keep its order.
   *
   * @param task what the model was trained on
   * @param data as for {@link #load(String, Optional)}; a user's own files need no training split
   * @throws IOException as for {@link #load(String, Optional)}, and when a label is not among the
   *     task's
   */
  public static Dataset load(Task task, Optional<Path> data) throws IOException {
    return task.name().equals(CUSTOM)
        ? CustomReader.read(task, required(task.name(), data))
        : load(task.name(), data);
  }

  /** The folder, without which the task cannot be read. */
  static Path required(String task, Optional<Path> data) {
    return data.orElseThrow(
        () ->
            new IllegalArgumentException(
                "data is missing; task %s needs the folder of its files".formatted(task)));
  }
}
