package org.bilora.export.onnx;

import static org.bilora.export.onnx.OnnxGraphBuilder.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Longs;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * A TensorFlow graph in ONNX's operators, node by node, from the outputs backwards.
 *
 * <p>An operation is translated by the rule under its name, exactly or not at all. Names of values
 * are those of TensorFlow's operations; weights have the names of the checkpoint. Where TensorFlow
 * takes axes as a tensor and ONNX as an attribute, the tensor must be a constant.
 */
public final class OnnxTranslation {
  /** Version of the operators. ONNX Runtime reads it from 1.12 on. */
  public static final int OPERATOR_SET = 17;

  private static final Map<DataType, TensorProto.DataType> TYPES =
      ImmutableMap.of(
          DataType.DT_FLOAT, TensorProto.DataType.FLOAT,
          DataType.DT_INT32, TensorProto.DataType.INT32,
          DataType.DT_INT64, TensorProto.DataType.INT64,
          DataType.DT_BOOL, TensorProto.DataType.BOOL);

  /** Operations that ONNX has under another name, or the same, with the same operands. */
  private static final Map<String, String> SAME =
      ImmutableMap.<String, String>builder()
          .put("Add", "Add")
          .put("AddV2", "Add")
          .put("Sub", "Sub")
          .put("Mul", "Mul")
          .put("Div", "Div")
          .put("RealDiv", "Div")
          .put("Maximum", "Max")
          .put("Erf", "Erf")
          .put("Tanh", "Tanh")
          .put("Sigmoid", "Sigmoid")
          .put("Sin", "Sin")
          .put("Cos", "Cos")
          .put("Abs", "Abs")
          .put("LessEqual", "LessOrEqual")
          .put("Range", "Range")
          .put("Identity", "Identity")
          .build();

  /**
   * A weight.
   *
   * @param name in the ONNX file
   * @param values of it
   */
  public record Weight(String name, HostTensor values) {}

  /**
   * A graph to translate.
   *
   * @param inputs names of the placeholders that are inputs, int64 {@code [batch, sequence]}
   * @param outputs names of the operations that are outputs, float32 {@code [batch, columns]}, each
   *     with its columns, or with 0 for {@code [batch]}
   * @param perToken whether outputs have an axis more, {@code [batch, sequence, columns]}
   * @param weights by name of the placeholder that stands for them
   */
  public record Source(
      Graph graph,
      List<String> inputs,
      Map<String, Integer> outputs,
      boolean perToken,
      Map<String, Weight> weights) {
    /** Keeps copies of the collections. */
    public Source {
      inputs = ImmutableList.copyOf(inputs);
      outputs = ImmutableMap.copyOf(outputs);
      weights = ImmutableMap.copyOf(weights);
    }
  }

  private final Graph graph;
  private final Map<String, NodeDef> nodes = new HashMap<>();
  private final Map<String, Weight> weights;
  private final Map<String, Constant> constants = new HashMap<>();
  private final Map<String, String> weightNames = new HashMap<>();
  private final OnnxGraphBuilder onnx = new OnnxGraphBuilder("encoder");
  private final Set<String> done = new HashSet<>();

