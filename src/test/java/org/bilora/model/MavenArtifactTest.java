package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MavenArtifactTest {
  private static final String CONTENT = "weights";
  private static final MavenArtifact ARTIFACT =
      new MavenArtifact(
          "org.sample",
          "weights",
          "1.0",
          Hashing.sha256().hashString(CONTENT, StandardCharsets.UTF_8).toString());

  @TempDir Path folder;

  @Test
  void aJarInTheRepositoryIsTakenWithoutMaven() throws IOException {
    Path jar = folder.resolve("org/sample/weights/1.0/weights-1.0.jar");
    Files.createDirectories(jar.getParent());
    Files.writeString(jar, CONTENT);
    assertEquals(jar, ARTIFACT.resolve(folder, "no-such-command"));
  }

  @Test
  void aJarWithOtherBytesIsRefused() throws IOException {
    Path jar = folder.resolve("org/sample/weights/1.0/weights-1.0.jar");
    Files.createDirectories(jar.getParent());
    Files.writeString(jar, "wei6hts");
    IOException refused =
        assertThrows(IOException.class, () -> ARTIFACT.resolve(folder, "no-such-command"));
    assertTrue(
        refused
            .getMessage()
            .startsWith(jar + " is not org.sample:weights:1.0 as this program knows it: its SHA"),
        refused.getMessage());
  }

  @Test
  void aFetchedJarWithOtherBytesIsRefused() throws IOException {
    Path maven =
        script(
            "for option; do case $option in -Dmaven.repo.local=*) repository=${option#*=};; esac; done",
            "mkdir -p $repository/org/sample/weights/1.0",
            "echo other > $repository/org/sample/weights/1.0/weights-1.0.jar");
    assertThrows(IOException.class, () -> ARTIFACT.resolve(folder, maven.toString()));
  }

  @Test
  void mavenIsAskedForAJarThatIsNotThere() throws IOException {
    Path maven =
        script(
            "for option; do case $option in -Dmaven.repo.local=*) repository=${option#*=};; esac; done",
            "mkdir -p $repository/org/sample/weights/1.0",
            "echo \"$@\" > " + folder.resolve("called"),
            "printf %s " + CONTENT + " > $repository/org/sample/weights/1.0/weights-1.0.jar");
    Path jar = ARTIFACT.resolve(folder.resolve("repository"), maven.toString());
    assertEquals(CONTENT, Files.readString(jar));
    assertTrue(
        Files.readString(folder.resolve("called")).contains("-Dartifact=org.sample:weights:1.0"));
  }

  @Test
  void aFailedFetchIsToldInOneLineWithTheCommandToRun() throws IOException {
    Path maven = script("echo '[ERROR] no network -> [Help 1]'", "echo '[ERROR] more'", "exit 1");
    assertComplaint(maven.toString(), "cannot be fetched (no network); with a network, run: ");
    assertComplaint(script("exit 3").toString(), "ended with status 3");
    assertComplaint("no-such-command", "Cannot run program \"no-such-command\"");
  }

  private void assertComplaint(String maven, String complaint) {
    IOException refused =
        assertThrows(IOException.class, () -> ARTIFACT.resolve(folder.resolve("empty"), maven));
    assertTrue(refused.getMessage().startsWith("org.sample:weights:1.0 is neither"));
    assertTrue(refused.getMessage().contains(complaint), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
  }

  private Path script(String... lines) throws IOException {
    Path script = folder.resolve("mvn");
    Files.writeString(script, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script;
  }
}
