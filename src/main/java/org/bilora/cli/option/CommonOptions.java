package org.bilora.cli.option;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that every command has, and where its output goes. */
public final class CommonOptions {
  public static final String VERBOSE = "--verbose";

  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--json",
      description = "Print the result as one JSON object; progress still goes to standard error.")
  private boolean json;

  @Option(names = VERBOSE, description = "Print debug messages, and stack traces of errors.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  private boolean help;

  /** Whether the result is to be JSON. */
  public boolean json() {
    return json;
  }

  /** Standard error: progress, notes and warnings. */
  public PrintWriter progress() {
    return command.commandLine().getErr();
  }

  /** Prints a line on standard error. */
  public void note(String line) {
    progress().println(line);
    progress().flush();
  }

  /**
   * Prints the result on standard output.
   *
   * @param fields for {@code --json}; a number that is not finite becomes null
   * @param text for people
   */
  public void result(Map<String, ?> fields, String text) {
    PrintWriter out = command.commandLine().getOut();
    out.println(json ? toJson(fields) : text.stripTrailing());
    try {
      OutputFile.requireWritten(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String toJson(Map<String, ?> fields) {
    try {
      return JSON.writeValueAsString(finite(fields));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** JSON has no NaN and no infinity. */
  private static Object finite(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> copy = new LinkedHashMap<>();
      map.forEach((key, item) -> copy.put(key.toString(), finite(item)));
      return copy;
    }
    if (value instanceof Iterable<?> items) {
      List<Object> copy = new ArrayList<>();
      items.forEach(item -> copy.add(finite(item)));
      return copy;
    }
    return value instanceof Number number && !Double.isFinite(number.doubleValue()) ? null : value;
  }
}
