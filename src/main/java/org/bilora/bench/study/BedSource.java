package org.bilora.bench.study;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.data.GenerationTask;
import org.bilora.data.Tasks;
import org.bilora.eval.generation.Meteor;
import org.bilora.eval.generation.PtbTokenizer;
import org.bilora.model.PretrainedDecoders;
import org.bilora.model.PretrainedEncoders;

/**
 * What a study's {@link TestBed} is made of: enough to make the same one in another process, on any
 * host where the same files are.
 *
 * @param generation whether the tasks are generation tasks
 * @param model preset or directory, as the user wrote it
 * @param folder where the user called, which other paths are relative to
 * @param data folder of the tasks' folders, or of one task's files; empty for built-in tasks
 * @param meteor jar of the program to score texts with, if there is one
 */
public record BedSource(
    boolean generation,
    String model,
    String folder,
    Optional<String> data,
    Optional<String> meteor) {

  /**
   * Of a study.
   *
   * @param data in place of the study's
   */
  public static BedSource of(Study study, Optional<Path> data, Optional<Meteor> meteor) {
    return new BedSource(
        study.generation(),
        study.model(),
        Path.of("").toAbsolutePath().toString(),
        data.map(Path::toString).or(study::data),
        meteor.map(program -> program.jar().toString()));
  }

  /**
   * Makes the bed; its model is the caller's to close.
   *
   * @throws IOException when the model or a program is missing or damaged
   */
  public TestBed open() throws IOException {
    if (generation) {
      PtbTokenizer ptb = PtbTokenizer.fromMaven();
      return TestBed.of(
          PretrainedDecoders.loadFrom(Path.of(folder), model),
          task -> GenerationTask.named(task).read(dataOf(task)),
          ptb,
          meteor.map(jar -> new Meteor(here(jar))));
    }
    return TestBed.of(
        PretrainedEncoders.loadFrom(Path.of(folder), model),
        task -> Tasks.load(task, data.map(this::here).filter(given -> Tasks.hasFiles(task))));
  }

  /** The folder of a task's files: below the given one, or that itself. */
  private Optional<Path> dataOf(String task) {
    return data.map(this::here)
        .map(given -> Files.isDirectory(given.resolve(task)) ? given.resolve(task) : given);
  }

  /** The files and folders that must be there, absolute. */
  public List<Path> paths() {
    Stream<String> models =
        PretrainedEncoders.presets().contains(model) ? Stream.empty() : Stream.of(model);
    return Stream.of(models, data.stream(), meteor.stream())
        .flatMap(named -> named)
        .map(Path.of(folder)::resolve)
        .toList();
  }

  /** Where a path leads from this process; as it was written, for messages, where that does. */
  private Path here(String path) {
    boolean called = Path.of(folder).equals(Path.of("").toAbsolutePath());
    return called ? Path.of(path) : Path.of(folder).resolve(path);
  }
}
