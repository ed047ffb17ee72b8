package org.bilora.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.common.hash.Hashing;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OnnxInitializersTest {

  @Test
  void anAnonymousMatrixGetsItsLayersNameAndOrientation() throws IOException {
    byte[] file =
        model(
            floats("onnx::MatMul_7", List.of(2L, 3L), 1, 2, 3, 4, 5, 6),
            floats("layer.0.dense.bias", List.of(3L), 7, 8, 9),
            integers("position_ids"));
    NamedTensors read = OnnxInitializers.read(file, "m.onnx");
    assertEquals(Set.of("layer.0.dense.weight", "layer.0.dense.bias"), read.tensors().keySet());
    HostTensor weight = read.tensors().get("layer.0.dense.weight");
    assertArrayEquals(new long[] {3, 2}, weight.shape());
    assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, weight.values());
    assertArrayEquals(new float[] {7, 8, 9}, read.tensors().get("layer.0.dense.bias").values());
    assertEquals(Hashing.sha256().hashBytes(file).toString(), read.sha256());
  }

  @Test
  void valuesMayStandInTheFieldOfFloats() throws IOException {
    TensorProto listed =
        TensorProto.newBuilder()
            .setName("gain")
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addDims(2)
            .addAllFloatData(List.of(0.5f, -2f))
            .build();
    assertArrayEquals(
        new float[] {0.5f, -2f},
        OnnxInitializers.read(model(listed), "m.onnx").tensors().get("gain").values());
  }

  @Test
  void aTensorWithTooFewValuesIsNamed() {
    assertRefused(
        model(floats("gain", List.of(3L), 1, 2)),
        "m.onnx: tensor gain: shape [3] holds 3 values, but 2 were given");
  }

  @Test
  void aTruncatedFileIsRefused() {
    byte[] file = model(floats("gain", List.of(3L), 1, 2, 3));
    assertRefused(Arrays.copyOf(file, file.length - 1), "m.onnx is not a sound ONNX file");
  }

  private static void assertRefused(byte[] file, String complaint) {
    IOException refused =
        assertThrows(IOException.class, () -> OnnxInitializers.read(file, "m.onnx"));
    assertTrue(refused.getMessage().startsWith(complaint), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
  }

  private static byte[] model(TensorProto... initializers) {
    NodeProto product =
        NodeProto.newBuilder()
            .setOpType("MatMul")
            .addInput("x")
            .addInput("onnx::MatMul_7")
            .addOutput("/layer.0/dense/MatMul_output_0")
            .build();
    return ModelProto.newBuilder()
        .setGraph(GraphProto.newBuilder().addNode(product).addAllInitializer(List.of(initializers)))
        .build()
        .toByteArray();
  }

  private static TensorProto floats(String name, List<Long> shape, float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.FLOAT_VALUE)
        .addAllDims(shape)
        .setRawData(ByteString.copyFrom(bytes))
        .build();
  }

  private static TensorProto integers(String name) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.INT64_VALUE)
        .addDims(1)
        .addInt64Data(0)
        .build();
  }
}
