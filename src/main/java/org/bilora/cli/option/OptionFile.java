package org.bilora.cli.option;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bilora.weights.AtomicFile;
import org.bilora.weights.YamlFile;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Options in a YAML file, under their names without dashes before them:
 *
 * <pre>
 * task: custom
 * data: reviews.csv
 * method: bilora
 * targets: [query, value]
 * rank: 8
 * </pre>
 *
 * An option that is given on the command line counts instead.
 */
public record OptionFile(Map<String, String> options, IDefaultValueProvider others)
    implements IDefaultValueProvider {

  /**
   * Reads a file.
   *
   * @param known options that may be in it, with their dashes
   * @param others defaults of options that are not in it
   * @throws IOException when it cannot be read, is no such YAML, or has another option
   */
  public static OptionFile read(Path file, Set<String> known, IDefaultValueProvider others)
      throws IOException {
    JsonNode root = YamlFile.read(file, "a file of options");
    if (!root.isObject()) {
      throw new IOException(file + ": it must have an option per line, such as rank: 8");
    }
    Map<String, String> options = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      String option = "--" + entry.getKey();
      if (!known.contains(option)) {
        throw new IOException(
            "%s: there is no option '%s' for a file; known are %s"
                .formatted(
                    file,
                    entry.getKey(),
                    known.stream()
                        .map(name -> name.replaceFirst("^--", ""))
                        .sorted()
                        .collect(Collectors.joining(", "))));
      }
      options.put(option, text(file, entry.getKey(), entry.getValue()));
    }
    return new OptionFile(options, others);
  }

  private static String text(Path file, String option, JsonNode value) throws IOException {
    List<String> parts = new ArrayList<>();
    if (value.isObject()) {
      for (Map.Entry<String, JsonNode> entry : value.properties()) {
        parts.add(entry.getKey() + "=" + text(file, option, entry.getValue()));
      }
      return String.join(",", parts);
    }
    if (value.isArray()) {
      for (JsonNode item : value) {
        parts.add(text(file, option, item));
      }
      return String.join(",", parts);
    }
    if (value.isNull()) {
      throw new IOException(
          "%s: option '%s' has no value; give one, or leave the line out".formatted(file, option));
    }
    return value.asText();
  }

  /**
   * Writes options.
   *
   * @param options by name, with dashes
   * @param comment a line at the top
   * @throws IOException when the file cannot be written
   */
  public static void write(Path file, Map<String, String> options, String comment)
      throws IOException {
    StringBuilder text = new StringBuilder("# %s\n".formatted(comment));
    for (Map.Entry<String, String> option : options.entrySet()) {
      text.append(option.getKey().replaceFirst("^--", ""))
          .append(": ")
          .append(scalar(option.getValue()))
          .append('\n');
    }
    AtomicFile.write(file, out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
  }

  /** Plain where YAML takes it as it stands, else in quotes. */
  private static String scalar(String value) throws JsonProcessingException {
    boolean plain =
        value.matches("[A-Za-z0-9./][A-Za-z0-9._,/=+-]*") && !value.matches("(?i)null|y|n");
    return plain ? value : new ObjectMapper().writeValueAsString(value);
  }

  @Override
  public String defaultValue(ArgSpec argument) throws Exception {
    if (argument instanceof OptionSpec option && options.containsKey(option.longestName())) {
      return options.get(option.longestName());
    }
    return others.defaultValue(argument);
  }
}
