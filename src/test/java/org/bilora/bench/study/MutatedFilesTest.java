package org.bilora.bench.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.bilora.bench.report.SyntheticCells;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files end with one line, or say what the undamaged one does: seeded mutants of each. */
@Timeout(60)
class MutatedFilesTest {
  @TempDir Path folder;

  private static final int STUDIES = 600;
  private static final int RESULTS = 600;
  private static final int LONGEST_MESSAGE = 1500;

  private static final String STUDY =
      """
      description: "What is asked."
      tasks: [cola, rte]
      model: minilm-l6
      data: data/glue
      seeds: [3, 1]
      train_examples: [100, 500]
      label_noise: [0, 0.2]
      budget: {steps: 300}
      settings: {lr: 5e-4, max-length: 64, lambda: real, rank: 4, jit: off}
      per_task:
        rte: {train_examples: 200, settings: {rank: 2}}
      methods:
        - name: lora
          settings: {method.dropout: 0.1}
        - name: quick
          base: bilora
          settings: {hypergradient: first-order, targets: key}
          per_task: {rte: {rank: 3}}
          sweep: {lower_steps: [1, 2], gamma1: [0, 0.5]}
      compare: quick
      """;

  /** One of: a byte changed, removed or doubled, a part cut out, moved or repeated, the end cut. */
  static byte[] mutant(byte[] bytes, Random random) {
    int at = random.nextInt(bytes.length);
    int to = Math.min(bytes.length, at + 1 + random.nextInt(20));
    byte[] before = Arrays.copyOf(bytes, at);
    byte[] part = Arrays.copyOfRange(bytes, at, to);
    byte[] after = Arrays.copyOfRange(bytes, to, bytes.length);
    return switch (random.nextInt(7)) {
      case 0 -> {
        byte[] flipped = bytes.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        yield flipped;
      }
      case 1 -> joined(before, new byte[] {(byte) random.nextInt(256)}, part, after);
      case 2 -> joined(before, after);
      case 3 -> joined(before, part, part, part, after);
      case 4 -> joined(part, before, after);
      case 5 -> joined(before, "-99999999999999999999e999".getBytes(StandardCharsets.UTF_8), after);
      default -> before;
    };
  }

  private static byte[] joined(byte[]... parts) {
    byte[] all = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  @Test
  void everyMutantOfAStudyIsAStudyOrOneLineThatNamesTheFile() throws IOException {
    Random random = new Random(1);
    byte[] bytes = STUDY.getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("study.yaml");
    Files.write(file, bytes);
    int cells = Cell.of(StudyFile.read(file)).size();
    assertEquals(2 * (4 + 2) * 5, cells);
    int refused = 0;
    for (int i = 0; i < STUDIES; i++) {
      byte[] mutant = mutant(bytes, random);
      Files.write(file, mutant);
      String text = new String(mutant, StandardCharsets.UTF_8);
      try {
        Study study = StudyFile.read(file);
        assertTrue(Cell.of(study).size() > 0, text);
      } catch (IOException e) {
        refused++;
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        assertTrue(e.getMessage().length() < LONGEST_MESSAGE, e.getMessage());
      }
    }
    assertTrue(refused > STUDIES / 3, refused + " refused");
  }

  @Test
  void everyMutantOfAResultIsTheResultOrSetAside() throws IOException {
    Random random = new Random(2);
    CellResult result = SyntheticCells.one();
    Path file = folder.resolve("result.json");
    ResultFile.write(file, result);
    byte[] bytes = Files.readAllBytes(file);
    assertEquals(result, read(file));
    int refused = 0;
    for (int i = 0; i < RESULTS; i++) {
      Files.write(file, mutant(bytes, random));
      try {
        CellResult found = read(file);
        assertEquals(result, found);
      } catch (IOException e) {
        refused++;
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      }
    }
    assertTrue(refused > RESULTS / 2, refused + " refused");
  }

  private static CellResult read(Path file) throws IOException {
    try {
      return ResultFile.read(file);
    } catch (ResultFile.DamagedException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
