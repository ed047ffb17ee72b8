package org.bilora.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Floats;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.data.Example;
import org.bilora.data.MetricName;
import org.bilora.data.Task;
import org.bilora.data.TaskType;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class TaskLossTest {
  private static Task task(TaskType type) {
    return new Task(
        "t",
        false,
        ImmutableList.of("a", "b", "c"),
        ImmutableList.of(MetricName.ACCURACY),
        Optional.empty(),
        type);
  }

  private static float[] numbers(JsonNode node) {
    List<Float> numbers = new ArrayList<>();
    if (node.isNumber()) {
      numbers.add(node.floatValue());
    }
    node.forEach(item -> numbers.addAll(Floats.asList(numbers(item))));
    return Floats.toArray(numbers);
  }

  private static double run(TaskLoss loss, float[] logits, float[] targets, float[] rowWeights) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Shape shape = Shape.of(rowWeights.length, logits.length / rowWeights.length);
      Operand<TFloat32> mean =
          loss.mean(
              tf,
              tf.constant(shape, DataBuffers.of(logits)),
              tf.constant(targets),
              tf.constant(rowWeights));
      try (TFloat32 value = (TFloat32) session.runner().fetch(mean).run().get(0)) {
        return value.getFloat();
      }
    }
  }

  @Test
  void everyLossIsPyTorchsAndPaddingRowsDoNotCount() throws IOException {
    JsonNode cases;
    try (InputStream in = getClass().getResourceAsStream("losses.json")) {
      cases = new ObjectMapper().readTree(in);
    }
    assertEquals(11, cases.size());
    for (JsonNode one : cases) {
      String name = one.get("name").asText();
      TaskType type =
          name.startsWith("classes")
              ? TaskType.CLASSIFICATION
              : name.startsWith("labels") ? TaskType.MULTI_LABEL : TaskType.REGRESSION;
      List<Double> weights = new ArrayList<>();
      one.path("weights").forEach(weight -> weights.add(weight.asDouble()));
      TaskLoss loss =
          TaskLoss.of(
              task(type),
              OptionalDouble.of(one.path("smoothing").asDouble(0)),
              weights,
              OptionalDouble.of(one.path("gamma").asDouble(0)));
      float[] logits = numbers(one.get("logits"));
      float[] targets = numbers(one.get("targets"));
      double expected = one.get("loss").asDouble();
      assertEquals(
          expected, run(loss, logits, targets, new float[] {1, 1, 1, 1, 1, 1}), 2e-6, name);
      float[] padded = Floats.concat(logits, new float[] {9, -9, 9});
      float[] more = Floats.concat(targets, new float[targets.length / 6]);
      float[] rows = {1, 1, 1, 1, 1, 1, 0};
      assertEquals(expected, run(loss, padded, more, rows), 2e-6, name);
    }
  }

  @Test
  void whatIsReportedHasNeitherSmoothingNorWeightsNorFocus() {
    for (TaskType type : List.of(TaskType.CLASSIFICATION, TaskType.MULTI_LABEL)) {
      TaskLoss minimised =
          TaskLoss.of(
              task(type), OptionalDouble.of(0.3), List.of(1.0, 2.0, 3.0), OptionalDouble.of(2));
      assertEquals(TaskLoss.of(task(type)), minimised.plain());
    }
  }

  @Test
  void balancedWeightsMakeEveryClassWeighTheSame() {
    List<Example> examples = new ArrayList<>();
    for (double label : new double[] {0, 0, 0, 1, 1, 2}) {
      examples.add(new Example("x", Optional.empty(), label));
    }
    assertEquals(
        List.of(6 / 9.0, 1.0, 2.0),
        ClassWeights.BALANCED.of(task(TaskType.CLASSIFICATION), examples));
    List<Example> labels = new ArrayList<>();
    for (List<Double> row :
        List.of(List.of(1., 0., 0.), List.of(1., 1., 0.), List.of(0., 0., 1.))) {
      labels.add(new Example("x", Optional.empty(), Optional.of(row)));
    }
    assertEquals(
        List.of(0.5, 2.0, 2.0), ClassWeights.BALANCED.of(task(TaskType.MULTI_LABEL), labels));
  }

  @Test
  void weightsThatDoNotFitAreRefused() {
    List<Example> one = List.of(new Example("x", Optional.empty(), 1));
    String absent =
        assertThrows(
                IllegalArgumentException.class,
                () -> ClassWeights.BALANCED.of(task(TaskType.CLASSIFICATION), one))
            .getMessage();
    assertTrue(absent.contains("label 'a' is in none of the training examples"), absent);
    String two =
        assertThrows(
                IllegalArgumentException.class,
                () -> ClassWeights.parse("1,2").of(task(TaskType.CLASSIFICATION), one))
            .getMessage();
    assertTrue(two.contains("2 class weights for the 3 classes"), two);
    for (String wrong : List.of("even", "1,-2", "1,,2")) {
      assertThrows(IllegalArgumentException.class, () -> ClassWeights.parse(wrong), wrong);
    }
    assertThrows(
        IllegalArgumentException.class,
        () ->
            TaskLoss.of(
                task(TaskType.REGRESSION),
                OptionalDouble.empty(),
                List.of(),
                OptionalDouble.of(2)));
  }
}
