package org.bilora.text.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.tensorflow.ConcreteFunction;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.family.TType;

/**
 * A loop in a graph: TensorFlow's {@code While} with its condition and body as functions. Vectors
 * may change their lengths from turn to turn.
 */
public final class Loop {
  private Loop() {}

  /**
   * Runs {@code body} as long as {@code condition} holds.
   *
   * @param start values before the first turn
   * @param condition a scalar
   * @param body as many values as there are in {@code start}, of the same types
   * @return values after the last turn
   */
  public static List<Operand<?>> run(
      Ops tf,
      String name,
      List<Operand<?>> start,
      BiFunction<Ops, List<Operand<?>>, Operand<TBool>> condition,
      BiFunction<Ops, List<Operand<?>>, List<Operand<?>>> body) {
    Graph graph = (Graph) tf.scope().env();
    DataType[] types =
        start.stream().map(value -> value.asOutput().dataType()).toArray(DataType[]::new);
    Shape[] shapes =
        start.stream().map(value -> Shape.of(unknown(value.shape()))).toArray(Shape[]::new);
    String unique = tf.scope().makeOpName(name);
    String key = unique.replace('/', '_');
    try (Graph conditionGraph = new Graph();
        Graph bodyGraph = new Graph();
        ConcreteFunction whether =
            function(
                key + "_condition",
                conditionGraph,
                types,
                shapes,
                (ops, values) -> List.of(condition.apply(ops, values)));
        ConcreteFunction turn = function(key + "_body", bodyGraph, types, shapes, body)) {
      graph.attachFunction(whether);
      graph.attachFunction(turn);
      Operation loop =
          graph
              .opBuilder("While", unique, tf.scope())
              .addInputList(start.stream().map(Operand::asOutput).toArray(Output<?>[]::new))
              .setAttr("T", types)
              .setAttr("cond", whether)
              .setAttr("body", turn)
              .setAttr("output_shapes", shapes)
              // As Python's tf.while_loop has it: operations run one by one instead of functions.
              .setAttr("_lower_using_switch_merge", true)
              .build();
      List<Operand<?>> results = new ArrayList<>();
      for (int i = 0; i < types.length; i++) {
        results.add(loop.output(i));
      }
      return results;
    }
  }

  private static long[] unknown(Shape shape) {
    long[] sizes = new long[shape.numDimensions()];
    java.util.Arrays.fill(sizes, Shape.UNKNOWN_SIZE);
    return sizes;
  }

  private static ConcreteFunction function(
      String name,
      Graph graph,
      DataType[] types,
      Shape[] shapes,
      BiFunction<Ops, List<Operand<?>>, List<Operand<?>>> content) {
    Ops tf = Ops.create(graph);
    Signature.Builder signature = Signature.builder().key(name);
    List<Operand<?>> parameters = new ArrayList<>();
    for (int i = 0; i < types.length; i++) {
      Operand<?> parameter =
          graph
              .opBuilder(Placeholder.OP_NAME, "in" + i, tf.scope())
              .setAttr("dtype", types[i])
              .setAttr("shape", shapes[i])
              .build()
              .<TType>output(0);
      parameters.add(parameter);
      signature.input("in%04d".formatted(i), parameter);
    }
    List<Operand<?>> results = content.apply(tf, parameters);
    for (int i = 0; i < results.size(); i++) {
      signature.output("out%04d".formatted(i), tf.identity(results.get(i)));
    }
    return ConcreteFunction.create(signature.build(), graph);
  }
}
