package org.bilora.train;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Properties;
import org.bilora.step.DeviceInfo;
import org.tensorflow.TensorFlow;

/** This code and this machine, for records of what was run and measured. */
public final class RunEnvironment {
  private static final String UNKNOWN = "unknown";

  private RunEnvironment() {}

  static Provenance provenance(long seed, String dataSource, String dataSha256, DeviceInfo device) {
    return ProvenanceBuilder.builder()
        .seed(seed)
        .dataSource(dataSource)
        .dataSha256(dataSha256)
        .commit(commit())
        .java(java())
        .tensorflow(TensorFlow.version())
        .os(
            "%s %s %s"
                .formatted(
                    System.getProperty("os.name"),
                    System.getProperty("os.version"),
                    System.getProperty("os.arch")))
        .cpu(cpu())
        .processors(Runtime.getRuntime().availableProcessors())
        .device(device)
        .date(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
        .build();
  }

  /** The commit that the build wrote down, with {@code -dirty} when files differed from it. */
  public static String commit() {
    try (InputStream in = RunEnvironment.class.getResourceAsStream("commit.properties")) {
      if (in == null) {
        return UNKNOWN;
      }
      Properties properties = new Properties();
      properties.load(in);
      String commit = properties.getProperty("commit", "");
      return commit.isBlank() ? UNKNOWN : commit;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Version and vendor of the Java runtime. */
  public static String java() {
    return System.getProperty("java.version") + " " + System.getProperty("java.vendor");
  }

  /** Model of the processor, {@code unknown} where the system does not tell. */
  public static String cpu() {
    return Processor.read().model();
  }
}
