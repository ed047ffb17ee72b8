package org.bilora.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bilora.weights.AtomicFile;

/**
 * The files under {@code assets}: what a client needs to turn texts into inputs and logits into
 * answers.
 *
 * <pre>
 * tokenizer.json   Hugging Face's tokenizer of the backbone, which cuts where the training did
 * labels.json      array of the logits' names; empty for a single score
 * adapters.json    instead of it where there are several adapters: array of {@link ServedAdapter}
 * export.json      {@link ExportRecord}, which holds the other files to what was exported
 * </pre>
 */
final class Assets {
  static final String FOLDER = "assets";
  static final String TOKENIZER = "tokenizer.json";
  static final String LABELS = "labels.json";
  static final String RECORD = "export.json";
  static final String ADAPTERS = "adapters.json";
  static final List<String> FILES = ImmutableList.of(TOKENIZER, LABELS, RECORD);

  private static final ObjectMapper JSON = new ObjectMapper();

  private Assets() {}

  /** All files of a model's assets. */
  static List<String> files(ServingModel model) {
    return model.adapters().isPresent() ? ImmutableList.of(TOKENIZER, ADAPTERS, RECORD) : FILES;
  }

  /** Writes all but the record, which comes last. */
  static void write(ServingModel model, Path savedModel) throws IOException {
    writeInto(Files.createDirectories(savedModel.resolve(FOLDER)), model);
  }

  /** Writes the files but the record into a folder. */
  static void writeInto(Path folder, ServingModel model) throws IOException {
    AtomicFile.write(
        folder.resolve(TOKENIZER), model.encoder().tokenizer().definition(model.maxTokens()));
    Object names = model.adapters().<Object>map(AdapterBank::adapters).orElse(model.labels());
    String json = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(names);
    AtomicFile.write(
        folder.resolve(model.adapters().isPresent() ? ADAPTERS : LABELS),
        (json + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** The adapters of a model that has several. */
  static List<ServedAdapter> adapters(Path savedModel) throws IOException {
    Path file = existing(savedModel.resolve(FOLDER).resolve(ADAPTERS));
    try {
      ServedAdapter[] adapters = JSON.readValue(file.toFile(), ServedAdapter[].class);
      if (adapters == null || adapters.length == 0 || Arrays.asList(adapters).contains(null)) {
        throw new IOException("%s names no adapters; export the runs again".formatted(file));
      }
      return ImmutableList.copyOf(adapters);
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s is damaged (%s); export the runs again".formatted(file, e.getOriginalMessage()), e);
    }
  }

  static List<String> labels(Path savedModel) throws IOException {
    Path file = existing(savedModel.resolve(FOLDER).resolve(LABELS));
    try {
      String[] labels = JSON.readValue(file.toFile(), String[].class);
      if (labels == null || Arrays.asList(labels).contains(null)) {
        throw new IOException("%s holds null; export the run again".formatted(file));
      }
      return ImmutableList.copyOf(labels);
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s is damaged (%s); export the run again".formatted(file, e.getOriginalMessage()), e);
    }
  }

  static Path tokenizer(Path savedModel) throws IOException {
    return existing(savedModel.resolve(FOLDER).resolve(TOKENIZER));
  }

  /** The file, which must be there. */
  static Path existing(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "%s is missing; the export is incomplete, export the run again".formatted(file));
    }
    return file;
  }
}
