package org.bilora.bench.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.bilora.bench.statistics.Sample;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
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
   */
  private record Trial(
      String task, String method, String label, Map<String, JsonNode> settings, Sample scores) {}

  private final StudyResults results;
  private final Path directory;
  private final List<Trial> trials;

  /**
   * A report.
   *
   * @param cells all of the search's
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
    this.trials = trials();
  }

  private List<Trial> trials() {
    ImmutableList.Builder<Trial> found = ImmutableList.builder();
    for (String task : results.tasks()) {
      for (StudyMethod method : results.study().methods()) {
        for (String label : results.methods()) {
          if (label.startsWith(method.name() + " ")) {
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
                                results.scores(task, label))));
          }
        }
      }
    }
    return found.build();
  }

  /** The best mean over seeds; of equals the earlier trial. */
  private Optional<Trial> best(String task, String method) {
    Trial best = null;
    for (Trial trial : trials) {
      if (trial.task().equals(task)
          && trial.method().equals(method)
          && trial.scores().count() > 0
          && (best == null || trial.scores().mean() > best.scores().mean())) {
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
                        "      %s: {%s}%n".formatted(task, written(trial.settings(), ": "))));
      }
    }
    return yaml.toString();
  }

  private static String written(Map<String, JsonNode> settings, String between) {
    return settings.entrySet().stream()
        .map(
            setting ->
                setting.getKey()
                    + between
                    + (setting.getValue().isObject()
                            ? setting.getValue().path("name")
                            : setting.getValue())
                        .asText())
        .collect(Collectors.joining(", "));
  }

  private Table table() {
    List<List<Object>> rows = new ArrayList<>();
    for (Trial trial : trials) {
      boolean chosen = best(trial.task(), trial.method()).filter(trial::equals).isPresent();
      rows.add(
          List.of(
              trial.task(),
              trial.label(),
              written(trial.settings(), " "),
              Table.figure(trial.scores().count(), 0),
              Table.figure(trial.scores().mean(), 4),
              Table.figure(trial.scores().standardDeviation(), 4),
              chosen ? "yes" : ""));
    }
    return new Table(
        "trials",
        "Trials",
        "The primary metric of the best epoch on the held-out part of the training set. The first"
            + " trial of each method is the method as the study file has it.",
        List.of("task", "trial", "settings", "seeds", "mean", "standard deviation", "chosen"),
        rows);
  }

  /**
   * Writes {@code search.md} and {@code search.json}.
   *
   * @throws IOException when a file cannot be written
   */
  public void write() throws IOException {
    Table table = table();
    Study study = results.study();
    String budget =
        "Every method had the same budget: %d trials per task, each with %d seed%s and as many epochs."
            .formatted(
                study.trials().orElseThrow(),
                study.seeds().size(),
                study.seeds().size() == 1 ? "" : "s");
    write(
        FILE,
        Conditions.introduction(results)
            + budget
            + "%n%n%s## Chosen%n%nTo be pasted into a study file:%n%n```yaml%n%s```%n"
                .formatted(table.markdown(), chosen()));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("study", study);
    json.put(table.id(), table.json());
    Map<String, Map<String, Object>> choices = new LinkedHashMap<>();
    for (StudyMethod method : study.methods()) {
      for (String task : results.tasks()) {
        best(task, method.name())
            .ifPresent(
                trial ->
                    choices
                        .computeIfAbsent(method.name(), name -> new LinkedHashMap<>())
                        .put(task, trial.settings()));
      }
    }
    json.put("chosen", choices);
    write("search.json", JSON.writeValueAsString(json) + "\n");
  }

  private void write(String name, String text) throws IOException {
    AtomicFile.write(
        directory.resolve(name), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }
}
