package org.bilora.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.bilora.data.Batch;
import org.bilora.data.EncodedExample;
import org.bilora.data.MetricName;
import org.bilora.data.Task;
import org.bilora.text.Encoding;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  private static final Task CLASSES =
      new Task(
          "c",
          false,
          ImmutableList.of("no", "yes"),
          ImmutableList.of(MetricName.ACCURACY, MetricName.F1));
  private static final Task SCORES =
      new Task("s", false, ImmutableList.of(), ImmutableList.of(MetricName.PEARSON));

  /** Answers each row with logits made of its first token. */
  private static Function<Batch, float[][]> model(Function<Integer, float[]> ofFirstToken) {
    return batch -> {
      float[][] rows = new float[batch.rows()][];
      for (int row = 0; row < rows.length; row++) {
        rows[row] = ofFirstToken.apply(batch.inputIds()[row * batch.length()]);
      }
      return rows;
    };
  }

  /** Longest first, so that the order of evaluation is another one; numbered as part of a set. */
  private static List<EncodedExample> examples(float... targets) {
    List<EncodedExample> examples = new ArrayList<>();
    for (int i = 0; i < targets.length; i++) {
      int[] ids = new int[targets.length - i];
      ids[0] = i;
      examples.add(
          new EncodedExample(
              new Encoding(ids, new int[ids.length], false), targets[i], 100 + 3 * i));
    }
    return examples;
  }

  @Test
  void classesAreJudgedInTheExamplesOrder() {
    Evaluation evaluation =
        Evaluation.of(
            CLASSES,
            examples(0, 1, 1, 0, 1),
            2,
            model(first -> new float[] {first, first == 4 ? 0 : 2}));
    float[][] logits = {{0, 2}, {1, 2}, {2, 2}, {3, 2}, {4, 0}};
    assertEquals(
        Calibration.expectedError(logits, new double[] {0, 1, 1, 0, 1}),
        evaluation.calibrationError().orElseThrow());
    assertArrayEquals(logits, evaluation.logits());
    // Predicted 1 1 0 0 0: a tie goes to the first class.
    assertEquals(0.4, evaluation.metrics().get(MetricName.ACCURACY), 1e-12);
    assertEquals(0.4, evaluation.metrics().get(MetricName.F1), 1e-12);
    assertEquals(
        ImmutableList.copyOf(CLASSES.metrics()), List.copyOf(evaluation.metrics().keySet()));
    double loss = 0;
    int[] targets = {0, 1, 1, 0, 1};
    for (int i = 0; i < 5; i++) {
      double sum = Math.exp(logits[i][0]) + Math.exp(logits[i][1]);
      loss -= Math.log(Math.exp(logits[i][targets[i]]) / sum) / 5;
    }
    assertEquals(loss, evaluation.loss(), 1e-12);
  }

  @Test
  void scoresAreJudgedByTheirMeanSquaredError() {
    Evaluation evaluation =
        Evaluation.of(SCORES, examples(1, 2, 4), 2, model(first -> new float[] {first}));
    assertEquals((1 + 1 + 4) / 3.0, evaluation.loss(), 1e-12);
    assertEquals(0.98198050606, evaluation.metrics().get(MetricName.PEARSON), 1e-10);
  }

  @Test
  void hugeLogitsKeepTheLossFinite() {
    Evaluation evaluation =
        Evaluation.of(CLASSES, examples(0, 0), 2, model(first -> new float[] {-500, 500}));
    assertEquals(1000, evaluation.loss(), 1e-9);
  }

  @Test
  void aLogitThatIsNotANumberShows() {
    Evaluation evaluation =
        Evaluation.of(
            CLASSES, examples(0, 1), 2, model(first -> new float[] {first / 0f - first, 0}));
    assertEquals(Double.NaN, evaluation.loss());
    assertEquals(Double.NaN, evaluation.metrics().get(MetricName.ACCURACY));
  }

  @Test
  void whatCannotBeJudgedIsRefused() {
    Function<Batch, float[][]> model = model(first -> new float[] {first});
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Evaluation.of(
                SCORES,
                List.of(
                    new EncodedExample(
                        new Encoding(new int[] {7}, new int[1], false), OptionalDouble.empty(), 0)),
                2,
                model));
    assertThrows(IllegalArgumentException.class, () -> Evaluation.of(SCORES, List.of(), 2, model));
    assertThrows(
        IllegalArgumentException.class, () -> Evaluation.of(CLASSES, examples(1, 0), 2, model));
  }
}
