package org.bilora.export;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bilora.export.onnx.OnnxTranslation;
import org.bilora.weights.AtomicFile;
import org.bilora.weights.HostTensor;
import org.bilora.weights.OptionalLibrary;
import org.tensorflow.Session;

/**
 * Writes a merged encoder as ONNX Runtime, and what is built on it, takes it:
 *
 * <pre>
 * DIR/model.onnx       input_ids, attention_mask, token_type_ids (where there are segments): int64
 *                      [batch, sequence]; logits, and probabilities or scores: float32
 *                      [batch, labels], of a tagger of words [batch, sequence, labels]
 *     tokenizer.json   Hugging Face's tokenizer
 *     labels.json      class names in the order of the logits
 *     export.json      longest text, padding, where the backbone came from, hashes of the files
 * </pre>
 *
 * <p>Weights have the names of the checkpoint and its layout, {@code [out, in]}.
 */
public final class OnnxExport {
  /** Name of the model file. */
  public static final String MODEL = "model.onnx";

  /** Version of the file format; ONNX Runtime reads it from 1.10 on. */
  private static final long FORMAT = 8;

  /** A protobuf has 2 GiB at most; some of it for the graph. */
  private static final long MOST_BYTES = Integer.MAX_VALUE - (64L << 20);

  private OnnxExport() {}

  /**
   * What was exported.
   *
   * @param directory with the files
   * @param largestDifference between a logit of the graph that was translated and of the trained
   *     model
   * @param comparedTexts how many texts were compared
   */
  public record Report(Path directory, float largestDifference, int comparedTexts) {}

  /**
   * Exports: builds the forward pass, compares it with the trained model, translates it, and gives
   * the folder its name.
   *
   * @param references logits of the trained model for real batches of different sizes and lengths
   * @param directory must not exist
   * @throws ExportRefusedException when a logit differs by more than {@link
   *     SavedModelExport#TOLERANCE}; nothing is left behind
   * @throws IllegalArgumentException when the forward pass has no form in ONNX
   * @throws IOException when the folder cannot be written or exists, the weights are more than an
   *     ONNX file can hold, or {@link OptionalLibrary#ONNX} is missing
   */
  public static Report write(ServingModel model, List<ReferenceLogits> references, Path directory)
      throws IOException {
    OptionalLibrary.ONNX.require("an ONNX file");
    if (references.isEmpty()) {
      throw new IllegalArgumentException(
          "references is empty; give logits of the trained model to hold the export against");
    }
    Path target = directory.toAbsolutePath().normalize();
    if (Files.exists(target)) {
      throw new IOException(
          "%s exists already; choose another folder, or remove it first".formatted(directory));
    }
    try (StagedDirectory staged = new StagedDirectory(target.getParent());
        ForwardGraph forward = new ForwardGraph(model);
        Session session = forward.open()) {
      requireSize(forward.source());
      float difference = forward.compared(session, references);
      Assets.writeInto(staged.path(), model);
      writeModel(
          model, OnnxTranslation.of(forward.source(), session), staged.path().resolve(MODEL));
      ExportRecord.of(model, staged.path(), List.of(MODEL, Assets.TOKENIZER, Assets.LABELS))
          .write(staged.path().resolve(Assets.RECORD));
      staged.commit(target);
      return new Report(
          directory,
          difference,
          references.stream().mapToInt(reference -> reference.texts().rows()).sum());
    }
  }

  private static void requireSize(OnnxTranslation.Source source) throws IOException {
    long bytes =
        source.weights().values().stream()
            .map(OnnxTranslation.Weight::values)
            .mapToLong(OnnxExport::bytes)
            .sum();
    if (bytes > MOST_BYTES) {
      throw new IOException(
          "the weights have %,d MiB, an ONNX file holds less than 2 GiB; export as a SavedModel"
              .formatted(bytes >> 20));
    }
  }

  private static long bytes(HostTensor tensor) {
    return (long) Float.BYTES * tensor.values().length;
  }

  private static void writeModel(ServingModel model, GraphProto graph, Path file)
      throws IOException {
    ModelProto onnx =
        ModelProto.newBuilder()
            .setIrVersion(FORMAT)
            .setProducerName("bilora")
            .addOpsetImport(
                OperatorSetIdProto.newBuilder().setVersion(OnnxTranslation.OPERATOR_SET))
            .setGraph(graph)
            .addMetadataProps(property("labels", String.join("\n", model.labels())))
            .addMetadataProps(property("max_tokens", Integer.toString(model.maxTokens())))
            .build();
    AtomicFile.write(file, onnx::writeTo);
  }

  private static StringStringEntryProto property(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
