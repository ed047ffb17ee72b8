package org.bilora.bilevel;

import com.google.common.base.CaseFormat;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The registry of estimators: each with its usual settings, one line here, from which command line,
 * study files and JSON take its name and its knobs.
 *
 * <p>In one word an estimator is written as its name and the knobs that differ from the usual ones:
 * {@code exact}, {@code exact:unroll=steady}, {@code neumann:terms=10:unroll=adamw}.
 */
public final class Hypergradients {
  private static final ImmutableList<Hypergradient> USUAL =
      ImmutableList.of(
          new Exact(Unroll.SGD),
          new Darts(0.01),
          new Betty(0.01),
          new FirstOrder(),
          new Neumann(5, Unroll.ADAMW),
          new Soba(0.1, 0.01),
          new Penalty(10));

  private Hypergradients() {}

  /**
   * A knob of one estimator.
   *
   * @param name as an option is spelt, without the dashes: {@code solver-rate}
   * @param what what it does
   * @param value as written
   */
  public record Setting(String name, String what, String value) {}

  /** Every estimator with its usual settings. */
  public static ImmutableList<Hypergradient> usual() {
    return USUAL;
  }

  /** The names. */
  public static ImmutableList<String> ids() {
    return USUAL.stream().map(Hypergradient::id).collect(ImmutableList.toImmutableList());
  }

  /** An estimator's knobs and how they are set, in their order. */
  public static ImmutableList<Setting> settings(Hypergradient hypergradient) {
    ImmutableList.Builder<Setting> settings = ImmutableList.builder();
    for (RecordComponent component : components(hypergradient)) {
      settings.add(
          new Setting(
              name(component),
              component.getAnnotation(Knob.class).value(),
              written(value(component, hypergradient))));
    }
    return settings.build();
  }

  /** The estimator in one word. */
  public static String write(Hypergradient hypergradient) {
    Map<String, String> usual =
        settings(usual(hypergradient.id())).stream()
            .collect(Collectors.toMap(Setting::name, Setting::value));
    return hypergradient.id()
        + settings(hypergradient).stream()
            .filter(setting -> !setting.value().equals(usual.get(setting.name())))
            .map(setting -> ":" + setting.name() + "=" + setting.value())
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
    RecordComponent[] components = components(hypergradient);
    List<String> names = Arrays.stream(components).map(Hypergradients::name).toList();
    for (String knob : knobs.keySet()) {
      if (!names.contains(knob)) {
        throw new IllegalArgumentException(
            "hypergradient %s has no knob '%s'; %s"
                .formatted(
                    hypergradient.id(),
                    knob,
                    names.isEmpty() ? "it has none" : "it has " + String.join(", ", names)));
      }
    }
    List<Object> values = new ArrayList<>();
    for (RecordComponent component : components) {
      String written = knobs.get(name(component));
      values.add(
          written == null
              ? value(component, hypergradient)
              : read(component, hypergradient.id(), written));
    }
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return hypergradient.getClass().getDeclaredConstructor(types).newInstance(values.toArray());
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw refused;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Hypergradient usual(String id) {
    return USUAL.stream()
        .filter(known -> known.id().equals(id.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "hypergradient is '%s'; known are %s".formatted(id, String.join(", ", ids()))));
  }

  private static RecordComponent[] components(Hypergradient hypergradient) {
    return hypergradient.getClass().getRecordComponents();
  }

  private static String name(RecordComponent component) {
    return CaseFormat.LOWER_CAMEL.to(CaseFormat.LOWER_HYPHEN, component.getName());
  }

  private static Object value(RecordComponent component, Hypergradient hypergradient) {
    try {
      return component.getAccessor().invoke(hypergradient);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String written(Object value) {
    return value.toString().toLowerCase(Locale.ROOT);
  }

  private static Object read(RecordComponent component, String id, String written) {
    Class<?> type = component.getType();
    try {
      if (type == int.class) {
        return Integer.parseInt(written);
      }
      if (type == double.class) {
        return Double.parseDouble(written);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s of hypergradient %s is '%s'; it must be a %snumber"
              .formatted(name(component), id, written, type == int.class ? "whole " : ""),
          e);
    }
    Object[] constants = type.getEnumConstants();
    return Arrays.stream(constants)
        .filter(constant -> written(constant).equals(written.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s of hypergradient %s is '%s'; known are %s"
                        .formatted(
                            name(component),
                            id,
                            written,
                            Arrays.stream(constants)
                                .map(Hypergradients::written)
                                .collect(Collectors.joining(", ")))));
  }
}
