package org.bilora.cli.progress;

import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import org.bilora.train.Processor;

/**
 * Lets XLA keep what it compiles for the processor in a folder and read it from there the next
 * time: a study compiles the same step for every seed, and compilation is most of a short run. XLA
 * reads a kept step only when the program that it is to compile is the same.
 */
public final class CompilationCache {
  private static final String FLAGS = "TF_XLA_FLAGS";

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
    Processor processor = Processor.read();
    String kind =
        Hashing.sha256()
            .hashString(
                processor.model() + new TreeSet<>(processor.flags()), StandardCharsets.UTF_8)
            .toString()
            .substring(0, 12);
    Path base = directory.resolve("compiled");
    Path folder = base.resolve(kind).toAbsolutePath();
    // Flags are parted by spaces, so that a path cannot have any. Only the launcher's process is
    // ours to change: another one may go on compiling when the study and its folder are gone.
    if (System.getProperty("bilora.command") != null
        && System.getenv(FLAGS) == null
        && !folder.toString().contains(" ")) {
      Files.createDirectories(folder);
      String flags = "--tf_xla_persistent_cache_directory=%s".formatted(folder);
      // Java's own copy of the environment cannot be changed; TensorFlow reads the process's.
      NativeLibrary.getInstance("c")
          .getFunction("setenv")
          .invokeInt(new Object[] {FLAGS, flags, 1});
    }
    return new CompilationCache(base);
  }

  /** Removes what was kept. */
  public void remove() throws IOException {
    if (Files.exists(folder)) {
      MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }
}
