package org.bilora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a checkout of its own, with scripts in place of java, mvn and uname. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
class LauncherTest {
  @TempDir private Path home;

  /** What the launcher ended with. */
  private record Outcome(int code, String out, String err) {}

  @BeforeEach
  void makeCheckout() throws IOException {
    Files.copy(Path.of("bilora"), home.resolve("bilora"));
    Files.createDirectories(home.resolve("target/classes/org/bilora"));
    Files.createDirectories(home.resolve("src/main"));
    Files.createFile(home.resolve("pom.xml"));
    Files.createDirectories(home.resolve("bin"));
    script("java", "echo \"$LC_ALL\"; for a; do echo \"$a\"; done");
    script("uname", "[ $1 = -s ] && echo Linux || echo x86_64");
    script("mvn", "exit 9");
  }

  @Test
  void withoutALocaleTextIsUtf8() throws Exception {
    build();
    for (Map<String, String> unset :
        List.of(
            Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", ""),
            Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "C"),
            Map.of("LC_ALL", "POSIX", "LC_CTYPE", "", "LANG", "de_DE.UTF-8"))) {
      assertEquals("C.UTF-8", run(unset, "doctor").out().lines().findFirst().orElseThrow());
    }
  }

  @Test
  void aLocaleThatHasLettersStays() throws Exception {
    build();
    Outcome outcome = run(Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "de_DE.UTF-8"), "doctor");
    assertEquals("", outcome.out().lines().findFirst().orElseThrow());
    outcome = run(Map.of("LC_ALL", "de_DE.ISO-8859-1"), "doctor");
    assertEquals("de_DE.ISO-8859-1", outcome.out().lines().findFirst().orElseThrow());
  }

  @Test
  void argumentsArriveAsTheyWereGiven() throws Exception {
    build();
    Outcome outcome = run(Map.of(), "predict", "--text", "a  b \"c\" $d");
    assertEquals(0, outcome.code());
    assertTrue(
        outcome.out().endsWith("org.bilora.cli.Main\npredict\n--text\na  b \"c\" $d\n"),
        outcome.out());
    assertEquals("", outcome.err());
  }

  @Test
  void whatHasChangedIsBuiltFirst() throws Exception {
    script("mvn", "for a; do case $a in -Dmdep.outputFile=*) echo x.jar > ${a#*=};; esac; done");
    script("java", "[ $1 = -version ] && echo 'openjdk version \"17.0.1\"' && exit; echo ran");
    Outcome outcome = run(Map.of(), "doctor");
    assertEquals("ran\n", outcome.out());
    assertTrue(outcome.err().startsWith("bilora: first start: Maven downloads"), outcome.err());
    assertEquals("", run(Map.of(), "doctor").err());
  }

  @Test
  void aBuildThatFailsIsToldWithMavensReason() throws Exception {
    script("mvn", "echo '[ERROR] no such host'; echo '[ERROR] '; echo '[ERROR] help'; exit 1");
    script("java", "echo 'openjdk version \"17.0.1\"'");
    Outcome outcome = run(Map.of(), "doctor");
    assertEquals(1, outcome.code());
    assertEquals(
        "no such host\nbilora: the build failed; all of Maven's output is in "
            + home.toRealPath().resolve("target/bilora-build.log"),
        outcome.err().lines().skip(1).collect(Collectors.joining("\n")));
  }

  @Test
  void aMachineWithoutALibraryIsRefusedByName() throws Exception {
    script("uname", "[ $1 = -s ] && echo Darwin || echo x86_64");
    Outcome outcome = run(Map.of(), "doctor");
    assertEquals(1, outcome.code());
    assertEquals(
        "bilora: TensorFlow has no library for Darwin-x86_64; it has for Linux (x86-64, ARM64) and"
            + " macOS (ARM64)\n",
        outcome.err());
  }

  @Test
  void aMachineThatNobodyTriedIsNamedAtTheFirstStart() throws Exception {
    script("uname", "[ $1 = -s ] && echo Linux || echo aarch64");
    script("mvn", "for a; do case $a in -Dmdep.outputFile=*) echo x.jar > ${a#*=};; esac; done");
    script("java", "echo 'openjdk version \"17.0.1\"'");
    assertTrue(
        run(Map.of(), "doctor").err().contains("tried on Linux-x86_64, not on Linux-aarch64"));
  }

  @Test
  void sparkIsBuiltApartAndStartedAsItAsks() throws Exception {
    build();
    script("mvn", "for a; do case $a in -Dmdep.outputFile=*) echo s.jar > ${a#*=};; esac; done");
    script(
        "java",
        "[ $1 = -version ] && echo 'openjdk version \"17.0.1\"' && exit; echo $SPARK_HOME; for a; do echo $a; done");
    Files.createDirectories(home.resolve("src/spark"));
    Files.createDirectories(home.resolve("target/spark/classes/org/bilora"));
    Outcome outcome = run(Map.of("SPARK_HOME", "/another"), "spark", "predict");
    Path built = home.toRealPath().resolve("target/spark");
    List<String> lines = outcome.out().lines().toList();
    assertTrue(outcome.err().contains("Maven downloads Spark (270 MB"), outcome.err());
    assertEquals(built.resolve("home").toString(), lines.get(0));
    assertEquals("@" + home.toRealPath().resolve("src/spark/java.options"), lines.get(1));
    assertTrue(lines.contains(built.resolve("classes") + ":s.jar"), outcome.out());
    // Nothing of it reaches other commands.
    String other = run(Map.of(), "predict").out();
    assertTrue(!other.contains("spark") && other.contains("x.jar"), other);
  }

  private void script(String name, String line) throws IOException {
    Path script = home.resolve("bin").resolve(name);
    Files.writeString(script, "#!/bin/sh\n" + line + "\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }

  /** Makes the build newer than all sources. */
  private void build() throws IOException {
    Path classpath = home.resolve("target/bilora-cpu.classpath");
    Files.writeString(classpath, "x.jar");
    Files.setLastModifiedTime(classpath, FileTime.from(Instant.now().plusSeconds(60)));
  }

  private Outcome run(Map<String, String> environment, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bilora").toString());
    command.addAll(List.of(arguments));
    Path out = home.resolve("out");
    Path err = home.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().remove("JAVA_HOME");
    builder.environment().put("PATH", home.resolve("bin") + ":" + System.getenv("PATH"));
    builder.environment().putAll(environment);
    int code = builder.start().waitFor();
    return new Outcome(code, Files.readString(out), Files.readString(err));
  }
}
