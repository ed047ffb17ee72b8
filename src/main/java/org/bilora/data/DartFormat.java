package org.bilora.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * DART's JSON (Nan and others 2021): an array of objects with a {@code tripleset} of {@code
 * [subject, property, object]} and {@code annotations}, each with a {@code text}. The context is
 * {@code subject : property : object | subject : …}, properties in lower case, as published work on
 * GPT-2 writes it.
 */
final class DartFormat implements GenerationFormat {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  @Override
  public List<GenerationExample> read(TextFile file, Hasher hasher) throws IOException {
    StringBuilder content = new StringBuilder();
    file.forEachLine(hasher, line -> content.append(line.text()).append('\n'));
    ImmutableList.Builder<GenerationExample> examples = ImmutableList.builder();
    TextFile.Line at = new TextFile.Line(file, 1, "");
    try (JsonParser parser = JSON.createParser(content.toString())) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw line(file, parser).problem("not an array of objects, which DART's files are");
      }
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        at = line(file, parser);
        examples.add(example(parser.readValueAsTree(), at));
      }
      if (parser.currentToken() != JsonToken.END_ARRAY) {
        throw line(file, parser).problem("not an object, which each of DART's examples is");
      }
    } catch (JsonProcessingException e) {
      int number = e.getLocation() == null ? at.number() : e.getLocation().getLineNr();
      throw JsonLines.notJson(new TextFile.Line(file, number, ""), e);
    }
    return examples.build();
  }

  private static GenerationExample example(JsonNode node, TextFile.Line line) throws IOException {
    List<String> triples = new ArrayList<>();
    for (JsonNode triple : node.path("tripleset")) {
      if (triple.size() != 3) {
        throw line.problem(
            "%s is no triple; write [\"subject\", \"property\", \"object\"]".formatted(triple));
      }
      triples.add(
          "%s : %s : %s"
              .formatted(
                  part(triple, 0, line),
                  part(triple, 1, line).toLowerCase(Locale.ROOT),
                  part(triple, 2, line)));
    }
    if (triples.isEmpty()) {
      throw line.problem(
          "the meaning representation is empty: the object has no tripleset; add one or delete the"
              + " object");
    }
    ImmutableList.Builder<String> references = ImmutableList.builder();
    for (JsonNode annotation : node.path("annotations")) {
      String text =
          line.requireReadable(GenerationFormat.oneLine(annotation.path("text").asText()));
      if (text.isEmpty()) {
        throw line.problem("an annotation has no text; write it or delete the annotation");
      }
      references.add(text);
    }
    return new GenerationExample(String.join(" | ", triples), references.build());
  }

  private static String part(JsonNode triple, int index, TextFile.Line line) throws IOException {
    JsonNode part = triple.get(index);
    if (!part.isValueNode() || part.isNull()) {
      throw line.problem("%s in the triple %s is no text".formatted(part, triple));
    }
    return line.requireReadable(GenerationFormat.oneLine(part.asText()));
  }

  private static TextFile.Line line(TextFile file, JsonParser parser) {
    return new TextFile.Line(file, parser.currentTokenLocation().getLineNr(), "");
  }
}
