package org.bilora.bench.submission;

import java.util.Arrays;
import java.util.List;
import org.bilora.data.Dataset;

/** A file of a submission to GLUE's server: predictions for one test split. */
enum ServerFile {
  COLA("CoLA", "cola", Dataset.TEST, 1063),
  SST2("SST-2", "sst2", Dataset.TEST, 1821),
  MRPC("MRPC", "mrpc", Dataset.TEST, 1725),
  STSB("STS-B", "stsb", Dataset.TEST, 1379),
  MNLI_MATCHED("MNLI-m", "mnli", Dataset.TEST, 9796),
  MNLI_MISMATCHED("MNLI-mm", "mnli", "test_mismatched", 9847),
  QNLI("QNLI", "qnli", Dataset.TEST, 5463),
  QQP("QQP", "qqp", Dataset.TEST, 390_965),
  RTE("RTE", "rte", Dataset.TEST, 3000),
  WNLI("WNLI", "wnli", Dataset.TEST, 146),
  /** The diagnostic set, which the leaderboard does not count: a model of MNLI answers it. */
  AX("AX", "ax", Dataset.TEST, 1104);

  private final String name;
  private final String task;
  private final String split;
  private final int lines;

  ServerFile(String name, String task, String split, int lines) {
    this.name = name;
    this.task = task;
    this.split = split;
    this.lines = lines;
  }

  /** Name in the zip file. */
  String fileName() {
    return name + ".tsv";
  }

  String split() {
    return split;
  }

  /** Examples of the official test split. */
  int lines() {
    return lines;
  }

  /** Names of the tasks that the server asks for. */
  static List<String> tasks() {
    return Arrays.stream(values()).map(file -> file.task).distinct().toList();
  }

  /** The files that a model of a task answers. */
  static List<ServerFile> of(String task) {
    return Arrays.stream(values()).filter(file -> file.task.equals(task)).toList();
  }
}
