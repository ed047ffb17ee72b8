package org.bilora.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** {@link OnnxExport} as a form. */
final class OnnxForm implements ExportForm {

  @Override
  public String id() {
    return "onnx";
  }

  @Override
  public String folder() {
    return "onnx";
  }

  @Override
  public Written encoder(TrainedEncoder model, Path directory) throws IOException {
    OnnxExport.Report report = OnnxExport.write(model.merged(), model.references(), directory);
    return Written.compared(
        report.directory(),
        report.largestDifference(),
        report.comparedTexts(),
        Map.of("model", OnnxExport.MODEL),
        List.of("The model is %s.".formatted(directory.resolve(OnnxExport.MODEL))));
  }

  @Override
  public Written decoder(TrainedDecoder model, Path target) throws IOException {
    throw new ExportRefusedException(
        "ONNX is written of encoders; %s is a language model: choose huggingface or peft"
            .formatted(model.base().name()));
  }
}
