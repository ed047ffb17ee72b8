package org.bilora.bilevel;

import com.google.common.base.Splitter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bilora.settings.Family;
import org.bilora.settings.Knobs;

/**
 * The registry of estimators: each with its usual settings, one line here, from which command line,
 * study files and JSON take its name and its knobs.
 *
 * <p>In one word an estimator is written as its name and the knobs that differ from the usual ones:
 * {@code exact}, {@code exact:unroll=steady}, {@code neumann:terms=10:unroll=adamw}.
 */
public final class Hypergradients implements Family {
  private static final List<Hypergradient> USUAL =
      List.of(
          new Exact(Unroll.SGD),
          new Darts(0.01),
          new Betty(0.01),
          new FirstOrder(),
          new Neumann(5, Unroll.ADAMW),
          new Soba(0.1, 0.01),
          new Penalty(10));

  private static final String DASHES = "--";

  /** The family; all it knows is static. */
  public Hypergradients() {}

  @Override
  public List<? extends Record> members() {
    return USUAL.stream().map(Record.class::cast).toList();
  }

  @Override
  public String name(Record member) {
    return ((Hypergradient) member).id();
  }

  /** Every estimator with its usual settings. */
  public static List<Hypergradient> usual() {
    return USUAL;
  }

  /** The names. */
  public static List<String> ids() {
    return USUAL.stream().map(Hypergradient::id).toList();
  }

  /** How an estimator's knobs are set, in their order, by the option's name without dashes. */
  public static Map<String, String> settings(Hypergradient hypergradient) {
    Map<String, String> settings = new LinkedHashMap<>();
    Knobs.write((Record) hypergradient)
        .forEach((option, value) -> settings.put(option.substring(DASHES.length()), value));
    return settings;
  }

  /** The estimator in one word. */
  public static String write(Hypergradient hypergradient) {
    Map<String, String> usual = settings(usual(hypergradient.id()));
    return hypergradient.id()
        + settings(hypergradient).entrySet().stream()
            .filter(setting -> !setting.getValue().equals(usual.get(setting.getKey())))
            .map(setting -> ":" + setting.getKey() + "=" + setting.getValue())
            .collect(Collectors.joining());
  }

  /**
   * The estimator that a word means.
   *
   * @throws IllegalArgumentException naming what is known where a name, a knob or a value is not
   */
  public static Hypergradient parse(String word) {
    List<String> parts = Splitter.on(':').splitToList(word);
    Map<String, String> knobs = new LinkedHashMap<>();
    for (String part : parts.subList(1, parts.size())) {
      int equals = part.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(
            "hypergradient is '%s'; '%s' must be a knob, =, and its value".formatted(word, part));
      }
      knobs.put(part.substring(0, equals), part.substring(equals + 1));
    }
    return with(usual(parts.get(0)), knobs);
  }

  /**
   * An estimator with some knobs set otherwise.
   *
   * @param knobs by name
   * @throws IllegalArgumentException when it has no such knob, or the value is out of range
   */
  public static Hypergradient with(Hypergradient hypergradient, Map<String, String> knobs) {
    Map<String, String> known = settings(hypergradient);
    Map<String, String> options = new LinkedHashMap<>();
    knobs.forEach(
        (name, value) -> {
          if (!known.containsKey(name)) {
            throw new IllegalArgumentException(
                "hypergradient %s has no knob '%s'; %s"
                    .formatted(
                        hypergradient.id(),
                        name,
                        known.isEmpty()
                            ? "it has none"
                            : "it has " + String.join(", ", known.keySet())));
          }
          options.put(DASHES + name, value);
        });
    return (Hypergradient) Knobs.with((Record) hypergradient, options);
  }

  private static Hypergradient usual(String id) {
    return USUAL.stream()
        .filter(known -> known.id().equalsIgnoreCase(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "hypergradient is '%s'; known are %s".formatted(id, String.join(", ", ids()))));
  }
}
