package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real files, where the machine has them. */
class GlueFilesTest {
  private static final Path GLUE = Path.of("..", "shared", "data", "glue");

  @ParameterizedTest
  @CsvSource({
    "cola, 8551, 1043, 0",
    "rte, 2490, 277, 3000",
    "mrpc, 3668, 408, 1725",
    "stsb, 5749, 1500, 1379",
    "sst2, 6920, 872, 1821"
  })
  void everyRowOfTheRealFilesIsRead(String name, int train, int dev, int test) throws IOException {
    assumeTrue(Files.isDirectory(GLUE));
    Dataset data = Tasks.load(name, Optional.of(GLUE));
    assertEquals(train, data.split("train").size());
    assertEquals(dev, data.split("dev").size());
    assertEquals(test, test == 0 ? 0 : data.split("test").size());
    for (Example example : data.split("train")) {
      assertTrue(!example.text().isBlank() && example.pair().isPresent() == data.task().pairs());
      assertTrue(example.requireTarget() >= 0 && example.requireTarget() <= 5);
    }
    assertEquals(data.sha256(), Tasks.load(name, Optional.of(GLUE)).sha256());
  }
}
