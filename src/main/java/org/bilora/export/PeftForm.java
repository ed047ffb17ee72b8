package org.bilora.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.bilora.adapter.LowRankValues;
import org.bilora.export.peft.AdapterConfig;
import org.bilora.export.peft.AdapterFiles;
import org.bilora.export.peft.PeftAdapter;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedModel;
import org.bilora.weights.HostTensor;

/** The increments and the head alone, as Hugging Face PEFT reads them: {@link AdapterFiles}. */
final class PeftForm implements ExportForm {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Gains that go into B are rounded once more. */
  private static final double ROUNDING = 1e-5;

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
    if (model.head().pooling() == EncoderHead.Pooling.TOKENS) {
      throw new ExportRefusedException(
          "the run tags words, and adapter files are written of models that answer for a whole text; choose huggingface, onnx or savedmodel");
    }
    EncoderDirectory.requireOwnHead(model.head());
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
    AdapterConfig config;
    try (StagedDirectory staged = StagedDirectory.named(directory)) {
      config =
          AdapterFiles.write(
              staged.path(),
              base,
              increments.byLayer(),
              increments.scales(),
              increments.triplets(),
              head,
              labelsOrNull == null ? "CAUSAL_LM" : "SEQ_CLS");
      if (labelsOrNull != null) {
        JSON.writeValue(staged.path().resolve(Assets.LABELS).toFile(), labelsOrNull);
      }
      requireReadsBack(staged.path(), base, increments, head);
      staged.commit(directory);
    }
    List<String> notes = new ArrayList<>();
    AdapterConfig.Sizes sizes = config.sizes();
    int highest = LowRankValues.highestRank(increments.byLayer().values());
    if (sizes.rank() > highest) {
      notes.add(
          "The layers are fused in the base: their increments of rank %d became blocks of one of rank %d."
              .formatted(highest, sizes.rank()));
    }
    if (!sizes.ranks().isEmpty()) {
      notes.add(
          "%d layers have other ranks than %d: rank_pattern and alpha_pattern say which."
              .formatted(sizes.ranks().size(), sizes.rank()));
    }
    notes.add("Open it by PeftModel.from_pretrained over %s.".formatted(base.name()));
    return Written.same(
        directory,
        ImmutableMap.of(
            "peft_type",
            config.kind().name().toLowerCase(Locale.ROOT),
            "rank",
            config.sizes().rank()),
        notes);
  }

  /** A layer whose triplets are all pruned has no increment any more. */
  private static void requireReadsBack(
      Path directory, PretrainedModel base, Increments increments, Map<String, HostTensor> head)
      throws IOException {
    PeftAdapter read = PeftAdapter.read(directory, base);
    for (Map.Entry<String, LowRankValues> layer : increments.byLayer().entrySet()) {
      float[] weight = base.linearWeight(layer.getKey());
      LowRankValues found = read.increments().get(layer.getKey());
      float[] merged = found == null ? weight : found.addedTo(weight);
      float[] trained = layer.getValue().addedTo(weight);
      requireFinite(layer.getKey() + ".weight", HostTensor.of(trained, trained.length));
      for (int i = 0; i < trained.length; i++) {
        if (!(Math.abs(merged[i] - trained[i]) <= ROUNDING * (1 + Math.abs(trained[i])))) {
          throw new ExportRefusedException(
              "the increment of %s is %s at position %d in the files and %s in the run; nothing was exported"
                  .formatted(layer.getKey(), merged[i], i, trained[i]));
        }
      }
    }
    for (Map.Entry<String, HostTensor> tensor : head.entrySet()) {
      requireFinite(tensor.getKey(), tensor.getValue());
      if (!Arrays.equals(tensor.getValue().values(), read.saved().get(tensor.getKey()).values())) {
        throw new IllegalStateException(
            tensor.getKey() + " reads back otherwise than it was written");
      }
    }
  }

  private static void requireFinite(String name, HostTensor tensor) throws ExportRefusedException {
    OptionalInt place = tensor.firstNonFinite();
    if (place.isPresent()) {
      int i = place.getAsInt();
      throw new ExportRefusedException(
          "%s is %s at position %d after training; train again with a lower learning rate, or from an earlier checkpoint; nothing was exported"
              .formatted(name, tensor.values()[i], i));
    }
  }
}
