package org.bilora.cli.command;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.sql.SparkSession;
import org.bilora.scale.spark.SparkSettings;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say where Spark's executors are. */
public final class SparkOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "Spark's master: local[N], local-cluster[PROCESSES,CORES,MEGABYTES], spark://HOST:PORT,"
              + " yarn, k8s://… (default: spark-submit's, else "
              + SparkSettings.HERE
              + ").")
  private String master;

  @Option(
      names = "--executor-cores",
      paramLabel = "N",
      description =
          "Cores of an executor, whose model is opened once and whose cells use all of them"
              + " (default: spark.executor.cores).")
  private Integer cores;

  @Option(
      names = "--conf",
      paramLabel = "NAME=VALUE",
      description = "A property of Spark, such as spark.executor.memory; may be repeated.")
  private Map<String, String> properties = Map.of();

  /** An application as the options say. */
  SparkSession open(String name, SparkSettings.TaskShare share) throws IOException {
    if (cores != null && cores < 1) {
      throw wrong("--executor-cores is %d; it must be 1 or more".formatted(cores));
    }
    for (String property : properties.keySet()) {
      if (!property.startsWith("spark.")) {
        throw wrong("--conf %s: Spark's properties begin with 'spark.'".formatted(property));
      }
    }
    SparkSettings settings =
        new SparkSettings(
            Optional.ofNullable(master),
            cores == null ? OptionalInt.empty() : OptionalInt.of(cores),
            properties);
    try {
      return settings.open(name, share);
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage());
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
