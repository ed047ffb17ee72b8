package org.bilora.graph;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.GraphOperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.OpList;

/** Builds operations of a graph again on other inputs. */
public final class OperationCopy {
  /** What TensorFlow knows of each type of operation: which inputs are lists, which attributes. */
  private static final Map<String, OpDef> DEFINITIONS = definitions();

  private OperationCopy() {}

  private static Map<String, OpDef> definitions() {
    TF_Buffer buffer = tensorflow.TF_GetAllOpList();
    try {
      byte[] bytes = new byte[Math.toIntExact(buffer.length())];
      new BytePointer(buffer.data()).get(bytes);
      Map<String, OpDef> definitions = new HashMap<>();
      OpList.parseFrom(bytes).getOpList().forEach(op -> definitions.put(op.getName(), op));
      return definitions;
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("TensorFlow's list of operations cannot be read", e);
    } finally {
      tensorflow.TF_DeleteBuffer(buffer);
    }
  }

  /**
   * The same operation on other inputs, on the same device.
   *
   * @param tf gives it its name
   * @param inputs as many as the operation has, of the same types
   */
  public static GraphOperation of(Ops tf, GraphOperation operation, List<Output<?>> inputs) {
    OpDef definition = DEFINITIONS.get(operation.type());
    if (definition == null) {
      throw new IllegalArgumentException(
          "%s is of type %s, which is no operation of TensorFlow's and cannot be computed again"
              .formatted(operation.name(), operation.type()));
    }
    GraphOperationBuilder builder =
        ((Graph) tf.scope().env())
            .opBuilder(operation.type(), tf.scope().makeOpName(operation.type()), tf.scope());
    int next = 0;
    for (OpDef.ArgDef argument : definition.getInputArgList()) {
      if (argument.getNumberAttr().isEmpty() && argument.getTypeListAttr().isEmpty()) {
        builder.addInput(inputs.get(next++));
      } else {
        int length = operation.inputListLength(argument.getName());
        builder.addInputList(
            new ArrayList<>(inputs.subList(next, next + length)).toArray(Output<?>[]::new));
        next += length;
      }
    }
    for (OpDef.AttrDef attribute : definition.getAttrList()) {
      builder.setAttr(
          attribute.getName(), operation.attributes().getAttrValueProto(attribute.getName()));
    }
    if (operation.device() != null && !operation.device().isEmpty()) {
      builder.setDevice(operation.device());
    }
    return builder.build();
  }
}
