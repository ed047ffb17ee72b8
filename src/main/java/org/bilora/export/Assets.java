package org.bilora.export;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bilora.data.TaskType;
import org.bilora.model.EncoderConfig;

/**
 * The files under {@code assets}: what a client needs to turn texts into inputs and logits into
 * answers.
 *
 * <pre>
 * tokenizer.json   Hugging Face's tokenizer of the backbone, which cuts where the training did
 * labels.json      array of the logits' names; empty for a single score
 * export.json      {@link Description}
 * </pre>
 */
final class Assets {
  static final String FOLDER = "assets";
  static final String TOKENIZER = "tokenizer.json";
  static final String LABELS = "labels.json";
  static final String DESCRIPTION = "export.json";
  static final List<String> FILES = ImmutableList.of(TOKENIZER, LABELS, DESCRIPTION);

  private static final ObjectMapper JSON = new ObjectMapper();

  private Assets() {}

  /**
   * How texts become batches, and where the model came from.
   *
   * @param maxTokens longer texts are cut there
   * @param padTokenId fills up the shorter texts of a batch
   * @param segments whether the second text of a pair has token type 1
   * @param pretrained name of the backbone
   * @param source where the backbone came from
   * @param sha256 of the backbone's weight file
   * @param taskType what the logits stand for, such as {@code multi-label}; null in older exports,
   *     which have classes, or a score where there are no labels
   */
  record Description(
      @JsonProperty(value = "max_tokens", required = true) int maxTokens,
      @JsonProperty(value = "pad_token_id", required = true) int padTokenId,
      @JsonProperty(value = "segments", required = true) boolean segments,
      @JsonProperty("pretrained") String pretrained,
      @JsonProperty("pretrained_source") String source,
      @JsonProperty("pretrained_sha256") String sha256,
      @JsonProperty("task_type") String taskType) {

    /** Checks the ranges, so that a file changed by hand is noticed. */
    Description {
      if (maxTokens < 3 || padTokenId < 0) {
        throw new IllegalArgumentException(
            "max_tokens is %d, at least 3 is needed; pad_token_id is %d, at least 0"
                .formatted(maxTokens, padTokenId));
      }
    }

    /** What is answered beside the logits. */
    ServedOutputs outputs(List<String> labels) {
      TaskType older = labels.isEmpty() ? TaskType.REGRESSION : TaskType.CLASSIFICATION;
      return ServedOutputs.of(taskType == null ? older : TaskType.named(taskType), labels);
    }
  }

  static void write(ServingModel model, Path savedModel) throws IOException {
    writeInto(Files.createDirectories(savedModel.resolve(FOLDER)), model);
  }

  /** Writes the files into a folder. */
  static void writeInto(Path folder, ServingModel model) throws IOException {
    EncoderConfig config = model.encoder().config();
    Files.write(
        folder.resolve(TOKENIZER), model.encoder().tokenizer().definition(model.maxTokens()));
    writeJson(folder.resolve(LABELS), model.labels());
    writeJson(
        folder.resolve(DESCRIPTION),
        new Description(
            model.maxTokens(),
            config.padTokenId(),
            model.encoder().tokenizer().hasSegments(),
            model.encoder().name(),
            model.encoder().source(),
            model.encoder().sha256(),
            model.type().id()));
  }

  private static void writeJson(Path file, Object value) throws IOException {
    Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n");
  }

  static List<String> labels(Path savedModel) throws IOException {
    return ImmutableList.copyOf(List.of(read(savedModel, LABELS, String[].class)));
  }

  static Description description(Path savedModel) throws IOException {
    return read(savedModel, DESCRIPTION, Description.class);
  }

  static Path tokenizer(Path savedModel) throws IOException {
    return existing(savedModel, TOKENIZER);
  }

  private static <V> V read(Path savedModel, String name, Class<V> type) throws IOException {
    Path file = existing(savedModel, name);
    try {
      V value = JSON.readValue(file.toFile(), type);
      if (value == null) {
        throw new IOException("%s holds null; export the run again".formatted(file));
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s is damaged (%s); export the run again".formatted(file, e.getOriginalMessage()), e);
    }
  }

  private static Path existing(Path savedModel, String name) throws IOException {
    Path file = savedModel.resolve(FOLDER).resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "%s is missing; the export is incomplete, export the run again".formatted(file));
    }
    return file;
  }
}
