package org.bilora.cli.progress;

import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.google.common.io.Resources;
import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bilora.train.Processor;

/**
 * Lets XLA keep what it compiles in a folder and read it from there the next time: a study compiles
 * the same step for every seed, and compilation is most of a short run. XLA reads a kept step only
 * when the program that it is to compile is the same. It removes nothing from the folder.
 *
 * <p>Protocol Buffers prints an error of "parsing text-format" for every step that is read: it
 * tries the binary file as text first.
 */
public final class CompilationCache {
  private static final String FLAGS = "TF_XLA_FLAGS";
  private static final String CACHE_FLAG = "--tf_xla_persistent_cache_directory";

  private static final Path DRIVER = Path.of("/proc/driver/nvidia/gpus");

  private final Path folder;

  private CompilationCache(Path folder) {
    this.folder = folder;
  }

  /**
   * Has to be called before TensorFlow is loaded, which is when it reads the environment. Flags
   * that the user has set stay as they are, without a cache.
   *
   * @param directory gets a folder per kind of processor, as instructions differ
   */
  public static CompilationCache within(Path directory) throws IOException {
    Path base = directory.resolve("compiled");
    Path folder = base.resolve(kind()).toAbsolutePath();
    // Only the launcher's process is ours to change: another one may go on compiling when the study
    // and its folder are gone.
    if (OwnEnvironment.isOurs()
        && System.getenv(FLAGS) == null
        && !folder.toString().contains(" ")) {
      keep(folder);
    }
    return new CompilationCache(base);
  }

  /**
   * The same in a folder of the user's, which stays. Has to be called before TensorFlow is loaded,
   * too.
   *
   * @param directory gets a folder per kind of machine
   * @throws IllegalArgumentException when it cannot be used
   */
  public static void keptIn(Path directory) throws IOException {
    Path folder = directory.resolve(kind()).toAbsolutePath();
    if (folder.toString().contains(" ")) {
      throw new IllegalArgumentException(
          "xla-cache is '%s', but XLA's flags are parted by spaces; choose a path without any"
              .formatted(directory));
    }
    String given = System.getenv(FLAGS);
    if (given != null && given.contains(CACHE_FLAG)) {
      throw new IllegalArgumentException(
          "xla-cache is '%s', but %s names a cache already; leave one of them out"
              .formatted(directory, FLAGS));
    }
    if (!OwnEnvironment.isOurs()) {
      throw new IllegalArgumentException(
          "xla-cache is for a process of its own, as the launcher ./bilora starts; set %s instead"
              .formatted(FLAGS));
    }
    keep(folder);
  }

  private static void keep(Path folder) throws IOException {
    Files.createDirectories(folder);
    String given = System.getenv(FLAGS);
    String flags = "%s%s=%s".formatted(given == null ? "" : given + " ", CACHE_FLAG, folder);
    OwnEnvironment.set(FLAGS, flags);
  }

  /** What compiled code depends on: TensorFlow's version, the processor, and GPUs. */
  private static String kind() throws IOException {
    Processor processor = Processor.read();
    return Hashing.sha256()
        .hashString(
            processor.model() + new TreeSet<>(processor.flags()) + gpus() + tensorFlow(),
            StandardCharsets.UTF_8)
        .toString()
        .substring(0, 12);
  }

  /** Models of NVIDIA's GPUs, as the driver tells them. */
  private static TreeSet<String> gpus() throws IOException {
    TreeSet<String> models = new TreeSet<>();
    if (Files.isDirectory(DRIVER)) {
      try (Stream<Path> gpus = Files.walk(DRIVER, 2)) {
        for (Path file : gpus.filter(path -> path.endsWith("information")).toList()) {
          Files.readAllLines(file).stream().filter(x -> x.startsWith("Model")).forEach(models::add);
        }
      }
    }
    return models;
  }

  /** TensorFlow's version, which its library is not loaded for. */
  private static String tensorFlow() throws IOException {
    URL properties =
        CompilationCache.class.getResource(
            "/META-INF/maven/org.tensorflow/tensorflow-core-native/pom.properties");
    return properties == null ? "" : Resources.toString(properties, StandardCharsets.UTF_8);
  }

  /** Removes what was kept. */
  public void remove() throws IOException {
    if (Files.exists(folder)) {
      MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }
}
