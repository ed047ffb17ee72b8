package org.bilora.bench.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.math.Quantiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bilora.bench.statistics.Sample;
import org.bilora.bench.study.Budget;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Halving;
import org.bilora.bench.study.Study;
import org.bilora.bench.study.StudyMethod;
import org.bilora.train.RunJson;
import org.bilora.weights.AtomicFile;

/** Writes the trials of a search, and the settings that it chose. */
public final class SearchReport {
  /** The file that people read. */
  public static final String FILE = "search.md";

  private static final ObjectMapper JSON =
      RunJson.mapper().enable(SerializationFeature.INDENT_OUTPUT);

  /**
   * A trial of a method on a task.
   *
   * @param settings what was drawn, or is the method's own, by name
   * @param scores of the rungs that it reached, one or more
   */
  private record Trial(
      String task,
      String method,
      String label,
      Map<String, JsonNode> settings,
      List<Sample> scores) {
    int rung() {
      return scores.size();
    }

    Sample last() {
      return scores.get(scores.size() - 1);
    }
  }

  private final StudyResults results;
  private final Path directory;
  private final Halving halving;
  private final List<StudyResults> rungs;
  private final List<Trial> trials;

  /**
   * A report.
   *
   * @param cells all of the search's that are known, of all rungs
   * @param results of those that have one; at least one
   * @param directory that it is written to
   */
  public SearchReport(
      Study study, List<Cell> cells, Map<Cell, CellResult> results, Path directory) {
    if (results.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no result in %s; run the search first".formatted(directory));
    }
    this.results =
        new StudyResults(study, ImmutableList.copyOf(cells), ImmutableMap.copyOf(results));
    this.directory = directory;
    this.halving = new Halving(study);
    this.rungs =
        IntStream.range(0, halving.rungs())
            .mapToObj(rung -> ofRung(halving.rung(rung), cells, results))
            .filter(rung -> !rung.results().isEmpty())
            .toList();
    this.trials = trials();
  }

  private static StudyResults ofRung(Study rung, List<Cell> cells, Map<Cell, CellResult> results) {
    Set<Cell> possible = Set.copyOf(Cell.of(rung));
    return new StudyResults(
        rung,
        cells.stream().filter(possible::contains).collect(ImmutableList.toImmutableList()),
        ImmutableMap.copyOf(Maps.filterKeys(results, possible::contains)));
  }

  private List<Trial> trials() {
    ImmutableList.Builder<Trial> found = ImmutableList.builder();
    for (String task : results.tasks()) {
      for (StudyMethod method : results.study().methods()) {
        for (String label : results.methods()) {
          if (label.startsWith(method.name() + " ")) {
            List<Sample> scores =
                rungs.stream()
                    .filter(rung -> rung.any(task, label).isPresent())
                    .map(rung -> rung.scores(task, label))
                    .toList();
            results
                .any(task, label)
                .ifPresent(
                    result ->
                        found.add(
                            new Trial(
                                task,
                                method.name(),
                                label,
                                method.values(result.cell().settings()),
                                scores)));
          }
        }
      }
    }
    return found.build();
  }

  private Stream<Trial> of(String task, String method) {
    return trials.stream()
        .filter(trial -> trial.task().equals(task) && trial.method().equals(method))
        .filter(trial -> trial.last().count() > 0);
  }

  /** Of those that came furthest the best mean over seeds; of equals the earlier trial. */
  private Optional<Trial> best(String task, String method) {
    Trial best = null;
    for (Trial trial : of(task, method).toList()) {
      if (best == null || trial.rung() > best.rung()) {
        best = trial;
      } else if (trial.rung() == best.rung()
          && results.primaryMetric(task).better(trial.last().mean(), best.last().mean())) {
        best = trial;
      }
    }
    return Optional.ofNullable(best);
  }

  /** What was chosen, as {@code per_task} of a study's methods. */
  public String chosen() {
    StringBuilder yaml = new StringBuilder("methods:%n".formatted());
    for (StudyMethod method : results.study().methods()) {
      yaml.append("  - name: %s%n    per_task:%n".formatted(method.name()));
      for (String task : results.tasks()) {
        best(task, method.name())
            .ifPresent(
                trial ->
                    yaml.append(
                        "      %s: {%s}%n"
                            .formatted(results.taskName(task), written(trial.settings(), ": "))));
      }
    }
    return yaml.toString();
  }

  private static String written(Map<String, JsonNode> settings, String between) {
    return settings.entrySet().stream()
        .map(setting -> setting.getKey() + between + written(setting.getValue(), between))
        .collect(Collectors.joining(", "));
  }

  /** A hypergradient has fields of its own, which are shown where they say something. */
  private static String written(JsonNode value, String between) {
    if (!value.isObject()) {
      return value.asText();
    }
    if (value.size() == 1) {
      return value.path("name").asText();
    }
    String fields =
        value.properties().stream()
            .map(field -> field.getKey() + between + written(field.getValue(), between))
            .collect(Collectors.joining(", "));
    return "{%s}".formatted(fields);
  }

