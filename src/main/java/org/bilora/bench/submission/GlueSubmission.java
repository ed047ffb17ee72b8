package org.bilora.bench.submission;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bilora.data.Dataset;
import org.bilora.eval.Prediction;
import org.bilora.train.TrainedRun;
import org.bilora.weights.AtomicFile;

/**
 * A zip file for GLUE's server (https://gluebenchmark.com/submit): per test split a file {@code
 * CoLA.tsv} and so on, with the header {@code index⇥prediction} and a line per example in the order
 * of {@code test.tsv}, counted from 0. Classes are written as the task's files write them, scores
 * with three decimals between 0 and 5.
 */
public final class GlueSubmission {
  private static final double HIGHEST_SCORE = 5;

  /** Within a zip file's years; the same for all, so that equal predictions give equal bytes. */
  private static final LocalDateTime DATE = LocalDateTime.of(2000, 1, 1, 0, 0);

  private final Map<ServerFile, String> files = new TreeMap<>();

  /**
   * Adds a run's predictions for its task's test splits.
   *
   * @param dataset of the run's task
   * @throws IOException when the test split is not the official one: a file is missing, or has
   *     another number of lines
   * @throws IllegalArgumentException when the server does not ask for the task, or a run of it was
   *     added before
   */
  public void add(TrainedRun run, Dataset dataset) throws IOException {
    String task = run.task().name();
    List<ServerFile> wanted = ServerFile.of(task);
    if (wanted.isEmpty()) {
      throw new IllegalArgumentException(
          "task is '%s'; GLUE's server takes %s"
              .formatted(task, String.join(", ", ServerFile.tasks())));
    }
    for (ServerFile file : wanted) {
      if (!dataset.splits().containsKey(file.split())) {
        throw new IOException(
            "task %s has no split %s, which %s is made of; add GLUE's file of it to the task's folder"
                .formatted(task, file.split(), file.fileName()));
      }
      int examples = dataset.split(file.split()).size();
      if (examples != file.lines()) {
        throw new IOException(
            "the split %s of task %s has %,d examples and GLUE's has %,d, which its server counts; get"
                    .formatted(file.split(), task, examples, file.lines())
                + " the official file");
      }
      if (files.containsKey(file)) {
        throw new IllegalArgumentException(
            "two runs are of task %s; give one run per task".formatted(task));
      }
      files.put(file, lines(run.predict(dataset.split(file.split()))));
    }
  }

  static String lines(List<Prediction> predictions) {
    StringBuilder lines = new StringBuilder("index\tprediction\n");
    for (int i = 0; i < predictions.size(); i++) {
      Prediction prediction = predictions.get(i);
      lines
          .append(i)
          .append('\t')
          .append(
              prediction
                  .label()
                  .orElseGet(
                      () ->
                          "%.3f"
                              .formatted(
                                  Math.max(
                                      0,
                                      Math.min(HIGHEST_SCORE, prediction.score().orElseThrow())))))
          .append('\n');
    }
    return lines.toString();
  }

  /** Files that the server asks for and no run answers; without the diagnostic set it goes. */
  public List<String> missing() {
    return Arrays.stream(ServerFile.values())
        .filter(file -> !files.containsKey(file))
        .map(ServerFile::fileName)
        .collect(ImmutableList.toImmutableList());
  }

  /** Names of the files there are. */
  public List<String> present() {
    return files.keySet().stream()
        .map(ServerFile::fileName)
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * Writes the zip file.
   *
   * @throws IOException when it cannot be written
   */
  public void write(Path zip) throws IOException {
    AtomicFile.write(zip, this::writeTo);
  }

  private void writeTo(OutputStream out) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out);
    for (Map.Entry<ServerFile, String> file : files.entrySet()) {
      ZipEntry entry = new ZipEntry(file.getKey().fileName());
      entry.setTimeLocal(DATE);
      zip.putNextEntry(entry);
      zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
      zip.closeEntry();
    }
    // The stream below is the caller's to close.
    zip.finish();
  }
}
