package org.bilora.scale.spark;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * How a Spark application of this program is set up. Whatever the user, or {@code spark-submit},
 * says of Spark's own properties wins.
 *
 * @param master as Spark takes it; empty for what {@code spark-submit} says, else {@value #HERE}
 * @param executorCores cores of an executor; empty for what Spark's properties say
 * @param properties of Spark, by name
 */
public record SparkSettings(
    Optional<String> master, OptionalInt executorCores, Map<String, String> properties) {
  /** All cores of this machine, in this process. */
  public static final String HERE = "local[*]";

  private static final Pattern LOCAL = Pattern.compile("local(\\[([0-9]+|\\*)(,\\s*[0-9]+)?])?");
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*([0-9]+)\\s*,\\s*([0-9]+)\\s*,\\s*([0-9]+)\\s*]");

  private static final String MASTER = "spark.master";
  private static final String EXECUTOR_CORES = "spark.executor.cores";
  private static final String EXECUTOR_MEMORY = "spark.executor.memory";
  private static final String EXECUTOR_CLASS_PATH = "spark.executor.extraClassPath";
  private static final String EXECUTOR_OPTIONS = "spark.executor.extraJavaOptions";
  private static final String TASK_CORES = "spark.task.cpus";
  private static final String EXECUTOR_ENVIRONMENT = "spark.executorEnv.";

  /** The heap holds texts and one copy of the weights, as the launcher has it. */
  private static final String HEAP = "2g";

  /** Beside the heap, for TensorFlow; only YARN and Kubernetes take it into account. */
  private static final String OFF_HEAP = "4g";

  /** What a task takes of an executor. */
  public enum TaskShare {
    /** A core: tasks share what the executor has opened. */
    CORE,
    /** The whole executor: TensorFlow computes one step with all of its cores. */
    EXECUTOR
  }

  /** Keeps a copy of the properties. */
  public SparkSettings {
    properties = Map.copyOf(properties);
  }

  /**
   * Opens the application.
   *
   * @param name that Spark's pages show
   * @throws IOException when Spark cannot be set up so
   * @throws IllegalArgumentException when nothing says how many cores an executor has
   */
  public SparkSession open(String name, TaskShare share) throws IOException {
    SparkConf conf = conf(new SparkConf(), name, share);
    if (LOCAL_CLUSTER.matcher(conf.get(MASTER)).matches()) {
      prepareHome();
    }
    try {
      return SparkSession.builder().config(conf).getOrCreate();
    } catch (RuntimeException e) {
      throw new IOException(
          "Spark does not start with --master %s: %s"
              .formatted(conf.get(MASTER), SparkFailure.firstLine(e)),
          e);
    }
  }

  /**
   * The processes of {@code local-cluster} are started only where Spark's home has a folder of
   * jars, which may be empty: they have this process's class path.
   */
  private static void prepareHome() throws IOException {
    String home = System.getenv("SPARK_HOME");
    if (home == null) {
      throw new IOException(
          "local-cluster needs the environment variable SPARK_HOME, a folder for its processes;"
              + " ./bilora spark sets it");
    }
    Files.createDirectories(Path.of(home, "jars"));
  }

  /** The properties of the application, over those of {@code base}. */
  SparkConf conf(SparkConf base, String name, TaskShare share) {
    base.setIfMissing("spark.app.name", name);
    properties.forEach(base::set);
    master.ifPresent(base::setMaster);
    base.setIfMissing(MASTER, HERE);
    executorCores.ifPresent(cores -> base.set(EXECUTOR_CORES, Integer.toString(cores)));
    base.setIfMissing("spark.ui.showConsoleProgress", "false");
    String chosen = base.get(MASTER);
    boolean oneHost = chosen.startsWith("local");
    if (oneHost) {
      base.setIfMissing("spark.driver.host", "127.0.0.1");
      base.setIfMissing("spark.ui.enabled", "false");
    }
    int cores = cores(base, chosen);
    if (share == TaskShare.EXECUTOR) {
      base.setIfMissing(TASK_CORES, Integer.toString(cores));
    }
    if (!LOCAL.matcher(chosen).matches()) {
      ofExecutors(base, chosen, cores);
    }
    return base;
  }

  private static int cores(SparkConf base, String master) {
    Matcher local = LOCAL.matcher(master);
    if (local.matches()) {
      String threads = local.group(2) == null ? "1" : local.group(2);
      return threads.equals("*")
          ? Runtime.getRuntime().availableProcessors()
          : Integer.parseInt(threads);
    }
    Matcher cluster = LOCAL_CLUSTER.matcher(master);
    if (cluster.matches()) {
      return Integer.parseInt(cluster.group(2));
    }
    if (!base.contains(EXECUTOR_CORES)) {
      throw new IllegalArgumentException(
          "nothing says how many cores an executor of %s has; give --executor-cores N"
              .formatted(master));
    }
    return base.getInt(EXECUTOR_CORES, 1);
  }

  private static void ofExecutors(SparkConf base, String master, int cores) {
    Matcher cluster = LOCAL_CLUSTER.matcher(master);
    base.setIfMissing(EXECUTOR_MEMORY, cluster.matches() ? cluster.group(3) + "m" : HEAP);
    base.setIfMissing("spark.executor.memoryOverhead", OFF_HEAP);
    if (System.getProperty("SPARK_SUBMIT") == null) {
      base.setIfMissing(EXECUTOR_CLASS_PATH, ownClassPath());
    }
    // JavaCPP's limit of four heaps would end a run on long texts; memory outside the heap is for
    // the cluster's own limits to bound.
    base.set(
        EXECUTOR_OPTIONS,
        "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0 -Djava.awt.headless=true -XX:ActiveProcessorCount=%d %s"
            .formatted(cores, base.get(EXECUTOR_OPTIONS, "")));
    environment(cores)
        .forEach((variable, value) -> base.setIfMissing(EXECUTOR_ENVIRONMENT + variable, value));
  }

  /** As the launcher has it, and TensorFlow no more threads than the executor has cores. */
  private static Map<String, String> environment(int cores) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("TF_CPP_MIN_LOG_LEVEL", "2");
    variables.put("TF_CPU_ALLOCATOR_USE_BFC", "true");
    Stream.of("TF_CPP_MIN_LOG_LEVEL", "TF_CPU_ALLOCATOR_USE_BFC", "LC_ALL")
        .filter(variable -> System.getenv(variable) != null)
        .forEach(variable -> variables.put(variable, System.getenv(variable)));
    variables.put("TF_NUM_INTRAOP_THREADS", Integer.toString(cores));
    variables.put("TF_NUM_INTEROP_THREADS", Integer.toString(cores));
    return variables;
  }

  /** This process's class path, which executors start in other folders with. */
  private static String ownClassPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
