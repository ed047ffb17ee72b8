package org.bilora.train;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.guava.GuavaModule;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Hypergradients;
import org.bilora.method.Methods;

/**
 * Records of runs as JSON: fields in snake_case, enum constants in lower case, a method and a
 * hypergradient with their name beside their own knobs. Unknown and missing fields are errors, but
 * for optional ones that are marked as not required because older files lack them.
 */
public final class RunJson {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new GuavaModule())
          .addModule(new Jdk8Module())
          .annotationIntrospector(new Conventions())
          .addMixIn(Hypergradient.class, NamedHypergradient.class)
          .registerSubtypes(named())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private static final String SEAL = "record_sha256";

  /** Of a message that quotes a file. */
  private static final int MOST_CHARACTERS = 300;

  private RunJson() {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
  private interface NamedHypergradient {}

  /** Methods and hypergradients by the names that their lists know them under. */
  private static NamedType[] named() {
    return Stream.concat(
            Methods.all().values().stream()
                .map(method -> new NamedType(method.getClass(), method.name())),
            Hypergradients.usual().stream()
                .map(hypergradient -> new NamedType(hypergradient.getClass(), hypergradient.id())))
        .distinct()
        .toArray(NamedType[]::new);
  }

  private static final class Conventions extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    @Override
    public Boolean hasRequiredMarker(AnnotatedMember member) {
      Boolean marked = super.hasRequiredMarker(member);
      return marked == null ? Boolean.TRUE : marked;
    }

    @Override
    public String[] findEnumValues(
        MapperConfig<?> config, AnnotatedClass type, Enum<?>[] constants, String[] names) {
      for (int i = 0; i < constants.length; i++) {
        names[i] = constants[i].name().toLowerCase(Locale.ROOT);
      }
      return names;
    }
  }

  /** A mapper of one's own that reads and writes as this class does. */
  public static ObjectMapper mapper() {
    return JSON.copy();
  }

  /**
   * The bytes of a record that a run goes by, with the hash of all its fields but the model's name,
   * which only says where the model is.
   */
  static byte[] writeSealed(Object value) {
    try {
      ObjectNode fields = (ObjectNode) JSON.readTree(write(value));
      return write(fields.put(SEAL, sealOf(fields)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads what {@link #writeSealed} wrote. A record without a hash is taken as it is.
   *
   * @throws IOException as {@link #read}, and when a field is not as it was written
   */
  static <T> T readSealed(Path file, byte[] json, Class<T> type) throws IOException {
    ObjectNode fields = read(file, json, ObjectNode.class);
    JsonNode seal = fields.remove(SEAL);
    if (seal != null && !seal.asText().equals(sealOf(fields))) {
      throw new IOException(
          ("%s was changed after it was written: its fields do not have the hash %s says; restore"
                  + " it from a copy, or train again in a new directory (the model's name alone may"
                  + " be changed)")
              .formatted(file, SEAL));
    }
    return read(file, write(fields), type);
  }

  private static String sealOf(ObjectNode fields) {
    ObjectNode deciding = fields.deepCopy();
    if (deciding.get("model") instanceof ObjectNode model) {
      model.remove("name");
    }
    return Hashing.sha256().hashBytes(write(deciding)).toString();
  }

  /** A value's bytes: equal values have equal ones. */
  public static byte[] write(Object value) {
    try {
      return JSON.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads a value.
   *
   * @param file named in the message of what is wrong
   * @throws IOException with file, field and reason in one line
   */
  public static <T> T read(Path file, byte[] json, Class<T> type) throws IOException {
    try {
      return JSON.readValue(json, type);
    } catch (JsonMappingException e) {
      String field =
          e.getPath().stream()
              .map(r -> r.getFieldName() == null ? "[" + r.getIndex() + "]" : r.getFieldName())
              .collect(Collectors.joining("."));
      throw new IOException(
          "%s is damaged%s: %s; restore it from a copy, or train again in a new directory"
              .formatted(file, field.isEmpty() ? "" : " at " + field, firstLine(e)),
          e);
    } catch (JacksonException e) {
      // Where a limit of the parser is passed there is no location.
      String where =
          e.getLocation() == null ? "" : " (line %d)".formatted(e.getLocation().getLineNr());
      throw new IOException(
          "%s is not JSON%s: %s; restore it from a copy, or train again in a new directory"
              .formatted(file, where, firstLine(e)),
          e);
    }
  }

  private static String firstLine(JacksonException e) {
    String message = e.getOriginalMessage();
    int end = message.indexOf('\n');
    String line = end < 0 ? message : message.substring(0, end);
    return line.length() <= MOST_CHARACTERS ? line : line.substring(0, MOST_CHARACTERS) + "…";
  }

  /** Dotted names of the fields in which two values differ, each with both values. */
  static List<String> differences(Object before, Object now) {
    List<String> found = new ArrayList<>();
    compare("", JSON.valueToTree(before), JSON.valueToTree(now), found);
    return found;
  }

  private static void compare(String path, JsonNode before, JsonNode now, List<String> found) {
    if (before.isObject() && now.isObject()) {
      TreeSet<String> names = new TreeSet<>();
      before.fieldNames().forEachRemaining(names::add);
      now.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        compare(
            path.isEmpty() ? name : path + "." + name, before.path(name), now.path(name), found);
      }
    } else if (!before.equals(now)) {
      found.add("%s was %s and is now %s".formatted(path, shown(before), shown(now)));
    }
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() || node.isNull() ? "absent" : node.toString();
  }
}
