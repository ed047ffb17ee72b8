package org.bilora.serve;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.tensorflow.ndarray.Shape;

/** A first run of the model, which is slow and shows whether it runs at all. */
final class WarmUp {
  private WarmUp() {}

  /**
   * Answers a text.
   *
   * @throws IOException when the model cannot
   */
  static void run(ServedExport export) throws IOException {
    ServedSignature texts = export.texts();
    ImmutableMap.Builder<String, Values> inputs = ImmutableMap.builder();
    for (String input : texts.inputs().keySet()) {
      if (!texts.optional().contains(input)) {
        byte[][] text = {"warm-up".getBytes(StandardCharsets.UTF_8)};
        inputs.put(input, new Values(ElementType.STRING, Shape.of(1), text));
      }
    }
    try {
      texts.outputs(texts.graph().run(texts.graphInputs(inputs.build())));
    } catch (RequestRefusedException e) {
      throw new IOException(
          "%s does not answer a text (%s); export the run again"
              .formatted(export.model().directory(), e.getMessage()),
          e);
    }
  }
}
