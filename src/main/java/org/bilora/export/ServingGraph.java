package org.bilora.export;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bilora.model.Dropout;
import org.bilora.model.Encoder;
import org.bilora.model.EncoderHead;
import org.bilora.model.EncoderInputs;
import org.bilora.model.Weights;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.AssignVariableOp;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.ReadVariableOp;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.op.train.Restore;
import org.tensorflow.op.train.Save;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SaverDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/**
 * The graph that is served: forward pass, softmax, and the operations that load the weights.
 *
 * <p>Weights are resource variables. TensorFlow Java's own exporter saves only the older reference
 * variables, so the save and restore operations and the meta graph that names them are made here.
 * The loader feeds the file's name and runs the restore operation, once, at start.
 */
final class ServingGraph implements AutoCloseable {
  static final String INPUT_IDS = "input_ids";
  static final String ATTENTION_MASK = "attention_mask";
  static final String TOKEN_TYPE_IDS = "token_type_ids";
  static final String LOGITS = "logits";
  static final String PROBABILITIES = "probabilities";
  static final String SCORES = "scores";
  static final String SIGNATURE = "serving_default";
  static final String METHOD = "tensorflow/serving/predict";
  static final String TAG = "serve";

  private final ServingModel model;
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Map<String, VarHandleOp> variables = new LinkedHashMap<>();
  private final Map<String, Operand<TFloat32>> values = new LinkedHashMap<>();
  private final Map<String, Operand<?>> inputs = new LinkedHashMap<>();
  private final Map<String, Operand<?>> outputs = new LinkedHashMap<>();
  private final SaverDef saver;

  ServingGraph(ServingModel model) {
    this.model = model;
    buildForwardPass();
    this.saver = buildSaver();
  }

  /** The weights that the forward pass reads, in the order it reads them. */
  Map<String, HostTensor> usedWeights() {
    Map<String, HostTensor> used = new LinkedHashMap<>();
    variables.keySet().forEach(name -> used.put(name, model.weights().get(name)));
    return used;
  }

  private void buildForwardPass() {
    Operand<TInt32> ids = input(INPUT_IDS);
    Operand<TInt32> mask = input(ATTENTION_MASK);
    Operand<TInt32> types =
        model.encoder().config().typeVocabSize() > 1 ? input(TOKEN_TYPE_IDS) : tf.zerosLike(ids);
    EncoderInputs batch = new EncoderInputs(ids, mask, types);
    Weights<TFloat32> weights = name -> values.computeIfAbsent(name, this::declare);
    EncoderHead head = model.head();
    Operand<TFloat32> hidden =
        new Encoder<>(model.encoder().config(), weights).lastHiddenState(tf, batch, Dropout.off());
    Operand<TFloat32> logits = head.logits(tf, batch, hidden, weights, Dropout.off());
    outputs.put(LOGITS, tf.withName(LOGITS).identity(logits));
    if (model.regression()) {
      outputs.put(SCORES, tf.withName(SCORES).reshape(logits, tf.constant(new int[] {-1})));
    } else {
      outputs.put(PROBABILITIES, tf.withName(PROBABILITIES).nn.softmax(logits));
    }
  }

  private Operand<TInt32> input(String name) {
    Operand<TInt32> input =
        tf.withName(name).placeholder(TInt32.class, Placeholder.shape(Shape.of(-1, -1)));
    inputs.put(name, input);
    return input;
  }

  private Operand<TFloat32> declare(String name) {
    HostTensor weight = model.weights().get(name);
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

  private SaverDef buildSaver() {
    Ops save = tf.withSubScope("save");
    String[] names = variables.keySet().toArray(String[]::new);
    String[] whole = new String[names.length];
    java.util.Arrays.fill(whole, "");
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
            java.util.Collections.nCopies(names.length, TFloat32.class));
    List<Op> assigned = new ArrayList<>();
    int position = 0;
    for (VarHandleOp variable : variables.values()) {
      assigned.add(
          AssignVariableOp.create(save.scope(), variable, restored.tensors().get(position++)));
    }
    Op all = save.withControlDependencies(assigned).withName("restore_all").noOp();
    return SaverDef.newBuilder()
        .setFilenameTensorName(tensorName(prefix))
        .setSaveTensorName(tensorName(savedTo))
        .setRestoreOpName(all.op().name())
        .setVersion(SaverDef.CheckpointFormatVersion.V2)
        .build();
  }

  /**
   * The description that {@code saved_model.pb} holds.
   *
   * @param assetFiles names of the files under {@code assets}
   */
  MetaGraphDef metaGraph(List<String> assetFiles) {
    MetaGraphDef.Builder meta = MetaGraphDef.newBuilder();
    for (String file : assetFiles) {
      Operand<TString> path =
          tf.withSubScope("asset").withName(file.replace('.', '_')).constant(file);
      meta.addAssetFileDef(
          AssetFileDef.newBuilder()
              .setFilename(file)
              .setTensorInfo(TensorInfo.newBuilder().setName(tensorName(path))));
    }
    SignatureDef.Builder signature = SignatureDef.newBuilder().setMethodName(METHOD);
    inputs.forEach((name, operand) -> signature.putInputs(name, tensorInfo(operand)));
    outputs.forEach((name, operand) -> signature.putOutputs(name, tensorInfo(operand)));
    meta.getMetaInfoDefBuilder()
        .addTags(TAG)
        .setTensorflowVersion(org.tensorflow.TensorFlow.version());
    return meta.setGraphDef(graph.toGraphDef())
        .setSaverDef(saver)
        .putSignatureDef(SIGNATURE, signature.build())
        .build();
  }

  private TensorInfo tensorInfo(Operand<?> operand) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    Shape declared = operand.shape();
    boolean scores = operand == outputs.get(SCORES);
    int outputColumns = inputs.containsValue(operand) ? -1 : model.head().labels();
    int axes = scores ? 1 : 2;
    for (int axis = 0; axis < axes; axis++) {
      long known = declared.isUnknown() ? Shape.UNKNOWN_SIZE : declared.get(axis);
      shape.addDim(
          TensorShapeProto.Dim.newBuilder()
              .setSize(axis == 1 && known == Shape.UNKNOWN_SIZE ? outputColumns : known));
    }
    return TensorInfo.newBuilder()
        .setName(tensorName(operand))
        .setDtype(operand.asOutput().dataType())
        .setTensorShape(shape)
        .build();
  }

  private static String tensorName(Operand<?> operand) {
    return operand.op().name() + ":" + operand.asOutput().index();
  }

  @Override
  public void close() {
    graph.close();
  }
}
