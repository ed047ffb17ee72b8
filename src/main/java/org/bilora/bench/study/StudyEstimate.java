package org.bilora.bench.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.bilora.train.RunSize;
import org.bilora.train.TrainingSettings;

/**
 * How long cells take: as long as finished cells of the same task and method did, otherwise by the
 * speed of a few steps of the method, by the token, and of a few texts where texts are generated. A
 * budget of time becomes a number of steps here, the same for all seeds.
 */
final class StudyEstimate {
  private static final int TIMED_STEPS = 2;

  /** Where the time decides how many steps a run takes. */
  private static final int STEPS_TIMED_FOR_A_BUDGET = 8;

  private final TestBed bed;
  private final Map<String, List<Double>> secondsOfFinished = new HashMap<>();
  private final MeasuredSpeeds speeds;
  private final Map<String, RunSize> sizes = new HashMap<>();
  private final Map<String, Integer> stepsOfBudgets = new HashMap<>();
  private final Map<String, Double> secondsToGenerate = new HashMap<>();

  /** Of cells on this bed. */
  StudyEstimate(TestBed bed, MeasuredSpeeds speeds) {
    this.bed = bed;
    this.speeds = speeds;
  }

  /** Notes a finished cell. */
  void finished(CellResult result) {
    secondsOfFinished
        .computeIfAbsent(kind(result.cell()), kind -> new ArrayList<>())
        .add(
            result.run().seconds()
                + result.generation().map(GenerationResult::seconds).orElse(0.0));
    if (result.cell().seconds().isPresent()) {
      stepsOfBudgets.put(kind(result.cell()), result.run().settings().maxSteps());
    }
    result
        .generation()
        .ifPresent(texts -> secondsToGenerate.put(result.cell().task(), texts.seconds()));
  }

  /**
   * Times a few steps of every method that has neither been timed nor finished on some task.
   *
   * @param listener hears of each before and after it is timed
   * @param stop whether to leave the rest
   * @return whether all are known now
   */
  boolean measure(Collection<Cell> cells, StudyListener listener, BooleanSupplier stop)
      throws IOException {
    for (Cell cell : cells) {
      if (secondsOfFinished.containsKey(kind(cell))) {
        continue;
      }
      boolean budget = cell.seconds().isPresent();
      if (stop.getAsBoolean()) {
        return false;
      }
      if (speeds.get(speedKey(cell)).isEmpty()) {
        listener.timing(cell);
        speeds.put(
            speedKey(cell), bed.speed(cell, budget ? STEPS_TIMED_FOR_A_BUDGET : TIMED_STEPS));
        listener.timed(cell);
      }
      if (!sizes.containsKey(kind(cell))) {
        RunSize asked = bed.size(cell, cell.settings());
        if (budget) {
          stepsOfBudgets.put(
              kind(cell),
              Budget.stepsWithin(
                  cell.seconds().getAsDouble(), asked, speeds.get(speedKey(cell)).orElseThrow()));
        }
        sizes.put(kind(cell), budget ? bed.size(cell, settings(cell)) : asked);
      }
      if (!secondsToGenerate.containsKey(cell.task())) {
        secondsToGenerate.put(cell.task(), bed.secondsToGenerate(cell));
      }
    }
    return true;
  }

  /** What a cell is run with: its settings, or as many steps as fit into its budget of time. */
  TrainingSettings settings(Cell cell) {
    return cell.seconds().isPresent()
        ? Budget.withSteps(cell.settings(), stepsOfBudgets.get(kind(cell)))
        : cell.settings();
  }

  /** How much a cell has to compute. */
  RunSize size(Cell cell) throws IOException {
    RunSize known = sizes.get(kind(cell));
    return known == null ? bed.size(cell, settings(cell)) : known;
  }

  /** The time of cells that were measured or have finished ones of their kind. */
  Duration time(Collection<Cell> cells) {
    return cells.stream().map(this::time).reduce(Duration.ZERO, Duration::plus);
  }

  private Duration time(Cell cell) {
    List<Double> seconds = secondsOfFinished.get(kind(cell));
    if (seconds == null) {
      return sizes
          .get(kind(cell))
          .time(speeds.get(speedKey(cell)).orElseThrow())
          .plusMillis(Math.round(1000 * secondsToGenerate.get(cell.task())));
    }
    double mean = seconds.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    return Duration.ofMillis(Math.round(1000 * mean));
  }

  private static String kind(Cell cell) {
    return cell.regime() + "\n" + cell.method();
  }

  /** What a step's speed depends on: the settings but for rates and other fractions. */
  static String speedKey(Cell cell) {
    TrainingSettings settings = cell.settings();
    ObjectNode method = SettingNames.JSON.valueToTree(settings.method());
    List<String> fractions = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : method.properties()) {
      if (field.getValue().isFloatingPointNumber()) {
        fractions.add(field.getKey());
      }
    }
    method.remove(fractions);
    return "%s%s %s %d %s"
        .formatted(
            cell.seconds().isPresent() ? "for a budget: " : "",
            method,
            settings.adapter(),
            settings.batchTokens().orElse(settings.batchSize()),
            settings.execution());
  }
}
