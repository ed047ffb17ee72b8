package org.bilora.bench.study;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import org.bilora.data.Dataset;
import org.bilora.data.GenerationDataset;
import org.bilora.data.GenerationExample;
import org.bilora.data.GenerationTask;
import org.bilora.eval.generation.TercomWords;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.TinyDecoders;

/** A generation study that takes seconds: a tiny GPT-2 on sentences of three words. */
final class TinyGeneration {
  /** More inputs than a batch of decoding has. */
  static final int INPUTS = 20;

  private TinyGeneration() {}

  static final Overrides SETTINGS =
      Overrides.of("batch_tokens", "64")
          .with(Overrides.of("max_length", "20"))
          .with(Overrides.of("epochs", "2"))
          .with(Overrides.of("rank", "2"))
          .with(Overrides.of("lr", "0.02"))
          .with(Overrides.of("jit", "off"));

  static final Decoding DECODING =
      new Decoding(
          OptionalInt.of(3),
          OptionalDouble.empty(),
          OptionalInt.of(0),
          OptionalInt.of(5),
          Optional.of(Decoding.Stop.LIKELY),
          Optional.empty());

  static Study study(OptionalInt trainExamples, OptionalInt testInputs, String... methods) {
    return study(List.of("e2e"), SETTINGS, trainExamples, testInputs, methods);
  }

  static Study study(
      List<String> tasks,
      Overrides settings,
      OptionalInt trainExamples,
      OptionalInt testInputs,
      String... methods) {
    return Study.of(
            tasks,
            "tiny",
            List.of(1L),
            settings,
            List.of(methods).stream().map(StudyMethod::standard).toList())
        .withTrainExamples(trainExamples.isEmpty() ? List.of() : List.of(trainExamples.getAsInt()))
        .withTexts(Optional.of(DECODING), testInputs);
  }

  static PretrainedDecoder model() {
    return TinyDecoders.model(0.1, 3);
  }

  static GenerationDataset task(String name) {
    Random random = new Random(4);
    return new GenerationDataset(
        GenerationTask.named(name),
        ImmutableMap.of(
            Dataset.TRAIN, examples(40, 1, random),
            Dataset.DEV, examples(12, 1, random),
            Dataset.TEST, examples(INPUTS, 2, random)),
        "made up",
        "5eed");
  }

  private static List<GenerationExample> examples(int count, int references, Random random) {
    ImmutableList.Builder<GenerationExample> examples = ImmutableList.builder();
    for (int i = 0; i < count; i++) {
      int place = random.nextInt(4);
      String text = "12 %d %d".formatted(20 + place, 30 + place % 2);
      examples.add(
          new GenerationExample(
              "name : p%d".formatted(place),
              ImmutableList.copyOf(List.of(text, text + " 9").subList(0, references))));
    }
    return examples.build();
  }

  /** A bed whose tokens are words, so that no program is needed. */
  static TestBed bed(PretrainedDecoder model) {
    return TestBed.of(model, TinyGeneration::task, new TercomWords(), Optional.empty());
  }

  static StudyRunner.Summary run(Study study, Path directory, StudyListener listener)
      throws IOException {
    try (PretrainedDecoder model = model()) {
      return new StudyRunner(Cell.of(study), directory, TinyStudies.SITTING, listener)
          .run(bed(model));
    }
  }
}
