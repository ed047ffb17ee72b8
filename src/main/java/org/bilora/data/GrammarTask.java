package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import javax.xml.stream.XMLStreamException;

/**
 * The built-in task: whether a sentence is free of errors, in the manner of CoLA, from the example
 * sentences of LanguageTool's English rules as its Maven artifact carries them.
 *
 * <p>A rule's correct and incorrect examples resemble each other, so a whole rule group (or rule
 * without group) goes to one split. A sentence given twice is kept where it is first; one given as
 * correct and as incorrect is dropped. The split is the same everywhere, and of both tasks.
 */
final class GrammarTask {
  static final Task TASK =
      new Task(
          "grammar",
          false,
          ImmutableList.of("unacceptable", "acceptable"),
          ImmutableList.of(MetricName.MATTHEWS, MetricName.ACCURACY));

  /** The same question of incorrect sentences and their corrections alone. */
  static final Task PAIRS = new Task("grammar-pairs", TASK.pairs(), TASK.labels(), TASK.metrics());

  private static final String ARTIFACT = "org.languagetool:language-en";
  private static final String RULES = "org/languagetool/rules/en/grammar.xml";
  private static final String VERSION =
      "META-INF/maven/org.languagetool/language-en/pom.properties";
  private static final long SEED = 1;

  /** Share of dev and of test. */
  private static final double HELD_OUT = 0.1;

  private GrammarTask() {}

  /**
   * Reads the rules from the class path.
   *
   * @param task {@link #TASK} or {@link #PAIRS}
   * @throws IOException when the artifact is not on it
   */
  static Dataset read(Task task) throws IOException {
    ClassLoader loader = GrammarTask.class.getClassLoader();
    try (InputStream resource = loader.getResourceAsStream(RULES)) {
      if (resource == null) {
        throw new IOException(
            "%s: not on the class path; add the Maven artifact %s, which task %s reads"
                .formatted(RULES, ARTIFACT, task.name()));
      }
      return read(task, resource, ARTIFACT + version(loader) + " " + RULES);
    }
  }

  /** Reads a rule file. */
  static Dataset read(Task task, InputStream rules, String source) throws IOException {
    byte[] bytes = rules.readAllBytes();
    List<GrammarExamples.Sentence> sentences;
    try {
      sentences = GrammarExamples.read(new ByteArrayInputStream(bytes));
    } catch (XMLStreamException e) {
      throw new IOException(
          "%s, line %d: not well-formed XML; get the artifact anew"
              .formatted(source, e.getLocation() == null ? 0 : e.getLocation().getLineNumber()),
          e);
    }
    List<GrammarExamples.Sentence> kept = unambiguous(sentences);
    String[] splitOf = splits(kept);
    return new Dataset(
        task,
        examples(task.equals(PAIRS) ? pairs(sentences, kept) : kept, splitOf),
        source,
        Hashing.sha256().hashBytes(bytes).toString());
  }

  /**
   * Every incorrect sentence, followed by its correction; neither comes twice or is given as the
   * opposite elsewhere.
   */
  private static List<GrammarExamples.Sentence> pairs(
      List<GrammarExamples.Sentence> all, List<GrammarExamples.Sentence> unambiguous) {
    Set<String> wrong = new HashSet<>();
    all.stream().filter(sentence -> !sentence.correct()).forEach(s -> wrong.add(s.text()));
    Set<String> known = new HashSet<>();
    List<GrammarExamples.Sentence> pairs = new ArrayList<>();
    for (GrammarExamples.Sentence sentence : unambiguous) {
      String corrected = sentence.corrected().orElse("");
      if (!corrected.isEmpty() && !wrong.contains(corrected) && known.add(corrected)) {
        pairs.add(sentence);
        pairs.add(new GrammarExamples.Sentence(sentence.group(), corrected, true));
      }
    }
    return pairs;
  }

  private static List<GrammarExamples.Sentence> unambiguous(
      List<GrammarExamples.Sentence> sentences) {
    Map<String, GrammarExamples.Sentence> first = new LinkedHashMap<>();
    Set<String> both = new HashSet<>();
    for (GrammarExamples.Sentence sentence : sentences) {
      GrammarExamples.Sentence earlier = first.putIfAbsent(sentence.text(), sentence);
      if (earlier != null && earlier.correct() != sentence.correct()) {
        both.add(sentence.text());
      }
    }
    first.keySet().removeAll(both);
    return List.copyOf(first.values());
  }

  /** The split of every rule group. */
  private static String[] splits(List<GrammarExamples.Sentence> sentences) {
    int groups = sentences.stream().mapToInt(sentence -> sentence.group() + 1).max().orElse(0);
    int[] sizes = new int[groups];
    sentences.forEach(sentence -> sizes[sentence.group()]++);
    String[] splitOf = new String[groups];
    double wanted = sentences.size() * HELD_OUT;
    int assigned = 0;
    for (int group : SeededOrder.permutation(groups, SEED)) {
      splitOf[group] =
          assigned < wanted ? Dataset.DEV : assigned < 2 * wanted ? Dataset.TEST : Dataset.TRAIN;
      assigned += sizes[group];
    }
    return splitOf;
  }

  private static Map<String, List<Example>> examples(
      List<GrammarExamples.Sentence> sentences, String[] splitOf) {
    ImmutableMap.Builder<String, List<Example>> splits = ImmutableMap.builder();
    for (String split : List.of(Dataset.TRAIN, Dataset.DEV, Dataset.TEST)) {
      splits.put(
          split,
          sentences.stream()
              .filter(sentence -> splitOf[sentence.group()].equals(split))
              .map(
                  sentence ->
                      new Example(sentence.text(), Optional.empty(), sentence.correct() ? 1 : 0))
              .collect(ImmutableList.toImmutableList()));
    }
    return splits.buildOrThrow();
  }

  /** The artifact's version after a colon, or nothing where the artifact does not tell. */
  private static String version(ClassLoader loader) throws IOException {
    try (InputStream resource = loader.getResourceAsStream(VERSION)) {
      if (resource == null) {
        return "";
      }
      Properties properties = new Properties();
      properties.load(resource);
      return ":" + properties.getProperty("version");
    }
  }
}
