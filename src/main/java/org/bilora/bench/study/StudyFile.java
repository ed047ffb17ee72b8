package org.bilora.bench.study;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.guava.GuavaModule;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.bilora.weights.OptionalLibrary;

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
 * {@code train_examples: [100, 300]}, {@code label_noise: [0, 0.2]} and {@code budget: {steps:
 * 2000}} make it a study of overfitting: sizes and shares of wrong labels are compared each for
 * itself, and every run takes as many steps.
 *
 * <p>A search adds {@code select_on: training}, {@code trials} and, per method, {@code ranges:
 * {learning_rate: {from: 1e-4, to: 5e-3}, gamma1: {values: [0, 0.01]}}}.
 *
 * <p>A study of generation tasks may say {@code decoding: {beam: 10, length_penalty: 0.9, stop:
 * likely}}, with the fields of {@link Decoding}, and {@code test_inputs: 100}.
 */
public final class StudyFile {
  private StudyFile() {}

  /**
   * Reads a study.
   *
   * @throws IOException naming file, line and field of what is wrong, for an unknown field the
   *     nearest known one
   */
  public static Study read(Path file) throws IOException {
    OptionalLibrary.YAML.require("a study file");
    byte[] yaml = Files.readAllBytes(file);
    try {
      Study study = Yaml.MAPPER.readValue(yaml, Study.class);
      if (study == null) {
        throw new IOException(file + ": the file is empty; describe a study in it");
      }
      return study;
    } catch (UnrecognizedPropertyException e) {
      String hint =
          NearestName.hint(
              e.getPropertyName(), e.getKnownPropertyIds().stream().map(Object::toString).toList());
      throw new IOException(
          "%s%s: unknown field '%s'; %s"
              .formatted(file, line(yaml, e.getPropertyName()), e.getPropertyName(), hint),
          e);
    } catch (JsonMappingException e) {
      throw wrong(file, e);
    } catch (JacksonException e) {
      throw notYaml(file, e);
    }
  }

  private static IOException wrong(Path file, JsonMappingException e) {
    if (e.getCause() instanceof JsonParseException parsing) {
      return notYaml(file, parsing);
    }
    StringBuilder field = new StringBuilder();
    for (JsonMappingException.Reference place : e.getPath()) {
      boolean inList = place.getFieldName() == null;
      field
          .append(inList || field.isEmpty() ? "" : ".")
          .append(inList ? "[%d]".formatted(place.getIndex() + 1) : place.getFieldName());
    }
    String where = field.isEmpty() ? "" : ", " + field;
    if (e.getCause() instanceof IllegalArgumentException refused) {
      return new IOException("%s%s: %s".formatted(file, where, refused.getMessage()), e);
    }
    if (e instanceof MismatchedInputException && e.getPath().isEmpty()) {
      return new IOException(
          file + ": it has no mapping FIELD: VALUE; is the file empty, or a list?", e);
    }
    return new IOException(
        "%s, line %d%s: %s"
            .formatted(
                file,
                e.getLocation().getLineNr(),
                where,
                e instanceof MismatchedInputException
                    ? "a value of the wrong kind; benchmarks/README.md tells the fields"
                    : firstLine(e)),
        e);
  }

  private static IOException notYaml(Path file, JacksonException e) {
    return new IOException(
        "%s, line %d: it is not YAML: %s"
            .formatted(file, e.getLocation().getLineNr(), firstLine(e)),
        e);
  }

  /** Where a field is written; the parser has read on by the time it is known to be unknown. */
  private static String line(byte[] yaml, String field) {
    Pattern written = Pattern.compile("(^|[\\s{,\"'-])" + Pattern.quote(field) + "[\"']?\\s*:");
    List<String> lines = new String(yaml, StandardCharsets.UTF_8).lines().toList();
    return IntStream.range(0, lines.size())
        .filter(i -> written.matcher(lines.get(i)).find())
        .mapToObj(i -> ", line " + (i + 1))
        .findFirst()
        .orElse("");
  }

  private static String firstLine(JacksonException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("").strip();
  }

  /** Apart, so that {@link StudyFile} loads without the YAML library. */
  private static final class Yaml {
    static final ObjectMapper MAPPER =
        YAMLMapper.builder()
            .addModule(new GuavaModule())
            .addModule(new Jdk8Module())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
  }
}
