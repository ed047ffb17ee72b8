package org.bilora.data;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * WebNLG 2017's XML (Gardent and others 2017): an {@code entry} has a {@code modifiedtripleset} of
 * {@code mtriple}s, {@code subject | property | object}, and {@code lex} texts, of which those with
 * the comment {@code good} are references; a file without comments has only good ones. The context
 * is {@code subject : property : object | subject : …}; the entry's {@code category} is kept.
 */
final class WebNlgFormat implements GenerationFormat {
  private static final String TRIPLES = "modifiedtripleset";

  /** Some test files have the elements of the original triples here. */
  private static final Set<String> TRIPLE = Set.of("mtriple", "otriple");

  private static final Splitter BARS = Splitter.on('|').trimResults();

  @Override
  public List<GenerationExample> read(TextFile file, Hasher hasher) throws IOException {
    StringBuilder content = new StringBuilder();
    file.forEachLine(hasher, line -> content.append(line.text()).append('\n'));
    XMLInputFactory factory = XMLInputFactory.newInstance();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    try {
      XMLStreamReader xml = factory.createXMLStreamReader(new StringReader(content.toString()));
      try {
        return entries(file, xml);
      } finally {
        xml.close();
      }
    } catch (XMLStreamException e) {
      // The message proper follows the parser's own account of the position.
      String[] lines = String.valueOf(e.getMessage()).split("\\R");
      int number = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNumber());
      IOException problem =
          new TextFile.Line(file, number, "")
              .problem(
                  "not XML: %s; repair it or get the file anew"
                      .formatted(
                          Messages.cut(lines[lines.length - 1].replaceFirst("^Message: ", ""))));
      problem.initCause(e);
      throw problem;
    }
  }

  private static List<GenerationExample> entries(TextFile file, XMLStreamReader xml)
      throws XMLStreamException, IOException {
    ImmutableList.Builder<GenerationExample> examples = ImmutableList.builder();
    boolean benchmark = false;
    while (xml.hasNext()) {
      if (xml.next() == XMLStreamConstants.START_ELEMENT) {
        if (!benchmark && !xml.getLocalName().equals("benchmark")) {
          throw line(file, xml)
              .problem("<%s> where <benchmark> belongs".formatted(xml.getLocalName()));
        }
        benchmark = true;
        if (xml.getLocalName().equals("entry")) {
          examples.add(entry(file, xml));
        }
      }
    }
    return examples.build();
  }

  private static GenerationExample entry(TextFile file, XMLStreamReader xml)
      throws XMLStreamException, IOException {
    TextFile.Line start = line(file, xml);
    List<String> triples = new ArrayList<>();
    List<String> references = new ArrayList<>();
    Optional<String> category = Optional.ofNullable(xml.getAttributeValue(null, "category"));
    boolean modified = false;
    while (!(xml.next() == XMLStreamConstants.END_ELEMENT && xml.getLocalName().equals("entry"))) {
      if (xml.hasName() && xml.getLocalName().equals(TRIPLES)) {
        modified = xml.isStartElement();
        continue;
      }
      if (!xml.isStartElement()) {
        continue;
      }
      TextFile.Line line = line(file, xml);
      if (modified || xml.getLocalName().equals("mtriple")) {
        if (!TRIPLE.contains(xml.getLocalName())) {
          throw line.problem(
              "<%s> where <mtriple> belongs; a %s holds triples alone"
                  .formatted(xml.getLocalName(), TRIPLES));
        }
        triples.add(triple(xml.getElementText(), line));
      } else if (xml.getLocalName().equals("lex")) {
        String comment = xml.getAttributeValue(null, "comment");
        String text = GenerationFormat.oneLine(xml.getElementText());
        if (comment == null || comment.isEmpty() || comment.equals("good")) {
          if (text.isEmpty()) {
            throw line.problem("the text is empty; write it or delete the element");
          }
          references.add(text);
        }
      }
    }
    if (triples.isEmpty()) {
      throw start.problem(
          "the meaning representation is empty: the entry has no mtriple; add one or delete the"
              + " entry");
    }
    return new GenerationExample(
        String.join(" | ", triples), ImmutableList.copyOf(references), category);
  }

  private static String triple(String text, TextFile.Line line) throws IOException {
    List<String> parts = BARS.splitToList(GenerationFormat.oneLine(text));
    if (parts.size() != 3 || parts.contains("")) {
      throw line.problem("'%s' is no triple; write subject | property | object".formatted(text));
    }
    return String.join(" : ", parts);
  }

  private static TextFile.Line line(TextFile file, XMLStreamReader xml) {
    return new TextFile.Line(file, xml.getLocation().getLineNumber(), "");
  }
}
