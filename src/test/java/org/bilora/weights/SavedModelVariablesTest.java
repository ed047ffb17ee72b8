package org.bilora.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.EagerSession;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;

class SavedModelVariablesTest {
  @TempDir Path folder;

  @BeforeEach
  void writeAModelOfTwoVariables() throws IOException {
    Files.createDirectory(folder.resolve("variables"));
    describe("layer/kernel", "layer/bias");
    try (EagerSession session = EagerSession.create()) {
      Ops tf = Ops.create(session);
      tf.train.save(
          tf.constant(folder.resolve("variables").resolve("variables").toString()),
          tf.constant(NdArrays.vectorOfObjects("layer/kernel", "layer/bias")),
          tf.constant(NdArrays.vectorOfObjects("", "")),
          List.of(
              tf.constant(new float[][] {{1, 2, 3}, {4, 5, 6}}),
              tf.constant(new float[] {7, 8, 9})));
    }
  }

  @Test
  void variablesAreReadUnderTheirNames() throws IOException {
    NamedTensors read = SavedModelVariables.read(folder);
    assertEquals(Set.of("layer/kernel", "layer/bias"), read.tensors().keySet());
    HostTensor kernel = read.tensors().get("layer/kernel");
    assertArrayEquals(new long[] {2, 3}, kernel.shape());
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, kernel.values());
    assertArrayEquals(new float[] {7, 8, 9}, read.tensors().get("layer/bias").values());
  }

  @Test
  void aVariableWithoutAValueIsNamed() throws IOException {
    describe("layer/gain");
    assertRefused("variable layer/gain cannot be read");
  }

  @Test
  void damagedFilesAreNamed() throws IOException {
    Path values = folder.resolve("variables").resolve("variables.data-00000-of-00001");
    byte[] bytes = Files.readAllBytes(values);
    Files.write(values, Arrays.copyOf(bytes, bytes.length / 2));
    assertRefused("cannot be read");
    Files.delete(values);
    assertRefused(values + " is missing");
    Files.write(folder.resolve("saved_model.pb"), new byte[] {1, 2, 3});
    assertRefused(folder.resolve("saved_model.pb") + " is not a SavedModel");
  }

  private void describe(String... variables) throws IOException {
    GraphDef.Builder graph = GraphDef.newBuilder();
    for (String name : variables) {
      graph.addNode(
          NodeDef.newBuilder()
              .setOp("VarHandleOp")
              .setName(name)
              .putAttr("dtype", AttrValue.newBuilder().setType(DataType.DT_FLOAT).build()));
    }
    SavedModel model =
        SavedModel.newBuilder().addMetaGraphs(MetaGraphDef.newBuilder().setGraphDef(graph)).build();
    Files.write(folder.resolve("saved_model.pb"), model.toByteArray());
  }

  private void assertRefused(String complaint) {
    IOException refused = assertThrows(IOException.class, () -> SavedModelVariables.read(folder));
    assertTrue(refused.getMessage().contains(complaint), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
  }
}
