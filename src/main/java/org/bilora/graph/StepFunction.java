package org.bilora.graph;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.ConcreteFunction;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.GraphOperationBuilder;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphOptions;
import org.tensorflow.proto.RewriterConfig;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TType;

/**
 * A computation over variables and fed tensors, packed as one TensorFlow function and called by one
 * node, so that one {@code Session.run} does all of it and XLA can compile it whole. Where XLA does
 * not, {@link UnpackedStep} takes less memory.
 *
 * <p>In a session it is the calling node's attribute {@code _XlaMustCompile} that makes XLA compile
 * the function; the same attribute on the function's definition alone has no effect.
 */
public final class StepFunction implements StepBody {
  private static final List<String> BEFORE_FUSING =
      List.of(
          "pruning",
          "implementation_selector",
          "function",
          "common_subgraph_elimination",
          "constfold",
          "shape");

  private static final List<String> AFTER_FUSING = List.of("loop", "dependency");

  /**
   * Configuration of a session that calls such functions: which of TensorFlow's optimizers rewrite
   * its graphs. Left out are the arithmetic one, which makes an {@code AddN} of two additions,
   * whose operands are then added now in one order, now in another (see {@link OrderedSum}); and
   * that for memory, which may replace a sum of gradients by temporary variables, which XLA cannot
   * compile, while XLA plans the memory of the step itself.
   */
  public static final ConfigProto SESSION = session(List.of("remap"));

  /**
   * The same for functions whose operations wait for others. There TensorFlow's fusing of
   * operations, which keeps them in order anew after each one that it fuses, takes minutes.
   */
  public static final ConfigProto SESSION_OF_PARTS = session(List.of());

  /**
   * The same for a session all of whose operations run one after the other on the thread that runs
   * it, where sessions have threads of their own.
   */
  public static ConfigProto ofOneThread(ConfigProto session) {
    return session.toBuilder()
        .setInterOpParallelismThreads(-1)
        .setIntraOpParallelismThreads(1)
        .build();
  }

  private static ConfigProto session(List<String> fusing) {
    return ConfigProto.newBuilder()
        .setGraphOptions(
            GraphOptions.newBuilder()
                .setRewriteOptions(
                    RewriterConfig.newBuilder()
                        .addAllOptimizers(BEFORE_FUSING)
                        .addAllOptimizers(fusing)
                        .addAllOptimizers(AFTER_FUSING)))
        .build();
  }

  private final Graph graph;
  private final Ops outer;
  private final String name;
  private final ConfigProto session;
  private final Graph bodyGraph = new Graph();
  private final Ops body = Ops.create(bodyGraph);
  private final List<Output<?>> arguments = new ArrayList<>();
  private final List<Operand<?>> parameters = new ArrayList<>();
  private final List<Op> updates = new ArrayList<>();

  /**
   * Starts an empty function.
   *
   * @param outer builds into the graph that will call it
   * @param name of the calling node, unique in that graph
   * @param session configuration of the session that will run it; without it on the node, too,
   *     TensorFlow would rewrite the function by its defaults when it is first called
   */
  public StepFunction(Ops outer, String name, ConfigProto session) {
    this.graph = (Graph) outer.scope().env();
    this.outer = outer;
    this.name = name;
    this.session = session;
  }

  @Override
  public Ops body() {
    return body;
  }

  /** Passes a variable to the function by reference. */
  @Override
  public <T extends TFloating> FunctionVariable<T> bind(ResourceVariable<T> variable) {
    return FunctionVariable.whole(body, handle(variable), variable);
  }

  @Override
  public <T extends TFloating> FunctionVariable<T> bind(
      ResourceVariable<T> variable, Operand<TInt32> rows) {
    return FunctionVariable.rows(body, handle(variable), variable, rows);
  }

  private Operand<TType> handle(ResourceVariable<?> variable) {
    Operand<TType> handle =
        bodyGraph
            .opBuilder("Placeholder", body.scope().makeOpName("variable"), body.scope())
            .setAttr("dtype", DataType.DT_RESOURCE)
            .setAttr("shape", Shape.scalar())
            .build()
            .<TType>output(0);
    arguments.add(variable.handle());
    parameters.add(handle);
    return handle;
  }

  @Override
  public <T extends TType> Operand<T> bind(Operand<T> source) {
    Placeholder<T> parameter = body.placeholder(source.type(), Placeholder.shape(source.shape()));
    arguments.add(source.asOutput());
    parameters.add(parameter);
    return parameter;
  }

  @Override
  public <T extends TFloating> void update(FunctionVariable<T> variable, Operand<T> value) {
    updates.add(variable.assign(body, value));
  }

  /**
   * Packs the body and calls it. The calling graph has a copy of the function from then on, so that
   * the body itself is given up: it takes ten times the memory of the copy.
   */
  @Override
  public List<Operand<TFloat32>> call(List<Operand<TFloat32>> results, boolean jit) {
    Ops afterUpdates = body.withControlDependencies(updates);
    Signature.Builder signature = Signature.builder().key(name);
    for (int i = 0; i < parameters.size(); i++) {
      signature.input("in%04d".formatted(i), parameters.get(i));
    }
    DataType[] inputTypes =
        parameters.stream()
            .map(parameter -> parameter.asOutput().dataType())
            .toArray(DataType[]::new);
    DataType[] outputTypes = new DataType[results.size()];
    for (int i = 0; i < results.size(); i++) {
      Operand<TFloat32> result = afterUpdates.identity(results.get(i));
      signature.output("out%04d".formatted(i), result);
      outputTypes[i] = DataType.DT_FLOAT;
    }
    GraphOperationBuilder call =
        graph
            .opBuilder("StatefulPartitionedCall", outer.scope().makeOpName(name), outer.scope())
            .addInputList(arguments.toArray(Output<?>[]::new))
            .setAttr("config_proto", session.toByteArray())
            .setAttr("Tin", inputTypes)
            .setAttr("Tout", outputTypes);
    try (ConcreteFunction function = ConcreteFunction.create(signature.build(), bodyGraph)) {
      graph.attachFunction(function);
      call.setAttr("f", function);
    }
    bodyGraph.close();
    if (jit) {
      call.setAttr("_XlaMustCompile", true);
    }
    GraphOperation operation = call.build();
    List<Operand<TFloat32>> outputs = new ArrayList<>();
    for (int i = 0; i < outputTypes.length; i++) {
      outputs.add(operation.<TFloat32>output(i));
    }
    return outputs;
  }

  @Override
  public void close() {
    bodyGraph.close();
  }
}
