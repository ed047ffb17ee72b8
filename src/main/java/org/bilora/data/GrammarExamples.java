package org.bilora.data;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * The example sentences of a LanguageTool rule file. {@code <example correction="…">} holds an
 * error, {@code <example>} none; {@code <example type="triggers_error">} is a false alarm that the
 * rule's authors know of, neither the one nor the other, and is left out.
 */
final class GrammarExamples {

  /**
   * One example.
   *
   * @param group number of its rule group, or of its rule where that has no group; counted from 0
   *     in the file's order
   * @param text the sentence, without {@code <marker>}s, white space at its ends removed
   * @param correct whether it is free of errors
   * @param corrected the sentence with the first correction that the rule proposes; empty for a
   *     correct one, and where the rule proposes none
   */
  record Sentence(int group, String text, boolean correct, Optional<String> corrected) {
    /** A sentence without a correction. */
    Sentence(int group, String text, boolean correct) {
      this(group, text, correct, Optional.empty());
    }
  }

  private final XMLStreamReader xml;
  private final List<Sentence> sentences = new ArrayList<>();

  private GrammarExamples(XMLStreamReader xml) {
    this.xml = xml;
  }

  /**
   * Reads a rule file, in its order. Nothing outside the file is read, whatever it refers to.
   *
   * @throws XMLStreamException when it is not well-formed, with line and column
   */
  static List<Sentence> read(InputStream rules) throws XMLStreamException {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
    // JDK 17's own limits: newer ones have lower defaults, which the rules' many entities exceed.
    factory.setProperty("jdk.xml.entityExpansionLimit", 64_000);
    factory.setProperty("jdk.xml.totalEntitySizeLimit", 50_000_000);
    factory.setProperty("jdk.xml.maxGeneralEntitySizeLimit", 0);
    factory.setProperty("jdk.xml.elementAttributeLimit", 10_000);
    XMLStreamReader xml = factory.createXMLStreamReader(rules);
    try {
      GrammarExamples examples = new GrammarExamples(xml);
      examples.readRules();
      return examples.sentences;
    } finally {
      xml.close();
    }
  }

  private void readRules() throws XMLStreamException {
    int group = -1;
    boolean inGroup = false;
    while (xml.hasNext()) {
      int event = xml.next();
      if (event == XMLStreamConstants.END_ELEMENT && xml.getLocalName().equals("rulegroup")) {
        inGroup = false;
      }
      if (event != XMLStreamConstants.START_ELEMENT) {
        continue;
      }
      switch (xml.getLocalName()) {
        case "rulegroup" -> {
          inGroup = true;
          group++;
        }
        case "rule" -> group += inGroup ? 0 : 1;
        case "example" -> readExample(group);
        default -> {
          // Patterns, messages and the like say nothing about sentences.
        }
      }
    }
  }

  private void readExample(int group) throws XMLStreamException {
    Optional<String> correction = Optional.ofNullable(xml.getAttributeValue(null, "correction"));
    boolean incorrect =
        correction.isPresent() || "incorrect".equals(xml.getAttributeValue(null, "type"));
    boolean falseAlarm = "triggers_error".equals(xml.getAttributeValue(null, "type"));
    StringBuilder text = new StringBuilder();
    int from = -1;
    int to = -1;
    for (int depth = 1; depth > 0; ) {
      switch (xml.next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          depth++;
          from = isMarker() ? text.length() : from;
        }
        case XMLStreamConstants.END_ELEMENT -> {
          depth--;
          to = isMarker() ? text.length() : to;
        }
        case XMLStreamConstants.CHARACTERS,
            XMLStreamConstants.CDATA,
            XMLStreamConstants.ENTITY_REFERENCE ->
            text.append(xml.getText());
        default -> {
          // A comment inside a sentence is not part of it.
        }
      }
    }
    String sentence = text.toString().strip();
    if (falseAlarm || sentence.isEmpty()) {
      return;
    }
    Optional<String> corrected =
        correction.isPresent() && 0 <= from && from <= to
            ? Optional.of(corrected(text.toString(), from, to, correction.get()))
            : Optional.empty();
    sentences.add(new Sentence(group, sentence, !incorrect, corrected));
  }

  private boolean isMarker() {
    return xml.getLocalName().equals("marker");
  }

  /** The text with the first of the proposals, which bars part, in place of what is marked. */
  private static String corrected(String text, int from, int to, String proposals) {
    String proposal = proposals.split("\\|", 2)[0];
    String before = text.substring(0, from);
    String after = text.substring(to);
    if (proposal.isEmpty()) {
      // What is left out leaves one of the spaces around it, and none before a full stop.
      before =
          after.isEmpty() || !Character.isLetterOrDigit(after.charAt(0))
              ? before.stripTrailing()
              : before;
    }
    return (before + proposal + after).strip();
  }
}
