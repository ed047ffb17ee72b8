package org.bilora.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bilora.export.peft.AdapterConfig;
import org.bilora.export.peft.AdapterFiles;
import org.bilora.model.PretrainedModel;
import org.bilora.weights.HostTensor;

/** The increments and the head alone, as Hugging Face PEFT reads them: {@link AdapterFiles}. */
final class PeftForm implements ExportForm {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  public String id() {
    return "peft";
  }

  @Override
  public String folder() {
    return "peft";
  }

  @Override
  public Written encoder(TrainedEncoder model, Path directory) throws IOException {
    EncoderDirectory.requireOwnHead(model.head());
    model.merged();
    return write(model.base(), model.increments(), model.trained(), model.labels(), directory);
  }

  @Override
  public Written decoder(TrainedDecoder model, Path directory) throws IOException {
    return write(model.base(), model.increments(), model.trained(), null, directory);
  }

  private static Written write(
      PretrainedModel base,
      Increments increments,
      Map<String, HostTensor> head,
      List<String> labelsOrNull,
      Path directory)
      throws IOException {
    if (increments.byLayer().isEmpty()) {
      throw new ExportRefusedException(
          "the run trained no increments, which is what an adapter's files hold: choose huggingface");
    }
    DecoderDirectory.check(directory);
    AdapterConfig config;
    try (StagedDirectory staged = new StagedDirectory(DecoderDirectory.parent(directory))) {
      config =
          AdapterFiles.write(
              staged.path(),
              base,
              increments.byLayer(),
              increments.alpha(),
              increments.rank(),
              increments.triplets(),
              head,
              labelsOrNull == null ? "CAUSAL_LM" : "SEQ_CLS");
      if (labelsOrNull != null) {
        JSON.writeValue(staged.path().resolve(Assets.LABELS).toFile(), labelsOrNull);
      }
      staged.commit(directory);
    }
    List<String> notes = new ArrayList<>();
    if (config.rank() != increments.rank()) {
      notes.add(
          "The layers are fused in the base: their increments of rank %d became blocks of one of rank %d."
              .formatted(increments.rank(), config.rank()));
    }
    notes.add("Open it by PeftModel.from_pretrained over %s.".formatted(base.name()));
    return Written.same(
        directory,
        ImmutableMap.of(
            "peft_type", config.kind().name().toLowerCase(Locale.ROOT), "rank", config.rank()),
        notes);
  }
}
