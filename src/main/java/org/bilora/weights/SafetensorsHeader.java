package org.bilora.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The JSON at the start of a safetensors file, checked against the bytes that follow it: entries
 * lie end to end, the first at 0 and the last at the file's end.
 *
 * @param metadata the strings under {@code __metadata__}
 * @param entries in the order of their bytes
 * @param others further names of shared tensors, by the name of their entry
 */
record SafetensorsHeader(
    Map<String, String> metadata,
    List<Entry> entries,
    ImmutableListMultimap<String, String> others) {
  /** Copies what could change. */
  SafetensorsHeader {
    metadata = ImmutableMap.copyOf(metadata);
    entries = ImmutableList.copyOf(entries);
  }

  private static final int MOST_SHOWN = 100;
  static final String METADATA = "__metadata__";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * One tensor's place in the file.
   *
   * @param dataType such as {@code F32}
   * @param begin offset of its first byte after the header
   * @param end offset after its last byte
   */
  record Entry(String name, String dataType, long[] shape, long begin, long end) {
    /** Number of values. */
    long size() {
      return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }
  }

  /**
   * Reads and checks a header.
   *
   * @param dataBytes number of bytes that follow the header in the file
   */
  static SafetensorsHeader parse(Path file, byte[] json, long dataBytes) throws IOException {
    JsonNode root;
    try {
      // Jackson would also read other encodings of Unicode than the format's.
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
      root = JSON.readTree(text);
    } catch (CharacterCodingException e) {
      throw damaged(file, "its header is not UTF-8");
    } catch (JsonProcessingException e) {
      throw damaged(file, "its header is not valid JSON: " + shown(e.getOriginalMessage()));
    }
    if (!root.isObject()) {
      throw damaged(file, "its header is not a JSON object");
    }
    ImmutableMap.Builder<String, String> metadata = ImmutableMap.builder();
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals(METADATA)) {
        if (!field.getValue().isObject()) {
          throw damaged(file, METADATA + " is not a JSON object");
        }
        for (Map.Entry<String, JsonNode> pair : field.getValue().properties()) {
          if (!pair.getValue().isTextual()) {
            throw damaged(file, METADATA + " \"" + shown(pair.getKey()) + "\" is not a string");
          }
          metadata.put(pair.getKey(), pair.getValue().textValue());
        }
      } else {
        entries.add(entry(file, field.getKey(), field.getValue(), dataBytes));
      }
    }
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    checkEndToEnd(file, entries, dataBytes);
    Map<String, String> strings = metadata.buildOrThrow();
    return new SafetensorsHeader(strings, ImmutableList.copyOf(entries), others(strings, entries));
  }

  /** Names that the metadata maps to that of an entry, and that have no entry themselves. */
  private static ImmutableListMultimap<String, String> others(
      Map<String, String> metadata, List<Entry> entries) {
    Set<String> stored = entries.stream().map(Entry::name).collect(Collectors.toSet());
    ImmutableListMultimap.Builder<String, String> others = ImmutableListMultimap.builder();
    metadata.forEach(
        (name, target) -> {
          if (stored.contains(target) && !stored.contains(name)) {
            others.put(target, name);
          }
        });
    return others.build();
  }

  /** All names of an entry's tensor. */
  List<String> names(Entry entry) {
    return ImmutableList.<String>builder()
        .add(entry.name())
        .addAll(others.get(entry.name()))
        .build();
  }

  private static Entry entry(Path file, String name, JsonNode node, long dataBytes)
      throws IOException {
    if (!node.path("dtype").isTextual()) {
      throw damaged(file, name, "has no dtype");
    }
    String dataType = node.path("dtype").textValue();
    long[] shape = integers(file, name, "shape", node.path("shape"));
    long[] offsets = integers(file, name, "data_offsets", node.path("data_offsets"));
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw damaged(
          file,
          name,
          "data_offsets are " + shown(Arrays.toString(offsets)) + ", not a begin and an end");
    }
    if (offsets[1] > dataBytes) {
      throw damaged(
          file,
          name,
          "its bytes end at %d, but only %d bytes follow the header"
              .formatted(offsets[1], dataBytes));
    }
    Entry entry = new Entry(name, dataType, shape, offsets[0], offsets[1]);
    int width = bytesPerValue(dataType);
    long expected;
    try {
      expected = Math.multiplyExact(entry.size(), (long) width);
    } catch (ArithmeticException e) {
      throw damaged(file, name, "shape " + shown(Arrays.toString(shape)) + " is too large");
    }
    if (width > 0 && expected != offsets[1] - offsets[0]) {
      throw damaged(
          file,
          name,
          "%s of shape %s takes %d bytes, but data_offsets %s span %d"
              .formatted(
                  dataType,
                  shown(Arrays.toString(shape)),
                  expected,
                  Arrays.toString(offsets),
                  offsets[1] - offsets[0]));
    }
    return entry;
  }

  private static long[] integers(Path file, String name, String field, JsonNode node)
      throws IOException {
    if (!node.isArray()) {
      throw damaged(file, name, "has no " + field);
    }
    long[] values = new long[node.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = node.get(i);
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
        throw damaged(file, name, field + " holds " + shown(value) + ", not a whole number from 0");
      }
      values[i] = value.longValue();
    }
    return values;
  }

  private static void checkEndToEnd(Path file, List<Entry> entries, long dataBytes)
      throws IOException {
    long end = 0;
    for (Entry entry : entries) {
      if (entry.begin() < end) {
        throw damaged(file, entry.name(), "its bytes overlap those of another tensor");
      }
      if (entry.begin() > end) {
        throw damaged(
            file, entry.name(), "%d bytes before it belong to none".formatted(entry.begin() - end));
      }
      end = entry.end();
    }
    if (end != dataBytes) {
      throw damaged(file, "%d bytes at its end belong to no tensor".formatted(dataBytes - end));
    }
  }

  /** Bytes per value of the format's data types, 0 for one that is not known here. */
  static int bytesPerValue(String dataType) {
    return switch (dataType) {
      case "F64", "I64", "U64" -> 8;
      case "F32", "I32", "U32" -> 4;
      case "F16", "BF16", "I16", "U16" -> 2;
      case "BOOL", "I8", "U8", "F8_E4M3", "F8_E5M2" -> 1;
      default -> 0;
    };
  }

  static IOException damaged(Path file, String tensor, String what) {
    return damaged(file, "tensor " + shown(tensor) + ": " + what);
  }

  /** A piece of a file as messages show it: on one line, and short, whatever the file holds. */
  static String shown(Object piece) {
    String text = String.valueOf(piece);
    String beginning = text.substring(0, Math.min(text.length(), MOST_SHOWN));
    return beginning.replaceAll("\\p{Cntrl}+", " ") + (text.length() > MOST_SHOWN ? "…" : "");
  }

  static IOException damaged(Path file, String what) {
    return new IOException(
        "%s is not a sound safetensors file: %s; copy or download it again".formatted(file, what));
  }
}
