package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedDirectoryTest {
  @TempDir Path folder;

  private Path leftover(String name, boolean withLock, Duration age) throws IOException {
    Path left = Files.createDirectory(folder.resolve(".unfinished-" + name));
    Files.writeString(left.resolve("saved_model.pb"), "half");
    if (withLock) {
      Files.createFile(left.resolve(".lock"));
    }
    Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(age)));
    return left;
  }

  @Test
  void leftoversOfKilledExportsAreSweptByTheNext() throws IOException {
    Path killed = leftover("killed", true, Duration.ZERO);
    Path older = leftover("older", false, Duration.ofHours(1));
    Path justBegun = leftover("begun", false, Duration.ZERO);
    try (StagedDirectory underWay = new StagedDirectory(folder);
        StagedDirectory staged = new StagedDirectory(folder)) {
      assertFalse(Files.exists(killed));
      assertFalse(Files.exists(older));
      assertTrue(Files.exists(justBegun));
      assertTrue(Files.exists(underWay.path()));
      Files.writeString(staged.path().resolve("file"), "whole");
      staged.commit(folder.resolve("1"));
    }
    assertEquals("whole", Files.readString(folder.resolve("1").resolve("file")));
    assertFalse(Files.exists(folder.resolve("1").resolve(".lock")));
  }

  @Test
  void aNameThatIsTakenLeavesTheFolderToGetAnother() throws IOException {
    try (StagedDirectory first = new StagedDirectory(folder);
        StagedDirectory second = new StagedDirectory(folder)) {
      Path one = VersionDirectories.next(folder, OptionalLong.empty());
      for (StagedDirectory staged : new StagedDirectory[] {first, second}) {
        Files.writeString(staged.path().resolve("file"), "whole");
      }
      first.commit(one);
      assertThrows(FileAlreadyExistsException.class, () -> second.commit(one));
      second.commit(VersionDirectories.next(folder, OptionalLong.empty()));
    }
    assertEquals("whole", Files.readString(folder.resolve("2").resolve("file")));
  }
}
