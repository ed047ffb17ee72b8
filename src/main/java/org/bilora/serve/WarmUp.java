package org.bilora.serve;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.bilora.export.ServedAdapter;
import org.tensorflow.ndarray.Shape;

/** A first run of the model, which is slow and shows whether it runs at all. */
final class WarmUp {
  private static final String TEXT = "warm-up";

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
      if (!texts.optional().contains(input) || !export.model().adapters().isEmpty()) {
        byte[][] text = {value(export, input).getBytes(StandardCharsets.UTF_8)};
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

  /** Something that the first adapter, where there are several, reads. */
  private static String value(ServedExport export, String input) {
    List<ServedAdapter> adapters = export.model().adapters();
    if (adapters.isEmpty()) {
      return TEXT;
    }
    return switch (input) {
      case TokenizedRequest.ADAPTER -> adapters.get(0).name();
      case TokenizedRequest.TEXT_PAIR -> adapters.get(0).pairs() ? TEXT : "";
      default -> TEXT;
    };
  }
}
