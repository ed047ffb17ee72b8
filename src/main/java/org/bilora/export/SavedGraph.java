package org.bilora.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bilora.weights.AtomicFile;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.AssignVariableOp;
import org.tensorflow.op.core.ReadVariableOp;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.op.train.Restore;
import org.tensorflow.op.train.Save;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SaverDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TString;

/**
 * A graph as a SavedModel holds it: signatures on one set of weights, and the operations that load
 * these.
 *
 * <p>Weights are resource variables. TensorFlow Java's own exporter saves only the older reference
 * variables, so the save and restore operations and the meta graph that names them are made here.
 * The loader feeds the file's name and runs the restore operation, once, at start.
 */
final class SavedGraph implements AutoCloseable {
  static final String METHOD = "tensorflow/serving/predict";
  static final String TAG = "serve";
  private static final String INITIALIZER = "__saved_model_init_op";

  private final Map<String, HostTensor> weights;
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Map<String, VarHandleOp> variables = new LinkedHashMap<>();
  private final Map<String, Operand<TFloat32>> values = new LinkedHashMap<>();
  private final Map<String, ServingSignature> signatures = new LinkedHashMap<>();
  private final List<Op> initializers = new ArrayList<>();

  /**
   * An empty one.
   *
   * @param weights all that may be read, by name
   */
  SavedGraph(Map<String, HostTensor> weights) {
    this.weights = weights;
  }

  /** Builds into the graph. */
  Ops tf() {
    return tf;
  }

  /** Adds a signature. */
  void add(String name, ServingSignature signature) {
    signatures.put(name, signature);
  }

  /** Adds operations that a loader runs once, after the weights are there. */
  void initialize(List<Op> operations) {
    initializers.addAll(operations);
  }

  /** Names of the signatures. */
  List<String> signatures() {
    return List.copyOf(signatures.keySet());
  }

  /** The weights that are read, in the order they were first asked for. */
  private Map<String, HostTensor> usedWeights() {
    Map<String, HostTensor> used = new LinkedHashMap<>();
    variables.keySet().forEach(name -> used.put(name, weights.get(name)));
    return used;
  }

  /**
   * Ends the graph and writes it and the weights that are read.
   *
   * @param directory the version folder
   * @param assetFiles names of the files under {@code assets}
   * @throws IOException when TensorFlow or the disk cannot
   */
  void write(Path directory, List<String> assetFiles) throws IOException {
    Files.createDirectories(directory.resolve("variables"));
    try {
      VariablesBundle.write(usedWeights(), directory);
      SavedModel savedModel =
          SavedModel.newBuilder()
              .setSavedModelSchemaVersion(1)
              .addMetaGraphs(metaGraph(assetFiles))
              .build();
      AtomicFile.write(directory.resolve("saved_model.pb"), savedModel::writeTo);
    } catch (TensorFlowException e) {
      throw new IOException(
          "cannot write the model to %s: %s"
              .formatted(
                  directory, String.valueOf(e.getMessage()).replaceFirst("(?s); \\[\\[.*", "")),
          e);
    }
  }

  /**
   * A weight's value.
   *
   * @throws IllegalArgumentException when there is none of that name
   */
  Operand<TFloat32> value(String name) {
    return values.computeIfAbsent(name, this::declare);
  }

  private Operand<TFloat32> declare(String name) {
    HostTensor weight = weights.get(name);
    if (weight == null) {
      throw new IllegalArgumentException("the merged weights lack " + name);
    }
    VarHandleOp variable =
        VarHandleOp.create(
            tf.withName(name).scope(),
            TFloat32.class,
            Shape.of(weight.shape()),
            VarHandleOp.sharedName(name));
    variables.put(name, variable);
    return ReadVariableOp.create(
        tf.withSubScope("read").withName(name).scope(), variable, TFloat32.class);
  }

  private SaverDef saver() {
    Ops save = tf.withSubScope("save");
    String[] names = variables.keySet().toArray(String[]::new);
    String[] whole = new String[names.length];
    Arrays.fill(whole, "");
    Operand<TString> prefix =
        save.placeholderWithDefault(save.constant(VariablesBundle.PREFIX), Shape.scalar());
    Save saved =
        Save.create(
            save.scope(),
            prefix,
            save.array(names),
            save.array(whole),
            new ArrayList<Operand<?>>(values.values()));
    Operand<TString> savedTo = save.withControlDependencies(List.<Op>of(saved)).identity(prefix);
    Restore restored =
        Restore.create(
            save.scope(),
            prefix,
            save.array(names),
            save.array(whole),
            Collections.nCopies(names.length, TFloat32.class));
    List<Op> assigned = new ArrayList<>();
    int position = 0;
    for (VarHandleOp variable : variables.values()) {
      assigned.add(
          AssignVariableOp.create(save.scope(), variable, restored.tensors().get(position++)));
    }
    Op all = save.withControlDependencies(assigned).withName("restore_all").noOp();
    return SaverDef.newBuilder()
        .setFilenameTensorName(ServingSignature.tensorName(prefix))
        .setSaveTensorName(ServingSignature.tensorName(savedTo))
        .setRestoreOpName(all.op().name())
        .setVersion(SaverDef.CheckpointFormatVersion.V2)
        .build();
  }

  /** The description that {@code saved_model.pb} holds. */
  private MetaGraphDef metaGraph(List<String> assetFiles) {
    SaverDef saver = saver();
    MetaGraphDef.Builder meta = MetaGraphDef.newBuilder();
    for (String file : assetFiles) {
      Operand<TString> path =
          tf.withSubScope("asset").withName(file.replace('.', '_')).constant(file);
      meta.addAssetFileDef(
          AssetFileDef.newBuilder()
              .setFilename(file)
              .setTensorInfo(TensorInfo.newBuilder().setName(ServingSignature.tensorName(path))));
    }
    meta.getMetaInfoDefBuilder()
        .addTags(TAG)
        .setTensorflowVersion(org.tensorflow.TensorFlow.version());
    if (!initializers.isEmpty()) {
      Op all = tf.withControlDependencies(initializers).withName("initialize_all").noOp();
      meta.putSignatureDef(INITIALIZER, initializer(all));
    }
    signatures.forEach(
        (name, signature) -> meta.putSignatureDef(name, signature.definition(METHOD)));
    return meta.setGraphDef(SharedConstants.of(graph.toGraphDef())).setSaverDef(saver).build();
  }

  /** As TensorFlow 2 names the operation that a loader runs once, after the weights are there. */
  private static SignatureDef initializer(Op operation) {
    return SignatureDef.newBuilder()
        .putOutputs(INITIALIZER, TensorInfo.newBuilder().setName(operation.op().name()).build())
        .build();
  }

  @Override
  public void close() {
    graph.close();
  }
}
