package org.bilora.bench.study;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Doubles;
import com.google.common.primitives.Longs;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bilora.bilevel.Hypergradient;

/**
 * Settings to change, by the names of {@link SettingNames}.
 *
 * @param values by canonical name, in the order they were written
 */
@JsonDeserialize(using = Overrides.Reader.class)
public record Overrides(@JsonValue Map<String, JsonNode> values) {
  /** Keeps copies of the collections. */
  public Overrides {
    values = ImmutableMap.copyOf(values);
  }

  /** No changes. */
  public static final Overrides NONE = new Overrides(ImmutableMap.of());

  /** One change; the value as it would stand in a file. */
  public static Overrides of(String name, String value) {
    return NONE.with(name, TextNode.valueOf(value));
  }

  /**
   * These changes and one more, which wins over an earlier one of the same name.
   *
   * @throws IllegalArgumentException when no method has such a setting; the message names the
   *     nearest one
   */
  public Overrides with(String name, JsonNode value) {
    String canonical = SettingNames.canonical(name);
    Set<String> known = SettingNames.all();
    if (!known.contains(canonical.substring(canonical.indexOf('.') + 1))) {
      throw new IllegalArgumentException(
          "unknown setting '%s'; %s"
              .formatted(NearestName.shortened(name), NearestName.hint(canonical, known)));
    }
    Map<String, JsonNode> all = new LinkedHashMap<>(values);
    all.put(canonical, scalar(value));
    return new Overrides(ImmutableMap.copyOf(all));
  }

  /** Both; the other's win. */
  public Overrides with(Overrides other) {
    Map<String, JsonNode> all = new LinkedHashMap<>(values);
    all.putAll(other.values);
    return new Overrides(ImmutableMap.copyOf(all));
  }

  /** The names of changes that settings have no place for. */
  Optional<String> firstWithoutPlace(ObjectNode settings) {
    return values.keySet().stream()
        .filter(name -> SettingNames.find(settings, name).isEmpty())
        .findFirst();
  }

  /** Changes settings, and passes over what they have no place for. */
  void applyTo(ObjectNode settings) {
    values.forEach(
        (name, value) ->
            SettingNames.find(settings, name)
                .ifPresent(
                    place -> {
                      JsonNode before = place.getKey().get(place.getValue());
                      place.getKey().set(place.getValue(), fitted(name, before, value));
                    }));
  }

  private static JsonNode fitted(String name, JsonNode before, JsonNode value) {
    if (name.equals("hypergradient") && value.isTextual()) {
      return SettingNames.JSON.valueToTree(Hypergradient.parse(value.textValue()));
    }
    if (name.equals("layers") && value.isNumber()) {
      return TextNode.valueOf(value.asText());
    }
    if ((SettingNames.OF_LANGUAGE_MODELS.contains(name)
            || SettingNames.ABSENT_UNLESS_SET.containsKey(name))
        && value.isNumber()
        && value.doubleValue() == 0) {
      return NullNode.getInstance();
    }
    if ((before.isTextual() || name.equals("prefix_cache")) && value.isBoolean()) {
      // YAML reads on and off as truth values.
      return TextNode.valueOf(value.booleanValue() ? "on" : "off");
    }
    if (before.isArray() && !value.isArray()) {
      return SettingNames.JSON.createArrayNode().add(value);
    }
    return value;
  }

  /** A number written as text, which YAML makes of {@code 5e-4}, as a number. */
  private static JsonNode scalar(JsonNode value) {
    if (!value.isTextual()) {
      return value;
    }
    Long whole = Longs.tryParse(value.textValue());
    if (whole != null) {
      return whole.intValue() == whole
          ? IntNode.valueOf(whole.intValue())
          : LongNode.valueOf(whole);
    }
    Double number = Doubles.tryParse(value.textValue());
    return number == null ? value : DoubleNode.valueOf(number);
  }

  /** Reads a mapping and checks the names where their line is known. */
  static final class Reader extends StdDeserializer<Overrides> {
    private static final long serialVersionUID = 1;

    Reader() {
      super(Overrides.class);
    }

    @Override
    public Overrides deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (!parser.isExpectedStartObjectToken()) {
        throw JsonMappingException.from(parser, "settings must be a mapping, NAME: VALUE");
      }
      Overrides overrides = NONE;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonProcessingException unknown = null;
        try {
          NONE.with(name, DoubleNode.valueOf(0));
        } catch (IllegalArgumentException e) {
          unknown = JsonMappingException.from(parser, e.getMessage());
        }
        if (unknown != null) {
          throw unknown;
        }
        parser.nextToken();
        overrides = overrides.with(name, context.readTree(parser));
      }
      return overrides;
    }
  }
}
