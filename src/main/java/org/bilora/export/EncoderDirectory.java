package org.bilora.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.bilora.model.EncoderConfig;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.weights.AtomicFile;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;
import org.tensorflow.Session;

/**
 * A merged encoder as a directory that Hugging Face Transformers opens by {@code
 * AutoModelForSequenceClassification.from_pretrained}, or of a tagger of words by {@code
 * AutoModelForTokenClassification.from_pretrained}, and {@code AutoTokenizer.from_pretrained}:
 *
 * <pre>
 * config.json             the architecture, and the names of the classes (id2label)
 * model.safetensors       every weight, F32, by the names of the kind's classifier or tagger
 * tokenizer.json          the tokenizer
 * tokenizer_config.json   which class opens it, where it cuts texts
 * </pre>
 */
public final class EncoderDirectory {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final String WEIGHTS = "model.safetensors";

  private EncoderDirectory() {}

  /**
   * Writes the directory, which must not exist yet; it appears whole or not at all. Before it
   * appears it is read back, and its logits are held against the trained model's.
   *
   * @return largest difference of a logit
   * @throws ExportRefusedException when the model reads a text otherwise than its kind's classifier
   *     does, or a logit differs by more than {@link SavedModelExport#TOLERANCE}
   * @throws IOException when the directory exists, cannot be written, or does not read back
   */
  public static float write(ServingModel model, List<ReferenceLogits> references, Path directory)
      throws IOException {
    requireOwnHead(model.head());
    EncoderConfig config = model.encoder().config();
    try (StagedDirectory staged = StagedDirectory.named(directory)) {
      Path path = staged.path();
      AtomicFile.write(
          path.resolve("config.json"),
          JSON.writeValueAsBytes(
              config.configFile(
                  model.head().architecture(), model.labels(), model.outputs().problemType())));
      new TokenizerConfig(model.encoder().tokenizer(), model.maxTokens())
          .token("pad_token", OptionalInt.of(config.padTokenId()))
          .inputs(
              config.kind().segments(config)
                  ? List.of("input_ids", "token_type_ids", "attention_mask")
                  : List.of("input_ids", "attention_mask"))
          .write(path);
      Safetensors.write(
          path.resolve(WEIGHTS),
          model.encoder().checkpoint(written(model)),
          Map.of("format", "pt"));
      float difference = readBack(model, references, path);
      staged.commit(directory);
      return difference;
    }
  }

  /**
   * Refuses a head that the kind's classifier in Transformers does not have.
   *
   * @throws ExportRefusedException when it reads the states of a sentence encoder
   */
  static void requireOwnHead(EncoderHead head) throws ExportRefusedException {
    if (head.pooling() == EncoderHead.Pooling.MEAN || head.pooling() == EncoderHead.Pooling.CLS) {
      throw new ExportRefusedException(
          "the model reads %s of a text, as sentence encoders do; Transformers' %s reads %s and would answer otherwise: export it as savedmodel or onnx"
              .formatted(
                  head.pooling() == EncoderHead.Pooling.MEAN
                      ? "the mean over the tokens"
                      : "the first token's state",
                  head.config().kind().classifier(),
                  "it through the layer " + head.denseName()));
    }
  }

  /** All weights; of a tagger those that it reads, which has no pooler. */
  private static Map<String, HostTensor> written(ServingModel model) {
    return model.outputs().perToken()
        ? Maps.filterKeys(model.weights(), model.head().tensorsOfModel()::contains)
        : model.weights();
  }

  private static float readBack(ServingModel model, List<ReferenceLogits> references, Path path)
      throws IOException {
    Map<String, HostTensor> written = written(model);
    try (PretrainedEncoder read = PretrainedEncoders.load(path.toString())) {
      Map<String, HostTensor> found = new HashMap<>(read.weights());
      if (model.outputs().perToken()) {
        // A pretrained encoder is read without a head over its tokens.
        Map<String, HostTensor> file = Safetensors.read(path.resolve(WEIGHTS)).tensors();
        model.head().outputTensors().keySet().forEach(name -> found.put(name, file.get(name)));
      }
      // The class of a regression task has a name in the file and none in a task.
      EncoderConfig expected = model.encoder().config().withLabels(read.config().id2label());
      boolean same =
          read.config().equals(expected)
              && found.keySet().equals(written.keySet())
              && found.entrySet().stream()
                  .allMatch(entry -> equal(entry.getValue(), written.get(entry.getKey())));
      if (!same) {
        throw new IOException(
            "the model reads back otherwise than it was written, by damage to the disk or a defect"
                + " of this program; nothing was kept");
      }
      return difference(
          ServingModel.of(
              read,
              new EncoderHead(read.config(), model.head().pooling(), model.head().labels()),
              found,
              model.type(),
              model.labels(),
              model.maxTokens(),
              model.pairs()),
          references);
    }
  }

  private static boolean equal(HostTensor one, HostTensor other) {
    return Arrays.equals(one.values(), other.values()) && Arrays.equals(one.shape(), other.shape());
  }

  private static float difference(ServingModel model, List<ReferenceLogits> references)
      throws ExportRefusedException {
    try (ForwardGraph forward = new ForwardGraph(model);
        Session session = forward.open()) {
      return forward.compared(session, references);
    }
  }
}