  private Table table() {
    List<String> columns = new ArrayList<>(List.of("task", "trial", "settings", "seeds"));
    for (int rung = 0; rung < rungs.size() - 1; rung++) {
      columns.add("rung %d".formatted(rung + 1));
    }
    columns.addAll(List.of("mean", "standard deviation", "chosen"));
    List<List<Object>> rows = new ArrayList<>();
    for (Trial trial : trials) {
      boolean chosen = best(trial.task(), trial.method()).filter(trial::equals).isPresent();
      List<Object> row =
          new ArrayList<>(
              List.of(
                  trial.task(),
                  trial.label(),
                  written(trial.settings(), " "),
                  Table.figure(trial.scores().get(0).count(), 0)));
      for (int rung = 0; rung < rungs.size() - 1; rung++) {
        row.add(rung < trial.rung() ? Table.figure(trial.scores().get(rung).mean(), 4) : "");
      }
      boolean last = trial.rung() == rungs.size();
      row.add(last ? Table.figure(trial.last().mean(), 4) : "");
      row.add(last ? Table.figure(trial.last().standardDeviation(), 4) : "");
      row.add(chosen ? "yes" : "");
      rows.add(row);
    }
    return new Table(
        "trials",
        "Trials",
        "The primary metric of the best epoch on %s. The first trial of each method is the method as the study file has it."
                .formatted(
                    results.study().selectOn() == Study.SelectOn.TRAINING
                        ? "the held-out part of the training set"
                        : "the dev split")
            + (rungs.size() > 1
                ? " A trial has a score for every rung that it reached; the mean is the last"
                    + " rung's."
                : ""),
        columns,
        rows);
  }

  /** How much depends on the settings, and what is left of it between the methods' best. */
  private Table spread() {
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      for (StudyMethod method : results.study().methods()) {
        double[] first =
            of(task, method.name())
                .mapToDouble(trial -> trial.scores().get(0).mean())
                .filter(mean -> !Double.isNaN(mean))
                .sorted()
                .toArray();
        Optional<Trial> best = best(task, method.name());
        if (first.length > 0 && best.isPresent()) {
          rows.add(
              List.of(
                  task,
                  method.name(),
                  Table.figure(first.length, 0),
                  Table.figure(first[0], 4),
                  Table.figure(Quantiles.median().compute(first), 4),
                  Table.figure(first[first.length - 1], 4),
                  Table.figure(best.get().last().mean(), 4)));
        }
      }
    }
    return new Table(
        "spread",
        "How much the settings matter",
        "Scores of each method's trials%s, and what its chosen one came to in the end."
            .formatted(rungs.size() > 1 ? " on the first rung" : ""),
        List.of("task", "method", "trials", "least", "median", "largest", "chosen"),
        rows);
  }

  /**
   * Writes {@code search.md} and {@code search.json}.
   *
   * @throws IOException when a file cannot be written
   */
  public void write() throws IOException {
    Table table = table();
    Table spread = spread();
    Study study = results.study();
    String budget =
        "Every method had the same budget: %d trials per task, each with %d seed%s and as many %s.%s"
            .formatted(
                study.trials().orElseThrow(),
                study.seeds().size(),
                study.seeds().size() == 1 ? "" : "s",
                study.budget().isEmpty()
                    ? "epochs"
                    : study.budget().get().steps().isPresent() ? "steps" : "seconds",
                halvings());
    write(
        FILE,
        Conditions.introduction(results)
            + budget
            + "%n%n%s%s## Chosen%n%nTo be pasted into a study file:%n%n```yaml%n%s```%n"
                .formatted(table.markdown(), spread.markdown(), chosen()));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("study", study);
    json.put(table.id(), table.json());
    json.put(spread.id(), spread.json());
    Map<String, Map<String, Object>> choices = new LinkedHashMap<>();
    for (StudyMethod method : study.methods()) {
      for (String task : results.tasks()) {
        best(task, method.name())
            .ifPresent(
                trial ->
                    choices
                        .computeIfAbsent(method.name(), name -> new LinkedHashMap<>())
                        .put(results.taskName(task), trial.settings()));
      }
    }
    json.put("chosen", choices);
    write("search.json", JSON.writeValueAsString(json) + "\n");
  }

  private String halvings() {
    if (halving.rungs() == 1) {
      return "";
    }
    return " Successive halving: "
        + IntStream.range(0, halving.rungs())
            .mapToObj(
                rung ->
                    "%d trials with %s"
                        .formatted(
                            halving.trials(rung), spent(halving.rung(rung).budget().orElseThrow())))
            .collect(Collectors.joining(", the best "))
        + ".";
  }

  private static String spent(Budget budget) {
    return budget.steps().isPresent()
        ? "%,d steps".formatted(budget.steps().getAsInt())
        : "%.0f seconds".formatted(budget.seconds().orElseThrow());
  }

  private void write(String name, String text) throws IOException {
    AtomicFile.write(
        directory.resolve(name), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }
}
