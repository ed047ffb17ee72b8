package org.bilora.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The fields of a Hugging Face {@code config.json}; what is wrong with one is said in one line. */
record ConfigFile(Path file, JsonNode root) {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * Reads the file.
   *
   * @throws IOException when it is missing or not a JSON object
   */
  static ConfigFile read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + " is missing: a model's directory needs its config.json");
    }
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s is not valid JSON: line %d: %s"
              .formatted(file, e.getLocation().getLineNr(), Quoted.of(e.getOriginalMessage())));
    }
    if (!root.isObject()) {
      throw new IOException(file + " is not a JSON object");
    }
    return new ConfigFile(file, root);
  }

  boolean has(String field) {
    return root.hasNonNull(field);
  }

  boolean flag(String field, boolean otherwise) throws IOException {
    if (!has(field)) {
      return otherwise;
    }
    if (!root.get(field).isBoolean()) {
      throw new IOException(
          "%s: %s is %s; it must be true or false"
              .formatted(file, field, Quoted.of(root.get(field))));
    }
    return root.get(field).booleanValue();
  }

  String text(String field, String otherwise) {
    return has(field) ? root.get(field).asText() : otherwise;
  }

  /** A whole number from 0 that must be there. */
  int size(String field) throws IOException {
    if (!has(field)) {
      throw new IOException("%s has no %s".formatted(file, field));
    }
    JsonNode value = root.get(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0) {
      throw new IOException(
          "%s: %s is %s; it must be a whole number from 0"
              .formatted(file, field, Quoted.of(value)));
    }
    return value.intValue();
  }

  /** A whole number from 0. */
  int size(String field, int otherwise) throws IOException {
    return has(field) ? size(field) : otherwise;
  }

  /** A whole number of either sign. */
  int integer(String field, int otherwise) throws IOException {
    if (!has(field)) {
      return otherwise;
    }
    JsonNode value = root.get(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new IOException(
          "%s: %s is %s; it must be a whole number".formatted(file, field, Quoted.of(value)));
    }
    return value.intValue();
  }

  /**
   * Words of a list, which may be written as an array or with a bar between them.
   *
   * @param known every word that may occur
   * @throws IOException when another one occurs
   */
  Set<String> words(String field, Set<String> known) throws IOException {
    ImmutableSet.Builder<String> words = ImmutableSet.builder();
    if (has(field)) {
      JsonNode value = root.get(field);
      List<String> given = new ArrayList<>();
      if (value.isArray()) {
        value.forEach(word -> given.add(word.asText()));
      } else {
        given.addAll(Arrays.asList(value.asText().split("\\|")));
      }
      for (String word : given) {
        String plain = word.strip().toLowerCase(Locale.ROOT);
        if (plain.isEmpty()) {
          continue;
        }
        if (!known.contains(plain)) {
          throw new IOException(
              "%s: %s is %s; supported: %s"
                  .formatted(file, field, Quoted.of(value), String.join(", ", known)));
        }
        words.add(plain);
      }
    }
    return words.build();
  }

  /** A number from 0. */
  double number(String field, double otherwise) throws IOException {
    if (!has(field)) {
      return otherwise;
    }
    JsonNode value = root.get(field);
    if (!value.isNumber() || value.doubleValue() < 0) {
      throw new IOException(
          "%s: %s is %s; it must be 0 or more".formatted(file, field, Quoted.of(value)));
    }
    return value.doubleValue();
  }

  EncoderConfig.Activation activation(String field, String otherwise) throws IOException {
    for (EncoderConfig.Activation activation : EncoderConfig.Activation.values()) {
      if (activation.names().contains(text(field, otherwise))) {
        return activation;
      }
    }
    throw unsupported(
        field,
        Arrays.stream(EncoderConfig.Activation.values())
            .flatMap(activation -> activation.names().stream())
            .collect(Collectors.joining(", ")));
  }

  /**
   * Checks that a field, where there is one, has the only value that is built here.
   *
   * @throws IOException when it has another
   */
  void requireValue(String field, String supported) throws IOException {
    if (!text(field, supported).equals(supported)) {
      throw unsupported(field, supported);
    }
  }

  /**
   * The names under {@code id2label}, in the order of their ids; none where the field is missing.
   *
   * @throws IOException when its keys are not 0, 1, 2, …, two classes have the same name, or {@code
   *     label2id} numbers one otherwise
   */
  List<String> labels() throws IOException {
    JsonNode field = root.path("id2label");
    if (field.isMissingNode() || field.isNull()) {
      return ImmutableList.of();
    }
    Set<String> names = new LinkedHashSet<>();
    for (int id = 0; id < field.size(); id++) {
      JsonNode name = field.path(Integer.toString(id));
      if (!name.isTextual() || !names.add(name.textValue())) {
        throw new IOException(
            "%s: id2label[\"%d\"] is %s; it must map 0 to %d to different names"
                .formatted(file, id, Quoted.of(name), field.size() - 1));
      }
      JsonNode other = root.path("label2id").path(name.textValue());
      if (other.isNumber() && other.doubleValue() != id) {
        throw new IOException(
            "%s: id2label gives %s the number %d, and label2id %s: correct the one that is wrong"
                .formatted(file, Quoted.of(name.textValue()), id, other));
      }
    }
    return ImmutableList.copyOf(names);
  }

  IOException unsupported(String field, String supported) {
    return new IOException(
        "%s: %s is %s; supported: %s"
            .formatted(file, field, Quoted.of(text(field, "missing")), supported));
  }
}
