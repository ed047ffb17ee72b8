package org.bilora.autodiff;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.proto.TensorProto;

/** Reads integer constants back from a graph: axes, permutations, paddings. */
final class Constants {
  private Constants() {}

  /**
   * The values, row-major.
   *
   * @throws IllegalArgumentException when the operand is not a constant of int32 or int64
   */
  static int[] ints(Output<?> operand) {
    GraphOperation operation = (GraphOperation) operand.op();
    if (!operation.type().equals("Const")) {
      throw new IllegalArgumentException(
          "%s is not a constant, so no gradient can be formed through its consumer"
              .formatted(operation.name()));
    }
    TensorProto proto = operation.attributes().getAttrValueProto("value").getTensor();
    int size = Math.toIntExact(operand.shape().size());
    int[] values = new int[size];
    ByteBuffer bytes =
        proto.getTensorContent().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      values[i] =
          switch (proto.getDtype()) {
            case DT_INT32 ->
                bytes.capacity() > 0
                    ? bytes.getInt(4 * i)
                    : proto.getIntVal(Math.min(i, proto.getIntValCount() - 1));
            case DT_INT64 ->
                Math.toIntExact(
                    bytes.capacity() > 0
                        ? bytes.getLong(8 * i)
                        : proto.getInt64Val(Math.min(i, proto.getInt64ValCount() - 1)));
            default ->
                throw new IllegalArgumentException(
                    "%s is a constant of %s; only integers are read back"
                        .formatted(operation.name(), proto.getDtype()));
          };
    }
    return values;
  }
}
