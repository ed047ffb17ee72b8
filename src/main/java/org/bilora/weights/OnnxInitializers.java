package org.bilora.weights;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import com.google.common.primitives.Floats;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * The weights inside an ONNX file that PyTorch exported.
 *
 * <p>The exporter folds the transpose of a dense layer into its matrix and drops the name: the
 * matrix becomes {@code onnx::MatMul_885}, {@code [in, out]}, while the product it enters is called
 * {@code /encoder/layer.0/attention/self/query/MatMul_output_0}. Such a matrix is yielded as
 * PyTorch has it: {@code encoder.layer.0.attention.self.query.weight}, {@code [out, in]}. All
 * others keep name and shape.
 */
public final class OnnxInitializers {
  private static final String ANONYMOUS = "onnx::MatMul_";
  private static final String PRODUCT = "/MatMul_output_0";

  private OnnxInitializers() {}

  /**
   * Reads every float32 initializer; integers, such as position ids, are left out.
   *
   * @param bytes the whole file
   * @param where it came from, for messages
   * @throws IOException when the bytes are not an ONNX model or a tensor's size does not fit its
   *     shape; or without {@link OptionalLibrary#ONNX}
   */
  public static NamedTensors read(byte[] bytes, String where) throws IOException {
    OptionalLibrary.ONNX.require(where);
    GraphProto graph;
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes);
      in.enableAliasing(true); // tensors stay views of the bytes instead of copies
      graph = ModelProto.parseFrom(in).getGraph();
    } catch (InvalidProtocolBufferException e) {
      throw new IOException(
          "%s is not a sound ONNX file: %s; download it again".formatted(where, e.getMessage()));
    }
    Map<String, String> layers = layersByMatrix(graph);
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    for (TensorProto initializer : graph.getInitializerList()) {
      if (initializer.getDataType() != TensorProto.DataType.FLOAT_VALUE) {
        continue;
      }
      HostTensor tensor = tensor(initializer, where);
      String layer = layers.get(initializer.getName());
      if (layer == null) {
        tensors.put(initializer.getName(), tensor);
      } else {
        tensors.put(layer + ".weight", tensor.transpose());
      }
    }
    return new NamedTensors(tensors.buildOrThrow(), Hashing.sha256().hashBytes(bytes).toString());
  }

  /** Dense layers by the name of their anonymous matrix. */
  private static Map<String, String> layersByMatrix(GraphProto graph) {
    Map<String, String> layers = new HashMap<>();
    for (NodeProto node : graph.getNodeList()) {
      if (node.getOpType().equals("MatMul") && node.getInput(1).startsWith(ANONYMOUS)) {
        String product = node.getOutput(0);
        if (product.startsWith("/") && product.endsWith(PRODUCT)) {
          String path = product.substring(1, product.length() - PRODUCT.length());
          layers.put(node.getInput(1), path.replace('/', '.'));
        }
      }
    }
    return layers;
  }

  private static HostTensor tensor(TensorProto initializer, String where) throws IOException {
    long[] shape = initializer.getDimsList().stream().mapToLong(Long::longValue).toArray();
    float[] values;
    if (initializer.hasRawData()) {
      values = new float[initializer.getRawData().size() / Float.BYTES];
      initializer
          .getRawData()
          .asReadOnlyByteBuffer()
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(values);
    } else {
      values = Floats.toArray(initializer.getFloatDataList());
    }
    try {
      return HostTensor.of(values, shape);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s: tensor %s: %s; download it again"
              .formatted(where, initializer.getName(), e.getMessage()));
    }
  }
}
