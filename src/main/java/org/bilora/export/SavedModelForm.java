package org.bilora.export;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** {@link SavedModelExport} as a form. */
final class SavedModelForm implements ExportForm {

  @Override
  public String id() {
    return "saved_model";
  }

  @Override
  public String folder() {
    return "savedmodels";
  }

  @Override
  public Written encoder(TrainedEncoder model, Path base) throws IOException {
    SavedModelExport.Report report =
        SavedModelExport.write(model.merged(), model.references(), base, OptionalLong.empty());
    return written(report, base, ImmutableMap.of(), ImmutableList.of());
  }

  /**
   * Says what was written.
   *
   * @param more facts, and notes before the others
   */
  static Written written(
      SavedModelExport.Report report, Path base, Map<String, Object> more, List<String> notes) {
    ImmutableMap.Builder<String, Object> facts =
        ImmutableMap.<String, Object>builder().put("signatures", report.signatures()).putAll(more);
    report.textRefusal().ifPresent(step -> facts.put("no_text_signature", step));
    String texts =
        report
            .textRefusal()
            .map(
                step ->
                    "It takes token ids only: the tokenizer cannot be part of the graph, it has %s."
                        .formatted(step))
            .orElse("It takes texts (signature serving_text) and token ids.");
    return Written.compared(
        report.directory(),
        report.largestDifference(),
        report.comparedTexts(),
        facts.buildOrThrow(),
        ImmutableList.<String>builder()
            .addAll(notes)
            .add(texts, "Serve it: see %s".formatted(base.resolve("README.md").toAbsolutePath()))
            .build());
  }

  @Override
  public Written decoder(TrainedDecoder model, Path target) throws IOException {
    return DecoderExport.write(model, target);
  }
}
