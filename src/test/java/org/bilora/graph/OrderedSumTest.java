package org.bilora.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.common.collect.Streams;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class OrderedSumTest {
  @Test
  void addsFromTheFirstOnAndReturnsASingleOne() {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> one = tf.constant(1f);
      assertEquals(one, OrderedSum.of(tf, List.of(one)));
      // In any other order the small one is lost in a large one.
      Operand<TFloat32> sum =
          OrderedSum.of(tf, List.of(tf.constant(1e8f), tf.constant(-1e8f), one));
      try (Result result = session.runner().fetch(sum).run()) {
        assertEquals(1f, ((TFloat32) result.get(0)).getFloat());
      }
      assertFalse(
          Streams.stream(graph.operations())
              .anyMatch(operation -> operation.type().equals("AddN")));
    }
  }

  /** Each of these may make an AddN of two additions. */
  @Test
  void noOptimizerMakesAnAddNOfIt() {
    for (var session : List.of(StepFunction.SESSION, StepFunction.SESSION_OF_PARTS)) {
      List<String> optimizers = session.getGraphOptions().getRewriteOptions().getOptimizersList();
      assertFalse(optimizers.isEmpty(), "by default all of them run");
      assertFalse(optimizers.contains("arithmetic") || optimizers.contains("memory"));
    }
  }
}
