package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The E2E challenge's files (Novikova, Dušek, Rieser 2017): CSV with the columns {@code mr} and
 * {@code ref}, or {@code MR} alone. Rows that follow each other with the same meaning
 * representation are one example with several references, as the challenge's scripts group them.
 *
 * <p>{@code name[Blue Spice], eatType[coffee shop], area[riverside]} becomes {@code name : Blue
 * Spice | Type : coffee shop | area : riverside}: the text form, names of attributes included, that
 * published work on GPT-2 trains on.
 */
final class E2eFormat implements GenerationFormat {
  private static final String MEANING = "mr";
  private static final String REFERENCE = "ref";
  private static final Pattern ATTRIBUTE = Pattern.compile("\\s*([^\\[\\],]+)\\[([^\\[\\]]*)]\\s*");
  private static final Map<String, String> WORDS =
      ImmutableMap.of(
          "eatType", "Type", "priceRange", "price", "familyFriendly", "family friendly");

  @Override
  public List<GenerationExample> read(TextFile file, Hasher hasher) throws IOException {
    Rows rows = new Rows();
    CsvRows.forEach(file, hasher, rows::read);
    rows.endGroup();
    return rows.examples.build();
  }

  /** Whether a text begins as a meaning representation of the files does, {@code name[}. */
  static boolean looksLikeOne(String text) {
    return text.matches("\\s*[^\\[\\]:|]+\\[.*");
  }

  /**
   * The text form of a meaning representation.
   *
   * @throws IOException when it is empty, has an attribute without a value, or is none
   */
  static String linearize(String meaning, TextFile.Line line) throws IOException {
    if (meaning.isBlank()) {
      throw line.problem(
          "the meaning representation is empty; write it, such as name[Blue Spice], or delete the"
              + " line");
    }
    List<String> attributes = new ArrayList<>();
    Matcher matcher = ATTRIBUTE.matcher(meaning);
    int at = 0;
    while (true) {
      matcher.region(at, meaning.length());
      if (!matcher.lookingAt()) {
        throw line.problem(
            "'%s' is no attribute; write meaning representations as name[Blue Spice], area[riverside]"
                .formatted(meaning.substring(at).strip()));
      }
      String name = matcher.group(1).strip();
      String value = GenerationFormat.oneLine(matcher.group(2));
      if (value.isEmpty()) {
        throw line.problem("attribute %s has no value; fill it in or delete it".formatted(name));
      }
      attributes.add(WORDS.getOrDefault(name, name) + " : " + value);
      at = matcher.end();
      if (at == meaning.length()) {
        return String.join(" | ", attributes);
      }
      if (meaning.charAt(at) != ',') {
        throw line.problem(
            "a comma is missing before '%s' in the meaning representation"
                .formatted(meaning.substring(at)));
      }
      at++;
    }
  }

  /** The rows of one file. */
  private static final class Rows {
    private final ImmutableList.Builder<GenerationExample> examples = ImmutableList.builder();
    private List<String> header;
    private int meaning;
    private int reference;
    private String group;
    private List<String> references = new ArrayList<>();

    private void read(TextFile.Line line, List<String> cells) throws IOException {
      if (header == null) {
        header = cells.stream().map(cell -> cell.strip().toLowerCase(Locale.ROOT)).toList();
        meaning = header.indexOf(MEANING);
        reference = header.indexOf(REFERENCE);
        if (meaning < 0) {
          throw line.problem(
              "no column '%s' among %s; the header of an E2E file is mr,ref"
                  .formatted(MEANING, header));
        }
        return;
      }
      if (cells.size() != header.size()) {
        throw line.problem(
            "%d columns where %d are needed (%s); repair or delete the line"
                .formatted(cells.size(), header.size(), String.join(", ", header)));
      }
      String context = linearize(cells.get(meaning), line);
      Optional<String> text = reference < 0 ? Optional.empty() : Optional.of(text(cells, line));
      if (!context.equals(group) || text.isEmpty()) {
        endGroup();
        group = context;
      }
      text.ifPresent(references::add);
    }

    private String text(List<String> cells, TextFile.Line line) throws IOException {
      String text = GenerationFormat.oneLine(cells.get(reference));
      if (text.isEmpty()) {
        throw line.problem("the reference is empty; write it or delete the line");
      }
      Mojibake.refuse(text, line);
      return text;
    }

    private void endGroup() {
      if (group != null) {
        examples.add(new GenerationExample(group, ImmutableList.copyOf(references)));
        references = new ArrayList<>();
      }
    }
  }
}
