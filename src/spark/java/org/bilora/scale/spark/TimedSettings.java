package org.bilora.scale.spark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.util.CollectionAccumulator;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellExecution;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.StudyDirectory;
import org.bilora.bench.study.StudyListener;
import org.bilora.bench.study.TestBed;
import org.bilora.bench.study.TimeBudgets;
import org.bilora.train.RunJson;
import org.bilora.train.TrainingSettings;

/**
 * What each cell is run with: its settings, but where a budget of time decides over its steps. How
 * many they are is measured in a task of its own, before any cell runs, so that it is the same for
 * all seeds, and the speed is an executor's.
 */
final class TimedSettings {
  private TimedSettings() {}

  static Map<Cell, TrainingSettings> of(
      JavaSparkContext spark,
      CellExecution.Work work,
      StudyDirectory study,
      SharedPaths paths,
      CollectionAccumulator<String> openings,
      StudyListener listener)
      throws IOException {
    Map<Cell, TrainingSettings> settings = new HashMap<>();
    study.left().forEach(cell -> settings.put(cell, cell.settings()));
    List<Cell> timed = study.left().stream().filter(cell -> cell.seconds().isPresent()).toList();
    if (timed.isEmpty()) {
      return settings;
    }
    listener.timing(timed.get(0));
    spark.setJobDescription("steps within a budget of time");
    List<byte[]> answers = measured(spark, new Measuring(work, study, timed, paths, openings));
    listener.timed(timed.get(0));
    for (int i = 0; i < timed.size(); i++) {
      settings.put(
          timed.get(i),
          RunJson.read(Path.of(timed.get(i).fileName()), answers.get(i), TrainingSettings.class));
    }
    return settings;
  }

  private static List<byte[]> measured(JavaSparkContext spark, Measuring task) throws IOException {
    try {
      return spark.parallelize(List.of(0), 1).map(task).collect().get(0);
    } catch (RuntimeException e) {
      throw SparkFailure.explained(e);
    } catch (Exception e) {
      // Scala's methods throw what they do not declare.
      if (e instanceof SparkException) {
        throw SparkFailure.explained(e);
      }
      throw e;
    }
  }

  /** The task. */
  private static final class Measuring implements Function<Integer, List<byte[]>> {
    private static final long serialVersionUID = 1;
    private static final ObjectMapper JSON = RunJson.mapper();

    private final byte[] source;
    private final SharedPaths paths;
    private final String directory;
    private final List<byte[]> found;
    private final List<byte[]> cells;
    private final CollectionAccumulator<String> openings;

    Measuring(
        CellExecution.Work work,
        StudyDirectory study,
        List<Cell> timed,
        SharedPaths paths,
        CollectionAccumulator<String> openings) {
      this.source = RunJson.write(work.source());
      this.paths = paths;
      this.directory = work.directory().toAbsolutePath().toString();
      this.found = study.found().values().stream().map(RunJson::write).toList();
      this.cells = timed.stream().map(RunJson::write).toList();
      this.openings = openings;
    }

    @Override
    public List<byte[]> call(Integer only) throws IOException {
      List<CellResult> results = new ArrayList<>();
      for (byte[] json : found) {
        results.add(JSON.readValue(json, CellResult.class));
      }
      List<Cell> timed = new ArrayList<>();
      for (byte[] json : cells) {
        timed.add(JSON.readValue(json, Cell.class));
      }
      TestBed bed = CellTask.bed(source, paths, openings);
      return OncePerExecutor.withOwnClasses(
              () -> TimeBudgets.settings(timed, results, bed, Path.of(directory)))
          .stream()
          .map(RunJson::write)
          .toList();
    }
  }
}
