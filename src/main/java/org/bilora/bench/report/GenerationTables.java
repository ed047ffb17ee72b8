package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.bilora.bench.statistics.Sample;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.GenerationResult;
import org.bilora.eval.generation.GenerationMetric;

/** What the methods wrote, and what it is worth. */
final class GenerationTables {
  private static final int REFERENCES = 3;

  private static final List<Measure> MEASURES =
      Arrays.stream(GenerationMetric.values()).<Measure>map(Measure.OfTexts::new).toList();

  /**
   * A published row, as publications write it.
   *
   * @param scores BLEU, NIST, METEOR, ROUGE-L, CIDEr
   */
  private record Published(String what, String model, double... scores) {}

  private static final List<Published> PUBLISHED_E2E =
      ImmutableList.of(
          new Published(
              "full fine-tuning (Hu et al. 2021)", "GPT-2 medium", 68.2, 8.62, 46.2, 71.0, 2.47),
          new Published("LoRA (Hu et al. 2021)", "GPT-2 medium", 70.4, 8.85, 46.8, 71.8, 2.53));

  private static final String E2E = "e2e";

  private GenerationTables() {}

  /** A line per task and method, a column per metric: mean ± standard deviation. */
  static Table overview(StudyResults results) {
    List<String> columns = new ArrayList<>(List.of("task", "method"));
    MEASURES.forEach(measure -> columns.add(measure.id()));
    columns.add("perplexity");
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      for (String method : results.methods()) {
        List<Object> row = new ArrayList<>(List.of(task, method));
        for (Measure measure : MEASURES) {
          row.add(withSpread(results.scores(task, method, measure), measure));
        }
        Measure perplexity = results.chosenBy(task);
        row.add(withSpread(results.scores(task, method, perplexity), perplexity));
        rows.add(row);
      }
    }
    return new Table(
        "scores",
        "Scores",
        "Mean ± standard deviation over seeds, and how many seeds there are. BLEU, METEOR, ROUGE_L"
            + " and TER are times 100; lower is better of TER and of the perplexity, which is the dev"
            + " split's and flatters methods with two levels, to which that is D2. METEOR is by its authors' program alone, where that was given.",
        columns,
        rows);
  }

  /** The same for parts of the inputs, such as categories that no training text is about. */
  static Table groups(StudyResults results) {
    List<String> columns = new ArrayList<>(List.of("task", "inputs", "method"));
    MEASURES.forEach(measure -> columns.add(measure.id()));
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      Set<String> names = new LinkedHashSet<>();
      for (String method : results.methods()) {
        groups(results, task, method).forEach(each -> names.addAll(each.keySet()));
      }
      for (String name : names) {
        for (String method : results.methods()) {
          List<GenerationResult.Group> seeds =
              groups(results, task, method)
                  .flatMap(each -> Stream.ofNullable(each.get(name)))
                  .toList();
          if (!seeds.isEmpty()) {
            rows.add(row(task, "%s (%d)".formatted(name, seeds.get(0).inputs()), method, seeds));
          }
        }
      }
    }
    return new Table(
        "groups",
        "Seen and unseen categories",
        "The same scores, apart for inputs whose category the training set has, and for the others.",
        columns,
        rows);
  }

  private static Stream<Map<String, GenerationResult.Group>> groups(
      StudyResults results, String task, String method) {
    return results.of(task, method).stream()
        .map(CellResult::generation)
        .flatMap(Optional::stream)
        .map(GenerationResult::groups);
  }

  private static List<Object> row(
      String task, String inputs, String method, List<GenerationResult.Group> seeds) {
    List<Object> row = new ArrayList<>(List.of(task, inputs, method));
    for (GenerationMetric metric : GenerationMetric.values()) {
      double[] values =
          seeds.stream()
              .map(seed -> seed.scores().get(metric))
              .filter(value -> value != null && !value.isNaN())
              .mapToDouble(Double::doubleValue)
              .toArray();
      row.add(withSpread(Sample.of(values), new Measure.OfTexts(metric)));
    }
    return row;
  }

  private static String withSpread(Sample sample, Measure measure) {
    return ScoreTables.withSpread(sample, measure.factor(), measure.factor() == 1 ? 2 : 1);
  }

  /** How long the texts took. */
  static Table decoding(StudyResults results) {
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      for (String method : results.methods()) {
        List<GenerationResult> texts =
            results.of(task, method).stream()
                .map(CellResult::generation)
                .flatMap(Optional::stream)
                .toList();
        if (!texts.isEmpty()) {
          rows.add(
              ImmutableList.of(
                  task,
                  method,
                  Table.figure(texts.get(0).inputs(), 0),
                  Table.figure(texts.get(0).cut(), 0),
                  Table.figure(mean(texts, t -> t.inputs() - t.ended()), 1),
                  Table.figure(mean(texts, t -> (double) t.tokens() / t.inputs()), 1),
                  Table.figure(mean(texts, GenerationResult::seconds), 1),
                  Table.figure(mean(texts, t -> t.inputs() / t.seconds()), 1)));
        }
      }
    }
    return new Table(
        "decoding",
        "Decoding",
        "Means over seeds, of the wall clock. ΔW is merged, so that all methods decode at the cost"
            + " of the plain model; what differs is the length of their texts.",
        List.of(
            "task",
            "method",
            "inputs",
            "inputs cut",
            "texts without an end",
            "tokens per text",
            "seconds",
            "texts per second"),
        rows);
  }

  private static double mean(List<GenerationResult> texts, ToDoubleFunction<GenerationResult> of) {
    return texts.stream().mapToDouble(of).average().orElseThrow();
  }

  /** For a few inputs what people wrote, and what each method did. */
  static Table samples(StudyResults results) {
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      results.results().values().stream()
          .filter(result -> results.task(result.cell()).equals(task))
          .map(CellResult::generation)
          .flatMap(Optional::stream)
          .findFirst()
          .ifPresent(
              any -> any.samples().forEach(sample -> rows.addAll(rows(results, task, sample))));
    }
    return new Table(
        "samples",
        "Samples",
        "The texts of each method's first seed that has a result, for inputs in equal steps through"
            + " the split, with up to %d of their references.".formatted(REFERENCES),
        List.of("task", "input", "by", "text"),
        rows);
  }

  private static List<List<Object>> rows(
      StudyResults results, String task, GenerationResult.Sample sample) {
    String number = Integer.toString(sample.input());
    List<List<Object>> rows = new ArrayList<>();
    rows.add(List.of(task, number, "(input)", sample.context()));
    sample.references().stream()
        .limit(REFERENCES)
        .forEach(text -> rows.add(List.of(task, number, "(reference)", text)));
    for (String method : results.methods()) {
      results
          .any(task, method)
          .flatMap(CellResult::generation)
          .filter(texts -> texts.samples().contains(sample))
          .ifPresent(texts -> rows.add(List.of(task, number, method, texts.output(sample))));
    }
    return rows;
  }

  /** E2E beside published numbers. */
  static Table published(StudyResults results) {
    List<String> columns = new ArrayList<>(List.of("method", "model"));
    List<Measure> measures =
        MEASURES.stream()
            .filter(measure -> !measure.equals(new Measure.OfTexts(GenerationMetric.TER)))
            .toList();
    measures.forEach(measure -> columns.add(measure.id()));
    columns.add("what differs");
    List<List<Object>> rows = new ArrayList<>();
    if (results.tasks().contains(E2E)) {
      for (Published published : PUBLISHED_E2E) {
        List<Object> row = new ArrayList<>(List.of(published.what(), published.model()));
        for (int i = 0; i < measures.size(); i++) {
          row.add(Table.figure(published.scores()[i], decimals(measures.get(i))));
        }
        row.add(
            "355M parameters, pretrained on web text; whole training file, 5 epochs of batches of 8,"
                + " 10 beams");
        rows.add(row);
      }
      for (String method : results.methods()) {
        results.any(E2E, method).ifPresent(any -> rows.add(here(results, method, measures, any)));
      }
    }
    return new Table(
        "published",
        "Beside published numbers",
        "Not a comparison of methods: model, training data and budget differ, as the last column"
            + " says. Users who followed the published recipe for LoRA report BLEU 68.7 to 68.9.",
        columns,
        rows);
  }

  private static List<Object> here(
      StudyResults results, String method, List<Measure> measures, CellResult any) {
    List<Object> row = new ArrayList<>(List.of(method + " (here)", results.study().model()));
    for (Measure measure : measures) {
      row.add(
          Table.figure(
              measure.factor() * results.scores(E2E, method, measure).mean(), decimals(measure)));
    }
    row.add(
        "%,d steps of %s on %,d pairs"
            .formatted(
                any.run().steps(),
                any.run().settings().batchTokens().isPresent()
                    ? "%d tokens".formatted(any.run().settings().batchTokens().getAsInt())
                    : "%d examples".formatted(any.run().settings().batchSize()),
                any.run().examples().lower() + any.run().examples().upper()));
    return row;
  }

  private static int decimals(Measure measure) {
    return measure.factor() == 1 ? 2 : 1;
  }
}
