package org.bilora.cli.option;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bilora.method.Method;
import org.bilora.method.Methods;
import org.bilora.settings.Knobs;
import org.bilora.train.TrainingDefaults;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;

/**
 * {@code --method} and the options of the methods' own knobs, which follow from their records
 * ({@link org.bilora.settings.Knob}).
 */
public final class MethodOptions {
  /** Options that only methods with increments read. */
  private static final List<String> OF_INCREMENTS =
      List.of("--rank", "--alpha", "--targets", "--layers", "--rank-pattern", "--alpha-pattern");

  private String method;

  /** Values of the methods' own knobs, by option. */
  private final Map<String, String> knobs = new LinkedHashMap<>();

  MethodOptions() {}

  /** Adds {@code --method} and the knobs of all methods to a command. */
  void addTo(CommandSpec command) {
    command.addOption(
        OptionSpec.builder("--method")
            .type(String.class)
            .paramLabel("METHOD")
            .completionCandidates(Methods.names())
            .description(
                "What is trained, and on what: %s (default: ${DEFAULT-VALUE})."
                    .formatted(described()))
            .setter(setter(value -> method = value))
            .build());
    Methods.knobs()
        .forEach(
            (name, knob) ->
                command.addOption(
                    OptionSpec.builder(name)
                        .type(String.class)
                        .paramLabel(knob.label())
                        .description(
                            "%s: %s (default: %s)."
                                .formatted(
                                    String.join(", ", Methods.reading(name)),
                                    knob.help(),
                                    Methods.usual(name)))
                        .setter(
                            setter(
                                value -> {
                                  if (value == null) {
                                    knobs.remove(name);
                                  } else {
                                    knobs.put(name, value);
                                  }
                                }))
                        .build()));
  }

  /**
   * The method with its knobs as they were given.
   *
   * @throws IllegalArgumentException when a value is out of its range
   */
  Method method() {
    return Methods.with(Methods.named(method), knobs);
  }

  private static ISetter setter(Consumer<String> target) {
    return new ISetter() {
      @Override
      @SuppressWarnings("unchecked")
      public <T> T set(T value) {
        target.accept((String) value);
        return value;
      }
    };
  }

  private static String described() {
    return Methods.all().entrySet().stream()
        .map(
            entry ->
                "%s (%s)"
                    .formatted(
                        entry.getKey(),
                        entry.getKey().equals(entry.getValue().name())
                            ? entry.getValue().summary()
                            : entry.getValue().variant()))
        .collect(Collectors.joining(", "));
  }

  /** The given options that a method does not read. */
  public static List<String> idle(Method method, Predicate<String> given) {
    Set<String> read = new HashSet<>(Knobs.read((Record) method));
    if (method.adapterForm(TrainingDefaults.ADAPTER).isPresent()) {
      read.addAll(OF_INCREMENTS);
    }
    return Stream.concat(OF_INCREMENTS.stream(), Methods.knobs().keySet().stream())
        .filter(option -> !read.contains(option))
        .filter(given)
        .toList();
  }
}
