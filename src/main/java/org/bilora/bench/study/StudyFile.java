package org.bilora.bench.study;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.guava.GuavaModule;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/**
 * Reads a {@link Study} from YAML; its record documents the fields.
 *
 * <pre>
 * description: What is asked, for the report.
 * tasks: [cola, rte]
 * model: minilm-l6
 * data: glue                      # folder of the tasks' folders
 * seeds: [1, 2, 3]
 * settings:                       # any name in the settings of run.json, or option of train
 *   epochs: 3
 *   learning_rate: 5e-4
 * per_task:
 *   cola: {train_examples: 2000, settings: {epochs: 5}}
 * methods:
 *   - name: lora
 *   - name: bilora-wide
 *     base: bilora                # a standard method; its own name unless set
 *     settings: {rank: 16}
 *     per_task: {rte: {upper_learning_rate: 1e-2}}
 *     sweep: {lower_steps: [1, 2, 4]}
 * compare: bilora-wide
 * </pre>
 *
 * A search adds {@code select_on: training}, {@code trials} and, per method, {@code ranges:
 * {learning_rate: {from: 1e-4, to: 5e-3}, gamma1: {values: [0, 0.01]}}}.
 */
public final class StudyFile {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .addModule(new GuavaModule())
          .addModule(new Jdk8Module())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private StudyFile() {}

  /**
   * Reads a study.
   *
   * @throws IOException naming file, line and field of what is wrong, for an unknown field the
   *     nearest known one
   */
  public static Study read(Path file) throws IOException {
    try {
      Study study = YAML.readValue(Files.readAllBytes(file), Study.class);
      if (study == null) {
        throw new IOException(file + ": the file is empty; describe a study in it");
      }
      return study;
    } catch (UnrecognizedPropertyException e) {
      throw wrong(
          file,
          e,
          "unknown field '%s'; %s"
              .formatted(
                  e.getPropertyName(),
                  NearestName.hint(
                      e.getPropertyName(),
                      e.getKnownPropertyIds().stream().map(Object::toString).toList())));
    } catch (MismatchedInputException e) {
      String field =
          e.getPath().stream()
              .map(r -> r.getFieldName() == null ? "[" + r.getIndex() + "]" : r.getFieldName())
              .collect(Collectors.joining("."));
      throw wrong(
          file,
          e,
          field.isEmpty()
              ? "it is no mapping of fields"
              : "field %s has a value of the wrong kind; %s has an example of every field"
                  .formatted(field, "benchmarks/README.md"));
    } catch (JsonMappingException e) {
      Throwable cause = e.getCause();
      throw wrong(
          file, e, cause instanceof IllegalArgumentException ? cause.getMessage() : firstLine(e));
    } catch (JacksonException e) {
      throw wrong(file, e, "it is not YAML: " + firstLine(e));
    }
  }

  private static IOException wrong(Path file, JacksonException e, String what) {
    String line = e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
    return new IOException("%s%s: %s".formatted(file, line, what), e);
  }

  private static String firstLine(JacksonException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("").strip();
  }
}
