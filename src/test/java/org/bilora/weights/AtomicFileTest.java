package org.bilora.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  private static void write(Path file, String text) throws IOException {
    AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void symbolicLinksAreFollowedAndStay() throws IOException {
    Path target = Files.writeString(folder.resolve("target"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("target"));
    Path second = Files.createSymbolicLink(folder.resolve("second"), link);
    write(second, "new");
    assertEquals("new", Files.readString(target));
    assertTrue(Files.isSymbolicLink(second) && Files.isSymbolicLink(link));
    Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("later"));
    write(dangling, "later");
    assertEquals("later", Files.readString(folder.resolve("later")));
    Path circle = Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle"));
    assertTrue(
        assertThrows(IOException.class, () -> write(circle, "x")).getMessage().contains("circle"));
  }

  @Test
  void aPipeIsWrittenToAndStaysAPipe() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    CompletableFuture<String> read =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Files.readString(pipe);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    write(pipe, "through");
    assertEquals("through", read.get(20, TimeUnit.SECONDS));
    assertTrue(Files.exists(pipe) && !Files.isRegularFile(pipe));
    assertEquals(List.of("pipe"), names());
  }

  @Test
  void aDeviceIsWrittenToAndStaysADevice() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("null"), Path.of("/dev/null"));
    write(link, "nothing");
    assertTrue(Files.isSymbolicLink(link) && !Files.isRegularFile(Path.of("/dev/null")));
    Files.delete(link);
  }

  @Test
  void aFullDiskIsToldWithTheFilesName() {
    Path full = Path.of("/dev/full");
    if (Files.exists(full)) {
      IOException e = assertThrows(IOException.class, () -> write(full, "x"));
      assertTrue(e.getMessage().contains("/dev/full"), e.getMessage());
    }
  }

  @Test
  void permissionsAreKeptAndAFailureLeavesTheFileAsItWas() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
    assertThrows(
        IOException.class,
        () ->
            AtomicFile.write(
                file,
                out -> {
                  out.write(1);
                  throw new IOException("broken off");
                }));
    assertEquals("old", Files.readString(file));
    write(file, "new");
    assertEquals("new", Files.readString(file));
    assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(List.of("file"), names());
  }

  @Test
  void leftoversOfKilledWritersOfTheSameFileAreRemoved() throws Exception {
    Path left = folder.resolve(".file." + UUID.randomUUID() + ".part");
    Path other = folder.resolve(".other." + UUID.randomUUID() + ".part");
    Files.writeString(left, "half");
    Files.writeString(other, "half");
    CompletableFuture<Void> inside = new CompletableFuture<>();
    CompletableFuture<Void> goOn = new CompletableFuture<>();
    Thread slow =
        new Thread(
            () -> {
              try {
                AtomicFile.write(
                    folder.resolve("file"),
                    out -> {
                      inside.complete(null);
                      goOn.join();
                      out.write('s');
                    });
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    slow.start();
    inside.get(20, TimeUnit.SECONDS);
    write(folder.resolve("file"), "fast");
    goOn.complete(null);
    slow.join();
    // What another writer was at is not taken from it.
    assertEquals("s", Files.readString(folder.resolve("file")));
    assertFalse(Files.exists(left));
    assertTrue(Files.exists(other));
  }

  @Test
  void aFullDiskNamesTheFile() {
    Path full = Path.of("/dev/full");
    if (Files.exists(full)) {
      String message = assertThrows(IOException.class, () -> write(full, "x")).getMessage();
      assertTrue(message.startsWith(full + ": "), message);
    }
  }

  @Test
  void noFileOfAnExportIsWrittenAnyOtherWay() throws IOException {
    Pattern otherWay = Pattern.compile("\\bFiles\\.(write|newOutput|newBufferedWriter)");
    try (Stream<Path> sources = Files.walk(Path.of("src/main/java/org/bilora/export"))) {
      for (Path source : sources.filter(file -> file.toString().endsWith(".java")).toList()) {
        String text = Files.readString(source);
        assertFalse(otherWay.matcher(text).find(), source.toString());
      }
    }
  }
}
