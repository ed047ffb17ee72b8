package org.bilora.cli.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompilationCacheTest {
  @TempDir private Path folder;

  @Test
  void aPathThatXlasFlagsCannotHoldIsRefused() {
    Path spaced = folder.resolve("two words");
    assertEquals(
        "xla-cache is '%s', but XLA's flags are parted by spaces; choose a path without any"
            .formatted(spaced),
        refusal(spaced));
  }

  @Test
  void aProcessThatIsNotOursIsLeftAlone() {
    Path kept = folder.resolve("kept");
    assertEquals(
        "xla-cache is for a process of its own, as the launcher ./bilora starts; set TF_XLA_FLAGS instead",
        refusal(kept));
    assertFalse(Files.exists(kept));
  }

  private static String refusal(Path directory) {
    return assertThrows(IllegalArgumentException.class, () -> CompilationCache.keptIn(directory))
        .getMessage();
  }
}
