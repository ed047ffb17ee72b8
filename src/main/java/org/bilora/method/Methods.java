package org.bilora.method;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bilora.settings.Knob;
import org.bilora.settings.Knobs;

/** The methods there are, each with its usual settings: the one list of them. */
public final class Methods {
  private static final Map<String, Method> USUAL = usual();

  private Methods() {}

  private static Map<String, Method> usual() {
    Map<String, Method> methods = new LinkedHashMap<>();
    for (Method method :
        List.of(
            FullFineTuning.USUAL,
            HeadOnly.USUAL,
            Lora.USUAL,
            AdaLora.USUAL,
            Dora.USUAL,
            BiDora.USUAL,
            MetaWeight.USUAL,
            MetaDecay.USUAL,
            ExampleWeight.USUAL,
            JointTraining.USUAL,
            TwoStage.USUAL)) {
      methods.put(method.name(), method);
    }
    methods.put("first-order", BiLora.FIRST_ORDER);
    methods.put(BiLora.NAME, BiLora.USUAL);
    return Collections.unmodifiableMap(methods);
  }

  /** Names of all methods, of variants such as {@code first-order} too. */
  public static List<String> names() {
    return List.copyOf(USUAL.keySet());
  }

  /** All methods with their usual settings, by name. */
  public static Map<String, Method> all() {
    return USUAL;
  }

  /**
   * The method of that name with its usual settings.
   *
   * @throws IllegalArgumentException naming the known ones
   */
  public static Method named(String name) {
    Method method = USUAL.get(name);
    if (method == null) {
      throw new IllegalArgumentException(
          "method is '%s'; known are %s".formatted(name, String.join(", ", names())));
    }
    return method;
  }

  /** The knobs of all methods, by option. */
  public static Map<String, Knob> knobs() {
    Map<String, Knob> knobs = new LinkedHashMap<>();
    USUAL
        .values()
        .forEach(method -> Knobs.all(((Record) method).getClass()).forEach(knobs::putIfAbsent));
    return knobs;
  }

  /** Names of the methods that read an option. */
  public static List<String> reading(String option) {
    return USUAL.entrySet().stream()
        .filter(entry -> Knobs.all(((Record) entry.getValue()).getClass()).containsKey(option))
        .map(Map.Entry::getKey)
        .filter(name -> USUAL.get(name).name().equals(name))
        .toList();
  }

  /** What an option usually is, in words: one value, or one for each method that has another. */
  public static String usual(String option) {
    Map<String, String> byMethod = new LinkedHashMap<>();
    for (String name : reading(option)) {
      byMethod.put(name, usual((Record) USUAL.get(name), option));
    }
    List<String> values = byMethod.values().stream().distinct().toList();
    return values.size() == 1
        ? values.get(0)
        : byMethod.entrySet().stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", "));
  }

  private static String usual(Record settings, String option) {
    String text = Knobs.write(settings).get(option);
    if (text != null) {
      return text;
    }
    for (Knobs.Field field : Knobs.of(settings.getClass())) {
      if (field.knob().option().equals(option)) {
        return field.knob().unset();
      }
      for (Record member : field.family().members()) {
        if (Knobs.all(member.getClass()).containsKey(option)) {
          return usual(member, option);
        }
      }
    }
    throw new IllegalArgumentException("no knob is set by " + option);
  }

  /**
   * A method with some of its knobs set; options that it does not have are left alone.
   *
   * @throws IllegalArgumentException when a value is not of its knob's type, or out of its range
   */
  public static Method with(Method method, Map<String, String> options) {
    return (Method) Knobs.with((Record) method, options);
  }
}
