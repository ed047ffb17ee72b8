package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.bilora.data.MetricName;
import org.bilora.step.StepResult;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  @TempDir Path folder;

  private Checkpoint written(Path file) throws IOException {
    Checkpoint checkpoint =
        new Checkpoint(
            ImmutableMap.of("a", HostTensor.of(new float[] {1, 2}, 2)),
            ImmutableMap.of("a", HostTensor.of(new float[] {3, 4}, 2)),
            CheckpointPositionBuilder.builder()
                .step(85)
                .epoch(1)
                .iteration(35)
                .lowerLossSum(12.5)
                .upperLossSum(3.25)
                .epochSeconds(1.5)
                .seconds(9.75)
                .epochs(ImmutableList.of())
                .bestEpoch(Optional.of(new RunRecord.Best(1, MetricName.MATTHEWS, 0.5)))
                .termsSum(Optional.of(new StepResult.Terms(1.5, -2.5)))
                .build());
    checkpoint.write(file);
    return checkpoint;
  }

  @Test
  void aCheckpointComesBackAsItWasWritten() throws IOException {
    Path file = folder.resolve("c.safetensors");
    assertEquals(written(file).position(), Checkpoint.read(file).position());
  }

  @Test
  void aPositionThatChangedIsNotGoneOnFrom() throws IOException {
    Path file = folder.resolve("c.safetensors");
    written(file);
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    for (String[] change :
        new String[][] {
          {"\\\"epoch\\\" : 1", "\\\"epoch\\\" : 0"},
          {"\\\"iteration\\\" : 35", "\\\"iteration\\\" : 34"},
          {"\\\"lower_loss_sum\\\" : 12.5", "\\\"lower_loss_sum\\\" : 13.5"},
          {"\\\"value\\\" : 0.5", "\\\"value\\\" : 0.7"}
        }) {
      String changed = text.replace(change[0], change[1]);
      assertTrue(!changed.equals(text), change[0]);
      Files.writeString(file, changed, StandardCharsets.ISO_8859_1);
      IOException refused = assertThrows(IOException.class, () -> Checkpoint.read(file));
      assertTrue(refused.getMessage().startsWith(file + " is damaged"), refused.getMessage());
    }
  }
}