  private record Constant(DataType type, long[] shape, ByteBuffer bytes) {
    long[] numbers() {
      long[] numbers = new long[bytes.limit() / (type == DataType.DT_INT64 ? 8 : 4)];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = type == DataType.DT_INT64 ? bytes.getLong(8 * i) : bytes.getInt(4 * i);
      }
      return numbers;
    }
  }

  private OnnxTranslation(Source source) {
    this.graph = source.graph;
    this.weights = source.weights;
    graph.toGraphDef().getNodeList().forEach(node -> nodes.put(node.getName(), node));
  }

  /**
   * Translates a graph.
   *
   * @param session of the graph, to read its constants
   * @throws IllegalArgumentException when an operation has no rule
   */
  public static GraphProto of(Source source, Session session) {
    OnnxTranslation translation = new OnnxTranslation(source);
    translation.readConstants(session);
    source.inputs.forEach(translation.onnx::input);
    source.outputs.forEach(
        (name, columns) -> {
          translation.translate(name);
          translation.onnx.output(name, columns, source.perToken);
        });
    return translation.onnx.build();
  }

  private void readConstants(Session session) {
    List<String> names =
        nodes.values().stream()
            .filter(node -> node.getOp().equals("Const"))
            .map(NodeDef::getName)
            .toList();
    Session.Runner runner = session.runner();
    names.forEach(runner::fetch);
    try (Result values = runner.run()) {
      for (int i = 0; i < names.size(); i++) {
        Tensor value = values.get(i);
        byte[] bytes = new byte[Math.toIntExact(value.asRawTensor().data().size())];
        value.asRawTensor().data().read(bytes);
        constants.put(
            names.get(i),
            new Constant(
                value.dataType(),
                value.shape().asArray(),
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)));
      }
    }
  }

  /** Translates an operation after those that it reads, once. */
  private void translate(String name) {
    if (!done.add(name)) {
      return;
    }
    NodeDef node = nodes.get(name);
    List<String> inputs = new ArrayList<>();
    for (String input : node.getInputList()) {
      if (input.startsWith("^")) {
        continue;
      }
      String from = input.replaceFirst(":[0-9]+$", "");
      translate(from);
      inputs.add(weightNames.getOrDefault(from, input.replaceFirst(":0$", "")));
    }
    if (node.getOp().equals("Placeholder")) {
      placeholder(name);
    } else if (node.getOp().equals("Const")) {
      Constant constant = constants.get(name);
      onnx.initializer(
          name, OnnxGraphBuilder.tensor(type(constant.type), constant.shape, constant.bytes));
    } else if (SAME.containsKey(node.getOp())) {
      onnx.node(name, SAME.get(node.getOp()), inputs);
    } else {
      translate(node, name, inputs);
    }
  }

  private void placeholder(String name) {
    Weight weight = weights.get(name);
    if (weight != null) {
      weightNames.put(name, weight.name);
      onnx.initializer(weight.name, OnnxGraphBuilder.tensor(weight.values));
    }
  }

  private void translate(NodeDef node, String name, List<String> in) {
    switch (node.getOp()) {
      case "Square" -> onnx.node(name, "Mul", List.of(in.get(0), in.get(0)));
      case "Rsqrt" ->
          onnx.node(
              name,
              "Reciprocal",
              List.of(onnx.node(part(name, "root"), "Sqrt", List.of(in.get(0)))));
      case "NotEqual" ->
          onnx.node(name, "Not", List.of(onnx.node(part(name, "equal"), "Equal", in)));
      case "Cast" -> onnx.node(name, "Cast", in, to(dataType(node, "DstT")));
      case "Softmax" -> onnx.node(name, "Softmax", in, attribute("axis", -1));
      case "MatMul" ->
          onnx.node(
              name,
              "Gemm",
              in,
              attribute("transA", flag(node, "transpose_a")),
              attribute("transB", flag(node, "transpose_b")));
      case "BatchMatMul", "BatchMatMulV2" ->
          onnx.node(
              name,
              "MatMul",
              List.of(adjoint(node, name, 0, in, "adj_x"), adjoint(node, name, 1, in, "adj_y")));
      case "Mean" ->
          onnx.node(
              name,
              "ReduceMean",
              in.subList(0, 1),
              attribute("axes", numbers(node, 1)),
              attribute("keepdims", flag(node, "keep_dims")));
      case "Sum" ->
          onnx.node(
              name,
              "ReduceSum",
              List.of(in.get(0), onnx.numbers(numbers(node, 1))),
              attribute("keepdims", flag(node, "keep_dims")));
      case "Transpose" ->
          onnx.node(name, "Transpose", in.subList(0, 1), attribute("perm", numbers(node, 1)));
      case "ExpandDims" ->
          onnx.node(name, "Unsqueeze", List.of(in.get(0), onnx.numbers(numbers(node, 1))));
      case "Squeeze" -> {
        long[] axes = Longs.toArray(node.getAttrOrThrow("squeeze_dims").getList().getIList());
        onnx.node(name, "Squeeze", axes.length == 0 ? in : List.of(in.get(0), onnx.numbers(axes)));
      }
      case "ConcatV2" ->
          onnx.node(
              name,
              "Concat",
              in.subList(0, in.size() - 1),
              attribute("axis", number(node, in.size() - 1)));
      case "GatherV2" -> gather(node, name, in);
      case "Split" -> split(node, name, in);
      case "Reshape" -> onnx.node(name, "Reshape", List.of(in.get(0), int64(name, in.get(1))));
      case "BroadcastTo" -> onnx.node(name, "Expand", List.of(in.get(0), int64(name, in.get(1))));
      case "Shape" ->
          onnx.node(
              name,
              "Cast",
              List.of(onnx.node(part(name, "long"), "Shape", in)),
              to(dataType(node, "out_type")));
      case "OnesLike", "ZerosLike" ->
          onnx.node(
              name,
              "ConstantOfShape",
              List.of(onnx.node(part(name, "shape"), "Shape", in)),
              attribute(
                  "value", one(dataType(node, "T"), node.getOp().equals("OnesLike") ? 1 : 0)));
      case "Cumsum" ->
          onnx.node(
              name,
              "CumSum",
              in,
              attribute("exclusive", flag(node, "exclusive")),
              attribute("reverse", flag(node, "reverse")));
      case "Slice" -> slice(node, name, in);
      case "PadV2" -> pad(name, in);
      default ->
          throw new IllegalArgumentException(
              "operation %s of the forward pass has no form in ONNX here; export as a SavedModel"
                  .formatted(node.getOp()));
    }
  }

  private void gather(NodeDef node, String name, List<String> in) {
    if (node.getAttrOrThrow("batch_dims").getI() != 0) {
      throw new IllegalArgumentException(
          "operation GatherV2 with batch_dims has no form in ONNX here; export as a SavedModel");
    }
    onnx.node(name, "Gather", in.subList(0, 2), attribute("axis", number(node, 2)));
  }

  private void split(NodeDef node, String name, List<String> in) {
    List<String> parts = new ArrayList<>();
    for (int part = 0; part < node.getAttrOrThrow("num_split").getI(); part++) {
      parts.add(part == 0 ? name : name + ":" + part);
    }
    onnx.node(parts, "Split", in.subList(1, 2), attribute("axis", number(node, 0)));
  }

  /** TensorFlow tells begin and size, where −1 is all that is left; ONNX begin and end. */
  private void slice(NodeDef node, String name, List<String> in) {
    String begin = int64(name, in.get(1));
    String size = int64(name, in.get(2));
    String end = onnx.node(part(name, "end"), "Add", List.of(begin, size));
    String rest = onnx.node(part(name, "rest"), "Equal", List.of(size, onnx.numbers(-1)));
    String last =
        onnx.node(part(name, "last"), "Where", List.of(rest, onnx.numbers(Long.MAX_VALUE), end));
    onnx.node(name, "Slice", List.of(in.get(0), begin, last));
  }

  /** TensorFlow's paddings are {@code [axes, 2]}; ONNX has all before, then all behind. */
  private void pad(String name, List<String> in) {
    String byEnd =
        onnx.node(
            part(name, "by_end"),
            "Transpose",
            List.of(int64(name, in.get(1))),
            attribute("perm", 1, 0));
    String pads = onnx.node(part(name, "pads"), "Reshape", List.of(byEnd, onnx.numbers(-1)));
    onnx.node(name, "Pad", List.of(in.get(0), pads, in.get(2)));
  }

  /** An operand of a product of stacks of matrices, transposed where the operation says so. */
  private String adjoint(NodeDef node, String name, int operand, List<String> in, String flag) {
    if (flag(node, flag) == 0) {
      return in.get(operand);
    }
    Shape shape = input(name, operand).shape();
    long[] axes = new long[shape.numDimensions()];
    for (int axis = 0; axis < axes.length; axis++) {
      axes[axis] = axis;
    }
    axes[axes.length - 2] = axes.length - 1;
    axes[axes.length - 1] = axes.length - 2;
    return onnx.node(
        part(name, "transposed"), "Transpose", List.of(in.get(operand)), attribute("perm", axes));
  }

  private Output<?> input(String name, int operand) {
    return graph.operation(name).input(operand);
  }

  private String int64(String name, String value) {
    return onnx.node(part(name, "int64"), "Cast", List.of(value), to(DataType.DT_INT64));
  }

  private String part(String name, String part) {
    return onnx.between(name + "/" + part);
  }

  private static AttributeProto to(DataType type) {
    return attribute("to", type(type).getNumber());
  }

  private static TensorProto one(DataType type, int value) {
    ByteBuffer bytes = OnnxGraphBuilder.littleEndian(type == DataType.DT_INT64 ? 8 : 4);
    switch (type) {
      case DT_INT64 -> bytes.putLong(value);
      case DT_INT32 -> bytes.putInt(value);
      case DT_FLOAT -> bytes.putFloat(value);
      default -> throw new IllegalArgumentException("no ones of type " + type);
    }
    return OnnxGraphBuilder.tensor(type(type), new long[] {1}, bytes.flip());
  }

  private static long flag(NodeDef node, String name) {
    return node.getAttrOrThrow(name).getB() ? 1 : 0;
  }

  private static DataType dataType(NodeDef node, String name) {
    return node.getAttrOrThrow(name).getType();
  }

  private static TensorProto.DataType type(DataType type) {
    TensorProto.DataType onnx = TYPES.get(type);
    if (onnx == null) {
      throw new IllegalArgumentException(
          "type %s of the forward pass has no form in ONNX here; export as a SavedModel"
              .formatted(type));
    }
    return onnx;
  }

  private long[] numbers(NodeDef node, int input) {
    Constant constant = constants.get(node.getInput(input).replaceFirst(":0$", ""));
    if (constant == null) {
      throw new IllegalArgumentException(
          "operation %s computes its axes, which has no form in ONNX here; export as a SavedModel"
              .formatted(node.getOp()));
    }
    return constant.numbers();
  }

  private long number(NodeDef node, int input) {
    return numbers(node, input)[0];
  }
}
