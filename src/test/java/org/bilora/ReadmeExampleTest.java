package org.bilora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import example.FineTune;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.data.MetricName;
import org.bilora.data.Task;
import org.bilora.eval.Prediction;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Lora;
import org.bilora.step.ExecutionSettings;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import org.bilora.train.TrainingSettingsBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's example compiles and does what it says; .ci/run has it run on the jar alone. */
class ReadmeExampleTest {
  @TempDir private Path folder;

  @Test
  void theReadmeShowsTheProgramThatIsCompiledHere() throws IOException {
    String program =
        Files.readString(Path.of("src/it/library/src/main/java/example/FineTune.java"));
    String shown = program.replaceFirst("^package example;\n\n", "");
    assertTrue(
        Files.readString(Path.of("README.md")).contains("```java\n" + shown + "```\n"),
        "README.md shows other code than src/it/library");
  }

  @Test
  void theReadmesCodeTrainsAndPredicts() throws IOException {
    TrainingSettings usual = TrainingDefaults.settings(new Lora(0));
    TrainingSettings small =
        TrainingSettingsBuilder.builder()
            .method(usual.method())
            .adapter(new AdapterSettings(2, 4, List.of("query", "value")))
            .optimizer(usual.optimizer())
            .epochs(1)
            .maxSteps(2)
            .batchSize(4)
            .maxLength(16)
            .execution(
                new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.OFF))
            .seed(1)
            .build();
    Task task =
        new Task(
            "colours",
            false,
            ImmutableList.of("a", "b", "c"),
            ImmutableList.of(MetricName.ACCURACY));
    ImmutableList.Builder<Example> examples = ImmutableList.builder();
    for (int i = 0; i < 12; i++) {
      examples.add(new Example("the river " + i, Optional.empty(), i % 3));
    }
    Dataset data =
        new Dataset(
            task,
            ImmutableMap.of(Dataset.TRAIN, examples.build(), Dataset.DEV, examples.build()),
            "this test",
            "0");
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream standardOutput = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    List<Prediction> predictions;
    try {
      predictions =
          FineTune.fineTune(
              "src/test/resources/transformers/bert", data, small, folder.resolve("run"));
    } finally {
      System.setOut(standardOutput);
    }
    assertTrue(printed.toString(StandardCharsets.UTF_8).contains("ACCURACY"));
    assertEquals(1, predictions.size());
    assertTrue(task.labels().contains(predictions.get(0).label().orElseThrow()));
  }
}
