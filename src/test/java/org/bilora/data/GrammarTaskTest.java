package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bilora.data.GrammarExamples.Sentence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrammarTaskTest {
  private static final String RULES =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE rules [<!ENTITY days "Mon|Tue">]>
      <rules lang="en"><category id="C" name="c">
        <rulegroup id="G" name="g">
          <rule><pattern><token regexp="yes">&days;</token></pattern>
            <example correction="are|is">We <marker>am</marker> &quot;happy&quot;.</example>
            <example> We are<!-- not 'am' --> happy. </example></rule>
          <rule><example type="incorrect">We <marker>be</marker>.</example>
            <example type="triggers_error">A known false alarm.</example></rule>
        </rulegroup>
        <rule id="R"><example correction="">Go <em><marker>to</marker> to</em>.</example>
          <example><![CDATA[Go to.]]></example><example>  </example></rule>
        <rule id="S"><example type="correct">We be.</example><example>Go to.</example></rule>
      </category></rules>
      """;

  @Test
  void sentencesComeWithoutMarkupAndKnowTheirRuleGroup() throws Exception {
    assertEquals(
        List.of(
            new Sentence(0, "We am \"happy\".", false, Optional.of("We are \"happy\".")),
            new Sentence(0, "We are happy.", true),
            new Sentence(0, "We be.", false),
            new Sentence(1, "Go to to.", false, Optional.of("Go to.")),
            new Sentence(1, "Go to.", true),
            new Sentence(2, "We be.", true),
            new Sentence(2, "Go to.", true)),
        GrammarExamples.read(stream(RULES)));
  }

  @Test
  void repeatedSentencesAreKeptOnceAndContradictedOnesNot() throws IOException {
    Dataset data = GrammarTask.read(GrammarTask.TASK, stream(RULES), "rules");
    Map<String, Double> targets = new HashMap<>();
    data.splits()
        .values()
        .forEach(split -> split.forEach(e -> targets.put(e.text(), e.requireTarget())));
    assertEquals(
        Map.of("We am \"happy\".", 0.0, "We are happy.", 1.0, "Go to to.", 0.0, "Go to.", 1.0),
        targets);
    assertEquals(4, data.splits().values().stream().mapToInt(List::size).sum());
  }

  @Test
  void aPairIsAnIncorrectSentenceAndItsFirstCorrection() throws IOException {
    Dataset data = GrammarTask.read(GrammarTask.PAIRS, stream(RULES), "rules");
    List<List<Example>> splits =
        data.splits().values().stream().<List<Example>>map(split -> split).toList();
    assertEquals(
        Map.of("We am \"happy\".", "We are \"happy\".", "Go to to.", "Go to."), pairs(splits));
  }

  @Test
  void aCorrectionThatLeavesSomethingOutLeavesOneSpace() throws Exception {
    Map<String, String> corrections =
        Map.of(
            "He <marker>did</marker> went.", "He went.",
            "He went <marker>away</marker>.", "He went.",
            "<marker>The</marker> he went.", "he went.",
            "He<marker> </marker>, too.", "He, too.",
            "They <marker>and</marker>, too", "They, too");
    for (Map.Entry<String, String> sentence : corrections.entrySet()) {
      String rule = "<rules><rule><example correction=\"\">%s</example></rule></rules>";
      assertEquals(
          Optional.of(sentence.getValue()),
          GrammarExamples.read(stream(rule.formatted(sentence.getKey()))).get(0).corrected());
    }
  }

  @Test
  void theArtifactsPairsHaveTheSplitOfTheirRules() throws IOException {
    Dataset single = Tasks.load("grammar", Optional.empty());
    Dataset pairs = Tasks.load("grammar-pairs", Optional.empty());
    int all = pairs.splits().values().stream().mapToInt(List::size).sum();
    assertTrue(all > 10_000, all + " sentences");
    for (String split : List.of("train", "dev", "test")) {
      Set<String> incorrect = new HashSet<>();
      single.split(split).stream()
          .filter(example -> example.requireTarget() == 0)
          .forEach(example -> incorrect.add(example.text()));
      Map<String, String> found = pairs(List.of(pairs.split(split)));
      assertTrue(incorrect.containsAll(found.keySet()), split);
      assertEquals(pairs.split(split).size(), 2 * found.size(), split);
    }
    assertEquals(single.sha256(), pairs.sha256());
  }

  /** Corrections by incorrect sentences, which they follow. */
  private static Map<String, String> pairs(List<List<Example>> splits) {
    Map<String, String> pairs = new HashMap<>();
    for (List<Example> examples : splits) {
      for (int i = 0; i < examples.size(); i += 2) {
        assertEquals(0, examples.get(i).requireTarget());
        assertEquals(1, examples.get(i + 1).requireTarget());
        pairs.put(examples.get(i).text(), examples.get(i + 1).text());
      }
    }
    return pairs;
  }

  @Test
  void nothingOutsideTheFileIsRead(@TempDir Path folder) throws Exception {
    Path secret = Files.writeString(folder.resolve("secret.txt"), "Secret sentence.");
    String outside =
        RULES
            .replace("[<!ENTITY", "[<!ENTITY out SYSTEM \"%s\"><!ENTITY".formatted(secret.toUri()))
            .replace("<example>  </example>", "<example>Known: &out;.</example>");
    assertTrue(
        GrammarExamples.read(stream(outside)).stream()
            .noneMatch(sentence -> sentence.text().contains("Secret")));
    String dtd =
        RULES.replace("rules [", "rules SYSTEM \"%s\" [".formatted(folder.resolve("x").toUri()));
    IOException refused =
        assertThrows(
            IOException.class, () -> GrammarTask.read(GrammarTask.TASK, stream(dtd), "rules"));
    assertTrue(refused.getMessage().startsWith("rules, line 2: not well-formed XML"));
  }

  @Test
  void aTruncatedFileIsNamedWithItsLine() {
    String message =
        assertThrows(
                IOException.class,
                () -> GrammarTask.read(GrammarTask.TASK, stream(RULES.substring(0, 400)), "rules"))
            .getMessage();
    assertTrue(
        message.matches("rules, line \\d+: not well-formed XML; get the artifact anew"), message);
  }

  @Test
  void theArtifactsSentencesAreSplitByRuleGroup() throws Exception {
    Dataset data = Tasks.load("grammar", Optional.empty());
    int all = data.splits().values().stream().mapToInt(List::size).sum();
    assertTrue(all > 20_000, all + " sentences");
    assertEquals(0.8, data.split("train").size() / (double) all, 0.02);
    assertEquals(0.1, data.split("dev").size() / (double) all, 0.02);
    Map<String, Integer> groupOf = new HashMap<>();
    try (InputStream rules =
        GrammarTask.class
            .getClassLoader()
            .getResourceAsStream("org/languagetool/rules/en/grammar.xml")) {
      GrammarExamples.read(rules).forEach(s -> groupOf.putIfAbsent(s.text(), s.group()));
    }
    Map<Integer, String> splitOf = new HashMap<>();
    Set<String> texts = new HashSet<>();
    data.splits()
        .forEach(
            (split, examples) ->
                examples.forEach(
                    example -> {
                      assertTrue(texts.add(example.text()), "twice: " + example.text());
                      String other = splitOf.put(groupOf.get(example.text()), split);
                      assertTrue(other == null || other.equals(split), example.text());
                    }));
    for (String split : List.of("train", "dev", "test")) {
      double correct =
          data.split(split).stream().mapToDouble(e -> e.requireTarget()).average().orElseThrow();
      assertEquals(0.6, correct, 0.05, split);
    }
    assertEquals(data, Tasks.load("grammar", Optional.empty()));
    assertEquals(64, data.sha256().length());
    assertTrue(data.source().startsWith("org.languagetool:language-en:"), data.source());
  }

  @Test
  void aBuiltInTaskTakesNoData(@TempDir Path folder) {
    assertThrows(IllegalArgumentException.class, () -> Tasks.load("grammar", Optional.of(folder)));
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}
