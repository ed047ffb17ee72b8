package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.adapter.LowRankValues;
import org.bilora.data.TaskType;
import org.bilora.method.Lora;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeftFormTest {
  @TempDir private Path folder;

  @Test
  void valuesThatAreNotFiniteAreRefusedByNameAndNothingIsLeft() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(7)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 2, Lora.USUAL);
      Map<String, LowRankValues> increments = new HashMap<>(trained.trained().increments());
      Map<String, HostTensor> head = new HashMap<>(trained.trained().head());
      String layer = "encoder.layer.1.output.dense";
      LowRankValues sound = increments.get(layer);
      float[] left = sound.left().clone();
      left[4] = Float.POSITIVE_INFINITY;
      increments.put(layer, new LowRankValues(left, sound.right(), sound.gains()));
      assertRefused(encoder, trained, increments, head, layer + ".weight is ");

      increments.put(layer, sound);
      float[] bias = head.get("classifier.bias").values().clone();
      bias[1] = Float.NaN;
      head.put("classifier.bias", HostTensor.of(bias, bias.length));
      assertRefused(
          encoder,
          trained,
          increments,
          head,
          "classifier.bias is NaN at position 1 after training");
    }
  }

  @Test
  void aTaggerOfWordsIsRefused() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(7)) {
      TrainedTinyModels trained = TrainedTinyModels.tagger(encoder, 2, Lora.USUAL);
      assertRefused(
          encoder,
          trained,
          trained.trained().increments(),
          trained.trained().head(),
          "the run tags words, and adapter files are written of models");
    }
  }

  private void assertRefused(
      PretrainedEncoder encoder,
      TrainedTinyModels trained,
      Map<String, LowRankValues> increments,
      Map<String, HostTensor> head,
      String beginning)
      throws IOException {
    TrainedEncoder model =
        new TrainedEncoder(
            encoder,
            trained.head(),
            new Increments(increments, Maps.toMap(increments.keySet(), layer -> 2.0), false),
            head,
            TaskType.CLASSIFICATION,
            List.of("a", "b"),
            20,
            true,
            trained.references());
    ExportRefusedException refused =
        assertThrows(
            ExportRefusedException.class,
            () -> new PeftForm().encoder(model, folder.resolve("peft")));
    String message = refused.getMessage();
    assertEquals(beginning, message.substring(0, Math.min(beginning.length(), message.length())));
    try (var left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }
}
