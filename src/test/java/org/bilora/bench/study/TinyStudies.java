package org.bilora.bench.study;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bilora.data.Dataset;
import org.bilora.data.TinyTasks;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;
import org.bilora.train.Checkpointing;
import org.bilora.train.TrainingListener;

/** Studies that take seconds: a tiny encoder, uncompiled steps, single-level methods. */
final class TinyStudies {
  /** A checkpoint after every step. */
  static final StudyRunner.Conduct SITTING =
      new StudyRunner.Conduct(Optional.empty(), false, new Checkpointing(1, Duration.ofDays(1)));

  private TinyStudies() {}

  /** Settings of runs of a second. */
  static final Overrides SETTINGS =
      Overrides.of("batch", "8")
          .with(Overrides.of("max_length", "16"))
          .with(Overrides.of("epochs", "2"))
          .with(Overrides.of("rank", "2"))
          .with(Overrides.of("lr", "0.01"))
          .with(Overrides.of("jit", "off"));

  /** Two tasks, two methods. */
  static Study study(int seeds) {
    return study(List.of("classes", "scores"), seeds, SETTINGS, List.of("lora", "lora-decay"));
  }

  static Study study(List<String> tasks, int seeds, Overrides settings, List<String> methods) {
    return Study.of(
            tasks,
            "tiny",
            LongStream.rangeClosed(1, seeds).boxed().toList(),
            settings,
            methods.stream().map(StudyMethod::standard).toList())
        .withTrainExamples(List.of(32));
  }

  static PretrainedEncoder model() {
    return TinyEncoders.bert(3);
  }

  static Dataset task(String name) throws IOException {
    return switch (name) {
      case "classes" -> TinyTasks.classes(40, 24, 7);
      case "lengths" -> TinyTasks.lengths(40, 24, 7);
      case "scores" -> TinyTasks.scores(40, 24, 7);
      default -> throw new IOException("no task " + name);
    };
  }

  /** Runs all cells, or until a listener throws. */
  static StudyRunner.Summary run(Study study, Path directory, Heard heard) throws IOException {
    try (PretrainedEncoder model = model()) {
      return new StudyRunner(Cell.of(study), directory, SITTING, heard)
          .run(model, TinyStudies::task);
    }
  }

  /** Writes down what it is told. */
  static class Heard implements StudyListener {
    final List<String> ran = new ArrayList<>();
    final List<String> warnings = new ArrayList<>();
    final List<String> failures = new ArrayList<>();

    @Override
    public List<TrainingListener> followers(Cell cell, Duration leftAfterwards) {
      ran.add(cell.title());
      return List.of();
    }

    @Override
    public void cellFailed(Cell cell, RuntimeException failure) {
      failures.add(cell.title());
    }

    @Override
    public void warned(String message) {
      warnings.add(message);
    }
  }
}
