package org.bilora.text.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CharactersTest {

  @Test
  void tablesSayWhatTheTokenizerDoesToTheAlphabetsInUse() throws IOException {
    assertEquals(resource(0, 0x4FF), CharacterProbe.resource(0, 0x4FF));
    assertEquals(resource(0x1E00, 0x33FF), CharacterProbe.resource(0x1E00, 0x33FF));
    assertEquals(resource(0xFF00, 0x107FF), CharacterProbe.resource(0xFF00, 0x107FF));
    assertEquals(resource(0x1F000, 0x1FAFF), CharacterProbe.resource(0x1F000, 0x1FAFF));
  }

  @Test
  @Tag("slow")
  void tablesSayWhatTheTokenizerDoesToEveryCodePoint() throws IOException {
    assertEquals(resource(0, 0x10FFFF), CharacterProbe.resource(0, 0x10FFFF));
  }

  /** The resource's lines about some code points. */
  private static String resource(int first, int last) throws IOException {
    String all;
    try (var in = Characters.class.getResourceAsStream("characters.txt")) {
      all = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
    return all.lines()
        .filter(line -> !line.startsWith("#"))
        .flatMap(line -> within(line, first, last).stream())
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }

  private static List<String> within(String line, int first, int last) {
    String[] fields = line.split(" ");
    int code = Integer.parseInt(fields[1], 16);
    if (fields[0].equals("stripped") || fields[0].equals("lower")) {
      return code >= first && code <= last ? List.of(line) : List.of();
    }
    int from = Math.max(first, code);
    int to = Math.min(last, Integer.parseInt(fields[2], 16));
    return from <= to ? List.of("%s %X %X".formatted(fields[0], from, to)) : List.of();
  }
}
