package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bilora.export.ServedModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on one base, from training to one model. */
class ExportAdaptersCommandTest {
  @TempDir private Path folder;

  @Test
  void twoRunsBecomeOneModelThatAnswersAsEach() throws Exception {
    Path data = Files.write(folder.resolve("data.tsv"), TinyRun.lines());
    Path one = folder.resolve("runs/one");
    Path two = folder.resolve("runs/two");
    Call trained = TinyRun.lora(data, one);
    assertEquals(0, trained.exitCode(), trained.err());
    trained = TinyRun.lora(data, two, "--seed", 7);
    assertEquals(0, trained.exitCode(), trained.err());
    Path alone = folder.resolve("alone");
    Call export = Call.of("export", "--run", two, "--out", alone);
    assertEquals(0, export.exitCode(), export.err());
    Path all = folder.resolve("all");
    export = Call.of("export", "--adapters", one + ",second=" + two, "--out", all);
    assertEquals(0, export.exitCode(), export.err());
    assertTrue(export.out().contains("Adapters, by the input adapter: one, second."), export.out());
    List<ServedModel.Text> texts = List.of(ServedModel.Text.of("Why is the mill slow?"));
    try (ServedModel together = ServedModel.open(all);
        ServedModel single = ServedModel.open(alone)) {
      ServedModel.Answer expected = single.classify(texts).get(0);
      ServedModel.Answer answer = together.classify(texts, "second").get(0);
      assertEquals(expected.labels(), answer.labels());
      assertEquals(expected.value(), answer.value(), 1e-5);
      assertTrue(
          Math.abs(expected.value() - together.classify(texts, "one").get(0).value()) > 1e-5);
    }

    Call same = Call.of("export", "--adapters", one + "," + one, "--out", folder.resolve("x"));
    assertEquals(1, same.exitCode());
    assertTrue(same.err().contains("two adapters are called one"), same.err());
    assertEquals(2, Call.of("export", "--adapters", one, "--run", two).exitCode());
    assertEquals(2, Call.of("export", "--adapters", one).exitCode());
    assertEquals(2, Call.of("export").exitCode());
    assertEquals(
        2,
        Call.of("export", "--adapters", one, "--format", "onnx", "--out", folder.resolve("x"))
            .exitCode());
    assertTrue(Files.notExists(folder.resolve("x")));
  }
}
