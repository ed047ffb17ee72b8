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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
 * likely}}, with the fields of {@link Decoding}, and {@code test_inputs: 100}. {@code dev_examples:
 * 500} saves time where a dev split is large.
 */
public final class StudyFile {
  private static final int LONGEST = 300;

  private StudyFile() {}

  /** A description of a study is a page or two. */
  private static final int MOST_BYTES = 1 << 20;

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");

  /**
   * Reads a study.
   *
   * @throws IOException naming file, line and field of what is wrong, for an unknown field the
   *     nearest known one
   */
  public static Study read(Path file) throws IOException {
    OptionalLibrary.YAML.require("a study file");
    if (Files.size(file) > MOST_BYTES) {
      throw new IOException(
          "%s has %,d bytes, and a study file at most %,d; is it another file?"
              .formatted(file, Files.size(file), MOST_BYTES));
    }
    byte[] yaml = Files.readAllBytes(file);
    try {
      Study study = Yaml.MAPPER.readValue(yaml, Study.class);
      if (study == null) {
        throw new IOException(file + ": the file is empty; describe a study in it");
      }
      // Settings out of their range are found here, where the file is known.
      Cell.of(study);
      return study;
    } catch (UnrecognizedPropertyException e) {
      String hint =
          NearestName.hint(
              e.getPropertyName(), e.getKnownPropertyIds().stream().map(Object::toString).toList());
      throw new IOException(
          "%s%s: unknown field '%s'; %s"
              .formatted(
                  file,
                  line(yaml, Stream.of(e.getPropertyName())),
                  NearestName.shortened(e.getPropertyName()),
                  hint),
          e);
    } catch (JsonMappingException e) {
      throw wrong(file, yaml, e);
    } catch (JacksonException e) {
      throw notYaml(file, e);
    } catch (IllegalArgumentException e) {
      throw refused(file, yaml, "", e);
    }
  }

  private static IOException wrong(Path file, byte[] yaml, JsonMappingException e) {
    if (e.getCause() instanceof JsonParseException parsing) {
      return notYaml(file, parsing);
    }
    StringBuilder field = new StringBuilder();
    for (JsonMappingException.Reference place : e.getPath()) {
      boolean inList = place.getFieldName() == null;
      field
          .append(inList || field.isEmpty() ? "" : ".")
          .append(
              inList
                  ? "[%d]".formatted(place.getIndex() + 1)
                  : NearestName.shortened(place.getFieldName()));
    }
    String where = field.isEmpty() ? "" : ", " + field;
    if (e.getCause() instanceof IllegalArgumentException refused) {
      return refused(file, yaml, where, refused);
    }
    if (e instanceof MismatchedInputException && e.getPath().isEmpty()) {
      return new IOException(
          file + ": it has no mapping FIELD: VALUE; is the file empty, or a list?", e);
    }
    return new IOException(
        "%s%s%s: %s"
            .formatted(
                file,
                line(e),
                where,
                e instanceof MismatchedInputException
                    ? "a value of the wrong kind; benchmarks/README.md tells the fields"
                    : firstLine(e)),
        e);
  }

  /** A value that is refused, with the line of the first name in the message that is written. */
  private static IOException refused(
      Path file, byte[] yaml, String where, IllegalArgumentException e) {
    String message = SettingNames.spoken(String.valueOf(e.getMessage()));
    String line =
        NAME.matcher(message)
            .results()
            .map(name -> line(yaml, SettingNames.written(name.group())))
            .filter(found -> !found.isEmpty())
            .findFirst()
            .orElse("");
    return new IOException("%s%s%s: %s".formatted(file, line, where, message), e);
  }

  private static IOException notYaml(Path file, JacksonException e) {
    return new IOException("%s%s: it is not YAML: %s".formatted(file, line(e), firstLine(e)), e);
  }

  /** Where limits of the parser are hit there is no place. */
  private static String line(JacksonException e) {
    return e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
  }

  /** Where a field is written; the parser has read on by the time it is known to be wrong. */
  private static String line(byte[] yaml, Stream<String> writings) {
    Pattern written =
        Pattern.compile(
            "(^|[\\s{,\"'-])(%s)[\"']?\\s*:"
                .formatted(writings.map(Pattern::quote).collect(Collectors.joining("|"))));
    List<String> lines = new String(yaml, StandardCharsets.UTF_8).lines().toList();
    return IntStream.range(0, lines.size())
        .filter(i -> written.matcher(lines.get(i)).find())
        .mapToObj(i -> ", line " + (i + 1))
        .findFirst()
        .orElse("");
  }

  private static String firstLine(JacksonException e) {
    String line = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("").strip();
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
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
