package org.bilora.export;

import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TNumber;

/** A signature under construction: inputs and outputs by name, and what shapes they have. */
final class ServingSignature {
  private final Map<String, TensorInfo> inputs = new LinkedHashMap<>();
  private final Map<String, TensorInfo> outputs = new LinkedHashMap<>();

  /** Adds an input of whole numbers {@code [rows, length]}, of which the graph reads int32. */
  <N extends TNumber> Operand<TInt32> ids(String name, Ops scope, Class<N> type) {
    Operand<N> input = scope.withName(name).placeholder(type, Placeholder.shape(Shape.of(-1, -1)));
    input(name, input, -1, -1);
    return scope.dtypes.cast(input, TInt32.class);
  }

  /** Adds an input of strings {@code [rows]}. */
  Operand<TString> strings(String name, Ops scope) {
    Operand<TString> input =
        scope.withName(name).placeholder(TString.class, Placeholder.shape(Shape.of(-1)));
    input(name, input, -1);
    return input;
  }

  private void input(String name, Operand<?> operand, long... shape) {
    inputs.put(name, info(operand, shape));
  }

  /** Adds an output; −1 is an axis of any size. */
  void output(String name, Operand<?> operand, long... shape) {
    outputs.put(name, info(operand, shape));
  }

  SignatureDef definition(String method) {
    return SignatureDef.newBuilder()
        .setMethodName(method)
        .putAllInputs(inputs)
        .putAllOutputs(outputs)
        .build();
  }

  private static TensorInfo info(Operand<?> operand, long... shape) {
    TensorShapeProto.Builder axes = TensorShapeProto.newBuilder();
    for (long size : shape) {
      axes.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    return TensorInfo.newBuilder()
        .setName(tensorName(operand))
        .setDtype(operand.asOutput().dataType())
        .setTensorShape(axes)
        .build();
  }

  static String tensorName(Operand<?> operand) {
    return operand.op().name() + ":" + operand.asOutput().index();
  }
}
