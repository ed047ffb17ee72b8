package org.bilora.export.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.common.primitives.Longs;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bilora.weights.HostTensor;

/** An ONNX graph under construction; values are known by their names. */
final class OnnxGraphBuilder {
  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final Set<String> taken = new HashSet<>();
  private final Map<List<Long>, String> numbers = new HashMap<>();
  private final Map<String, TensorProto> initializers = new LinkedHashMap<>();

  OnnxGraphBuilder(String name) {
    graph.setName(name);
  }

  /** A node's attribute. */
  static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  /** A node's attribute of several numbers. */
  static AttributeProto attribute(String name, long... values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INTS)
        .addAllInts(Longs.asList(values))
        .build();
  }

  /** A node's attribute that is a tensor of one element. */
  static AttributeProto attribute(String name, TensorProto value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.TENSOR)
        .setT(value)
        .build();
  }

  /**
   * Adds a node with one output.
   *
   * @param output its name
   * @return the same
   */
  String node(String output, String operator, List<String> inputs, AttributeProto... attributes) {
    node(List.of(output), operator, inputs, attributes);
    return output;
  }

  /** Adds a node with several outputs. */
  void node(
      List<String> outputs, String operator, List<String> inputs, AttributeProto... attributes) {
    taken.addAll(outputs);
    graph.addNode(
        NodeProto.newBuilder()
            .setName(outputs.get(0))
            .setOpType(operator)
            .addAllInput(inputs)
            .addAllOutput(outputs)
            .addAllAttribute(List.of(attributes)));
  }

  /** A name for a value that stands between two others. */
  String between(String name) {
    String free = name;
    for (int number = 2; !taken.add(free); number++) {
      free = name + "_" + number;
    }
    return free;
  }

  /** Adds a constant, which is left out again where no node reads it. */
  void initializer(String name, TensorProto tensor) {
    taken.add(name);
    initializers.put(name, tensor);
  }

  /** A vector of int64, made once for each content. */
  String numbers(long... values) {
    return numbers.computeIfAbsent(
        List.copyOf(Longs.asList(values)),
        list -> {
          String name = between("numbers");
          ByteBuffer bytes = littleEndian(values.length * Long.BYTES);
          bytes.asLongBuffer().put(values);
          initializer(name, tensor(TensorProto.DataType.INT64, new long[] {values.length}, bytes));
          return name;
        });
  }

  /** Adds an input of {@code [batch, sequence]} int64. */
  void input(String name) {
    taken.add(name);
    graph.addInput(
        value(name, TensorProto.DataType.INT64, List.of(axis("batch"), axis("sequence"))));
  }

  /**
   * Adds a float32 output of {@code [batch, columns]}, or {@code [batch]} for no columns.
   *
   * @param perToken whether there is an axis of tokens between them
   */
  void output(String name, int columns, boolean perToken) {
    List<TensorShapeProto.Dimension> axes = new ArrayList<>(List.of(axis("batch")));
    if (perToken) {
      axes.add(axis("sequence"));
    }
    if (columns > 0) {
      axes.add(TensorShapeProto.Dimension.newBuilder().setDimValue(columns).build());
    }
    graph.addOutput(value(name, TensorProto.DataType.FLOAT, axes));
  }

  private static TensorShapeProto.Dimension axis(String name) {
    return TensorShapeProto.Dimension.newBuilder().setDimParam(name).build();
  }

  private static ValueInfoProto value(
      String name, TensorProto.DataType type, List<TensorShapeProto.Dimension> axes) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(type.getNumber())
                        .setShape(TensorShapeProto.newBuilder().addAllDim(axes))))
        .build();
  }

  static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A tensor without a name.
   *
   * @param bytes little-endian, from 0 to the limit; not copied
   */
  static TensorProto tensor(TensorProto.DataType type, long[] shape, ByteBuffer bytes) {
    ByteString raw = UnsafeByteOperations.unsafeWrap(bytes.duplicate().rewind());
    return TensorProto.newBuilder()
        .setDataType(type.getNumber())
        .addAllDims(Longs.asList(shape))
        .setRawData(raw)
        .build();
  }

  /** A float32 tensor without a name. */
  static TensorProto tensor(HostTensor tensor) {
    ByteBuffer bytes = littleEndian(tensor.values().length * Float.BYTES);
    bytes.asFloatBuffer().put(tensor.values());
    return tensor(TensorProto.DataType.FLOAT, tensor.shape(), bytes);
  }

  GraphProto build() {
    for (NodeProto node : graph.getNodeList()) {
      for (String input : node.getInputList()) {
        TensorProto tensor = initializers.remove(input);
        if (tensor != null) {
          graph.addInitializer(tensor.toBuilder().setName(input));
        }
      }
    }
    return graph.build();
  }
}
