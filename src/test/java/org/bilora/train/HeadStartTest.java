package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.Optional;
import org.bilora.data.MetricName;
import org.bilora.data.Task;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;
import org.junit.jupiter.api.Test;

class HeadStartTest {
  private static final String WEIGHT = "classifier.weight";

  private static Task task(String name, String... labels) {
    return new Task(
        name, false, ImmutableList.copyOf(labels), ImmutableList.of(MetricName.ACCURACY));
  }

  private static PretrainedEncoder model(String... names) {
    PretrainedEncoder encoder = TinyEncoders.fineTunedBert(2, 4);
    return new PretrainedEncoder(
        encoder.name(),
        encoder.config().withLabels(ImmutableList.copyOf(names)),
        encoder.weights(),
        encoder.tokenizer(),
        encoder.pooling(),
        encoder.source(),
        encoder.sha256(),
        encoder.files());
  }

  private static float[] row(PretrainedEncoder model, int row) {
    float[] values = model.weights().get(WEIGHT).values();
    int width = values.length / 2;
    return Arrays.copyOfRange(values, row * width, (row + 1) * width);
  }

  @Test
  void rowsFollowTheNamesOfTheClasses() {
    PretrainedEncoder model = model("not_entailment", "ENTAILMENT");
    HeadStart head = HeadStart.of(model, task("rte", "entailment", "not_entailment"));
    assertArrayEquals(row(model, 1), row(head.model(), 0));
    assertArrayEquals(row(model, 0), row(head.model(), 1));
    float[] bias = model.weights().get("classifier.bias").values();
    assertArrayEquals(
        new float[] {bias[1], bias[0]}, head.model().weights().get("classifier.bias").values());
    assertTrue(head.note().orElseThrow().contains("not_entailment, ENTAILMENT"));
  }

  @Test
  void numberedRowsAndThoseInOrderStay() {
    for (PretrainedEncoder model :
        new PretrainedEncoder[] {model("LABEL_0", "LABEL_1"), model(), model("a", "b")}) {
      assertEquals(
          new HeadStart(model, Optional.empty()), HeadStart.of(model, task("custom", "a", "b")));
    }
  }

  @Test
  void namesOfPublishedDataSetsAreKnown() {
    PretrainedEncoder model = model("POSITIVE", "NEGATIVE");
    HeadStart head = HeadStart.of(model, task("sst2", "0", "1"));
    assertArrayEquals(row(model, 1), row(head.model(), 0));
  }

  @Test
  void aHeadOfOtherClassesStartsAnewAndSaysSo() {
    PretrainedEncoder model = model("spam", "ham");
    HeadStart head = HeadStart.of(model, task("custom", "a", "b"));
    assertFalse(head.model().weights().containsKey(WEIGHT));
    assertTrue(head.model().weights().containsKey("pooler.dense.weight"));
    assertTrue(
        head.note().orElseThrow().contains("the classes spam, ham, task custom has a, b"),
        head.note()::toString);
    HeadStart more = HeadStart.of(model, task("custom", "a", "b", "c"));
    assertTrue(more.note().orElseThrow().contains("2 outputs"), more.note()::toString);
  }
}
