package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RunEnvironmentTest {
  @Test
  void theCommitIsTheOneThatIsCheckedOutHereInAWorktreeToo() throws Exception {
    assumeTrue(Files.exists(Path.of(".git")), "built without a checkout");
    String head = git("rev-parse", "HEAD");
    String expected = git("status", "--porcelain").isEmpty() ? head : head + "-dirty";
    assertEquals(expected, RunEnvironment.commit());
  }

  private static String git(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = "git";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, "git is not installed");
      throw e;
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assumeTrue(process.waitFor() == 0, output);
    return output.strip();
  }
}
