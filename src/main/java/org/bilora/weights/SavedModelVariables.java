package org.bilora.weights;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.tensorflow.EagerSession;
import org.tensorflow.Operand;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TString;

/**
 * The variables of a TensorFlow SavedModel, of version 1 or 2: their names stand in {@code
 * saved_model.pb}, their values in the checkpoint {@code variables/variables}.
 */
public final class SavedModelVariables {
  private static final Set<String> VARIABLES = Set.of("VarHandleOp", "VariableV2");

  private SavedModelVariables() {}

  /**
   * Reads every float32 variable, under its name in the checkpoint.
   *
   * @param folder that holds {@code saved_model.pb}
   * @throws IOException when a file is missing or unsound
   */
  public static NamedTensors read(Path folder) throws IOException {
    List<String> names = names(folder.resolve("saved_model.pb"));
    Path values = folder.resolve("variables").resolve("variables.data-00000-of-00001");
    if (!Files.isRegularFile(values)) {
      throw new IOException(values + " is missing: the SavedModel has no values in one file");
    }
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    String checkpoint = folder.resolve("variables").resolve("variables").toString();
    for (String name : names) {
      try (EagerSession session = EagerSession.create()) {
        tensors.put(name, restore(Ops.create(session), checkpoint, name));
      } catch (TensorFlowException e) {
        throw new IOException(
            "%s: variable %s cannot be read: %s".formatted(checkpoint, name, firstLine(e)));
      }
    }
    return new NamedTensors(
        tensors.buildOrThrow(), MoreFiles.asByteSource(values).hash(Hashing.sha256()).toString());
  }

  private static List<String> names(Path file) throws IOException {
    SavedModel model;
    try {
      model = SavedModel.parseFrom(Files.readAllBytes(file));
    } catch (InvalidProtocolBufferException e) {
      throw new IOException("%s is not a SavedModel: %s".formatted(file, e.getMessage()));
    }
    return model.getMetaGraphsList().stream()
        .flatMap(graph -> graph.getGraphDef().getNodeList().stream())
        .filter(node -> VARIABLES.contains(node.getOp()))
        .filter(node -> node.getAttrOrThrow("dtype").getType() == DataType.DT_FLOAT)
        .map(NodeDef::getName)
        .distinct()
        .toList();
  }

  private static HostTensor restore(Ops tf, String checkpoint, String name) {
    Operand<TString> wholeTensor = tf.constant(NdArrays.vectorOfObjects(""));
    Operand<?> restored =
        tf.train
            .restore(
                tf.constant(checkpoint),
                tf.constant(NdArrays.vectorOfObjects(name)),
                wholeTensor,
                List.of(TFloat32.class))
            .tensors()
            .get(0)
            .asOutput();
    TFloat32 tensor = (TFloat32) restored.asTensor();
    float[] values = new float[Math.toIntExact(tensor.size())];
    tensor.copyTo(DataBuffers.of(values, false, false));
    return HostTensor.of(values, tensor.shape().asArray());
  }

  private static String firstLine(TensorFlowException e) {
    return e.getMessage().lines().findFirst().orElse("");
  }
}
