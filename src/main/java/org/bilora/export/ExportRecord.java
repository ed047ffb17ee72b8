package org.bilora.export;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bilora.data.TaskType;
import org.bilora.weights.AtomicFile;

/**
 * What {@code export.json} says of an export: how texts become batches, where the model came from,
 * and the SHA-256 of every file that decides an answer. Its own fields have one, too, so that
 * nothing of an export changes unnoticed.
 *
 * @param maxTokens longer texts are cut there
 * @param padTokenId fills up the shorter texts of a batch
 * @param segments whether the second text of a pair has token type 1
 * @param pretrained name of the backbone
 * @param source where the backbone came from
 * @param sha256 of the backbone's weight file
 * @param taskType what the logits stand for, such as {@code multi-label}
 * @param files hashes in hexadecimal by the file's path in the export
 */
record ExportRecord(
    @JsonProperty(value = "max_tokens", required = true) int maxTokens,
    @JsonProperty(value = "pad_token_id", required = true) int padTokenId,
    @JsonProperty(value = "segments", required = true) boolean segments,
    @JsonProperty(value = "pretrained", required = true) String pretrained,
    @JsonProperty(value = "pretrained_source", required = true) String source,
    @JsonProperty(value = "pretrained_sha256", required = true) String sha256,
    @JsonProperty(value = "task_type", required = true) String taskType,
    @JsonProperty(value = "files", required = true) SortedMap<String, String> files) {

  /** Where it lies in a SavedModel. */
  static final String FILE = Assets.FOLDER + "/" + Assets.RECORD;

  private static final String SEAL = "record_sha256";

  /** Of a message that quotes the file. */
  private static final int MOST_CHARACTERS = 300;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  /** Checks the ranges. */
  ExportRecord {
    if (maxTokens < 3 || padTokenId < 0) {
      throw new IllegalArgumentException(
          "max_tokens is %d, at least 3 is needed; pad_token_id is %d, at least 0"
              .formatted(maxTokens, padTokenId));
    }
    if (files == null) {
      throw new IllegalArgumentException("files is null; the hashes of the files are needed");
    }
  }

  /** The record of a SavedModel whose files have been written. */
  static ExportRecord of(ServingModel model, Path export) throws IOException {
    return of(model, export, SavedModelExport.deciding(model.adapters().isPresent()));
  }

  /** The same with other files. */
  static ExportRecord of(ServingModel model, Path export, Collection<String> files)
      throws IOException {
    return new ExportRecord(
        model.maxTokens(),
        model.encoder().config().padTokenId(),
        model.encoder().tokenizer().hasSegments(),
        model.encoder().name(),
        model.encoder().source(),
        model.encoder().sha256(),
        model.type().id(),
        hashes(export, files));
  }

  /** Hashes of files by their names. */
  static SortedMap<String, String> hashes(Path export, Collection<String> names)
      throws IOException {
    SortedMap<String, String> hashes = new TreeMap<>();
    for (String name : names) {
      hashes.put(name, hash(export.resolve(name)));
    }
    return hashes;
  }

  private static String hash(Path file) throws IOException {
    return MoreFiles.asByteSource(file).hash(Hashing.sha256()).toString();
  }

  /** What is answered beside the logits. */
  ServedOutputs outputs(List<String> labels) {
    return ServedOutputs.of(TaskType.named(taskType), labels);
  }

  /** Writes the file. */
  void write(Path file) throws IOException {
    ObjectNode fields = JSON.valueToTree(this);
    String text = JSON.writeValueAsString(fields.put(SEAL, sealOf(fields))) + "\n";
    AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads the file.
   *
   * @throws IOException when it is damaged or was changed: one line with its name
   */
  static ExportRecord read(Path file) throws IOException {
    try {
      ObjectNode fields = JSON.readValue(Files.readAllBytes(file), ObjectNode.class);
      JsonNode seal = fields == null ? null : fields.remove(SEAL);
      if (seal == null) {
        throw new IOException(
            "%s has no %s, without which a change would go unnoticed; export the run again"
                .formatted(file, SEAL));
      }
      if (!seal.asText().equals(sealOf(fields))) {
        throw new IOException(
            "%s was changed after it was written: its fields do not have the hash %s says; export the run again"
                .formatted(file, SEAL));
      }
      return JSON.treeToValue(fields, ExportRecord.class);
    } catch (JsonProcessingException e) {
      String reason = e.getOriginalMessage().lines().findFirst().orElse("");
      throw new IOException(
          "%s is damaged (%s); export the run again"
              .formatted(
                  file,
                  reason.length() <= MOST_CHARACTERS
                      ? reason
                      : reason.substring(0, MOST_CHARACTERS) + "…"),
          e);
    }
  }

  private static String sealOf(ObjectNode fields) throws JsonProcessingException {
    return Hashing.sha256().hashBytes(JSON.writeValueAsBytes(fields)).toString();
  }

  /**
   * Makes sure that an export's files are those that were written.
   *
   * @param needed those that must be among them
   * @throws IOException when one is missing or has changed: one line with its name
   */
  void requireUnchanged(Path export, Collection<String> needed) throws IOException {
    for (String name : needed) {
      if (!files.containsKey(name)) {
        throw new IOException(
            "%s has no hash of %s; export the run again".formatted(export.resolve(FILE), name));
      }
    }
    for (Map.Entry<String, String> recorded : files.entrySet()) {
      Path file = export.resolve(recorded.getKey());
      String found = hash(Assets.existing(file));
      if (!found.equals(recorded.getValue())) {
        throw new IOException(
            "%s is not what was exported: it had the hash %s and has %s now; restore it, or export the run again"
                .formatted(file, recorded.getValue(), found));
      }
    }
  }
}
