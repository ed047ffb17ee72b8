package org.bilora.settings;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The components of settings records as options: which there are, what they are set to, and the
 * record that options make. A record's knobs are those of its own components marked by {@link Knob}
 * and those of the members of their families.
 */
public final class Knobs {
  private Knobs() {}

  /**
   * A component that an option sets.
   *
   * @param knob what is said about it
   * @param component where it stands
   */
  public record Field(Knob knob, RecordComponent component) {

    /** The option's value in a record, as it would be written; empty for what cannot be. */
    public String text(Record settings) {
      Object value = Knobs.value(settings, component);
      if (value instanceof OptionalDouble number) {
        return number.isPresent() ? number(number.getAsDouble()) : knob.absent();
      }
      if (value instanceof OptionalInt number) {
        return number.isPresent() ? Integer.toString(number.getAsInt()) : "";
      }
      if (value instanceof Optional<?> constant) {
        return constant.map(present -> id((Enum<?>) present)).orElse(knob.unset());
      }
      if (value instanceof Double number) {
        return number(number);
      }
      if (value instanceof Enum<?> constant) {
        return id(constant);
      }
      return hasFamily() ? family().name((Record) value) : Objects.toString(value);
    }

    boolean hasFamily() {
      return knob.family() != Family.None.class;
    }

    /** The records that the component may be; no members for another component. */
    public Family family() {
      try {
        return knob.family().getConstructor().newInstance();
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(knob.family() + " has no public constructor", e);
      }
    }
  }

  /** The knobs of a record's own components, in their order. */
  public static List<Field> of(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents())
        .filter(component -> component.isAnnotationPresent(Knob.class))
        .map(component -> new Field(component.getAnnotation(Knob.class), component))
        .toList();
  }

  /** The knobs of a record's components and of all members of their families, by option. */
  public static Map<String, Knob> all(Class<? extends Record> type) {
    Map<String, Knob> knobs = new LinkedHashMap<>();
    for (Field field : of(type)) {
      knobs.putIfAbsent(field.knob.option(), field.knob);
      for (Record member : field.family().members()) {
        all(member.getClass()).forEach(knobs::putIfAbsent);
      }
    }
    return knobs;
  }

  /** The options that a record reads: its own, and those of the members that are chosen in it. */
  public static Set<String> read(Record settings) {
    Set<String> options = new LinkedHashSet<>();
    for (Field field : of(settings.getClass())) {
      options.add(field.knob.option());
      if (field.hasFamily()) {
        options.addAll(read((Record) value(settings, field.component)));
      }
    }
    return options;
  }

  /** What a record is set to, by option; an optional that is unset is left out. */
  public static Map<String, String> write(Record settings) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (Field field : of(settings.getClass())) {
      String text = field.text(settings);
      if (!text.isEmpty()) {
        texts.put(field.knob.option(), text);
      }
      if (field.hasFamily()) {
        write((Record) value(settings, field.component)).forEach(texts::putIfAbsent);
      }
    }
    return texts;
  }

  /**
   * A record with some of its knobs set.
   *
   * @param texts values by option; options that the record does not have are left alone
   * @throws IllegalArgumentException when a value is not of its knob's type, or out of its range
   */
  public static <R extends Record> R with(R settings, Map<String, String> texts) {
    RecordComponent[] components = settings.getClass().getRecordComponents();
    List<Object> values = new ArrayList<>();
    for (RecordComponent component : components) {
      values.add(set(settings, component, texts));
    }
    return construct(settings, components, values);
  }

  private static Object set(Record settings, RecordComponent component, Map<String, String> texts) {
    Object before = value(settings, component);
    Knob knob = component.getAnnotation(Knob.class);
    if (knob == null) {
      return before;
    }
    Field field = new Field(knob, component);
    String text = texts.get(knob.option());
    if (field.hasFamily()) {
      Record chosen = text == null ? (Record) before : member(field, text, (Record) before);
      return with(chosen, texts);
    }
    if (text == null) {
      return before;
    }
    if (component.getType() == Optional.class) {
      ParameterizedType type = (ParameterizedType) component.getGenericType();
      Class<?> constants = (Class<?>) type.getActualTypeArguments()[0];
      return Optional.of(parse(knob.option(), constants, text));
    }
    return parse(knob.option(), component.getType(), text);
  }

  /** The member of that name: the one that is there already, or with its usual settings. */
  private static Record member(Field field, String name, Record before) {
    Family family = field.family();
    if (family.name(before).equalsIgnoreCase(name)) {
      return before;
    }
    List<String> known = new ArrayList<>();
    for (Record member : family.members()) {
      if (family.name(member).equalsIgnoreCase(name)) {
        return member;
      }
      known.add(family.name(member));
    }
    throw unknown(field.knob.option(), name, known);
  }

  private static Object parse(String option, Class<?> type, String text) {
    try {
      if (type == double.class) {
        return Double.parseDouble(text);
      }
      if (type == int.class) {
        return Integer.parseInt(text);
      }
      if (type == OptionalDouble.class) {
        return OptionalDouble.of(Double.parseDouble(text));
      }
      if (type == OptionalInt.class) {
        return OptionalInt.of(Integer.parseInt(text));
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s is '%s'; it must be a %s"
              .formatted(
                  option,
                  text,
                  type == int.class || type == OptionalInt.class ? "whole number" : "number"),
          e);
    }
    if (type == boolean.class) {
      if (!text.equals("true") && !text.equals("false")) {
        throw new IllegalArgumentException(
            "%s is '%s'; it must be true or false".formatted(option, text));
      }
      return Boolean.valueOf(text);
    }
    Object[] constants = type.getEnumConstants();
    if (constants == null) {
      throw new IllegalStateException("%s cannot set a %s".formatted(option, type));
    }
    List<String> known = new ArrayList<>();
    for (Object constant : constants) {
      if (id((Enum<?>) constant).equalsIgnoreCase(text)) {
        return constant;
      }
      known.add(id((Enum<?>) constant));
    }
    throw unknown(option, text, known);
  }

  private static IllegalArgumentException unknown(String option, String text, List<String> known) {
    return new IllegalArgumentException(
        "%s is '%s'; known are %s"
            .formatted(option.replaceFirst("^--", ""), text, String.join(", ", known)));
  }

  private static Object value(Record settings, RecordComponent component) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(settings);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + " cannot be read", e);
    }
  }

  private static <R extends Record> R construct(
      R like, RecordComponent[] components, List<Object> values) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      @SuppressWarnings("unchecked")
      Class<R> type = (Class<R>) like.getClass();
      return type.getDeclaredConstructor(types).newInstance(values.toArray());
    } catch (java.lang.reflect.InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw refused;
      }
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(like.getClass() + " cannot be constructed", e);
    }
  }

  private static String id(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A number as people write it: 0.0005 and 16 rather than 5.0E-4 and 16.0. */
  public static String number(double value) {
    BigDecimal exact = BigDecimal.valueOf(value).stripTrailingZeros();
    String plain = exact.toPlainString();
    return plain.length() <= 8 ? plain : Double.toString(value).replace(".0E", "e");
  }
}
