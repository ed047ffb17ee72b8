package org.bilora.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bilora.model.EncoderHead;

/** {@link EncoderDirectory} and {@link DecoderDirectory} as a form. */
final class HuggingFaceForm implements ExportForm {

  @Override
  public String id() {
    return "huggingface";
  }

  @Override
  public String folder() {
    return "huggingface";
  }

  @Override
  public Written encoder(TrainedEncoder model, Path directory) throws IOException {
    float difference = EncoderDirectory.write(model.merged(), model.references(), directory);
    return Written.compared(
        directory,
        difference,
        model.comparedTexts(),
        Map.of("architecture", model.head().architecture()),
        List.of(
            "Open it by AutoModelFor%sClassification.from_pretrained."
                .formatted(
                    model.head().pooling() == EncoderHead.Pooling.TOKENS ? "Token" : "Sequence")));
  }

  @Override
  public Written decoder(TrainedDecoder model, Path directory) throws IOException {
    DecoderDirectory.write(model.merged(), directory);
    return Written.same(
        directory,
        Map.of("architecture", DecoderDirectory.ARCHITECTURE),
        List.of("Open it by AutoModelForCausalLM.from_pretrained."));
  }
}
