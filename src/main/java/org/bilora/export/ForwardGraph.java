package org.bilora.export;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bilora.export.onnx.OnnxTranslation;
import org.bilora.model.Dropout;
import org.bilora.model.Encoder;
import org.bilora.model.EncoderInputs;
import org.bilora.model.Weights;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.ndarray.buffer.FloatDataBuffer;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * The forward pass of a model as a TensorFlow graph whose weights are fed, like its inputs: the
 * original of the translation.
 *
 * <pre>
 * input_ids, attention_mask, token_type_ids (where there are segments)   int64 [rows, length]
 * logits                                        float32 [rows, labels]
 * probabilities or scores ({@link ServedOutputs})   float32 [rows, labels] or [rows]
 *
 * of a tagger of words: logits and probabilities  float32 [rows, length, labels]
 * </pre>
 */
final class ForwardGraph implements AutoCloseable {
  private final ServingModel model;
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Map<String, Operand<TInt64>> inputs = new LinkedHashMap<>();
  private final Map<String, Operand<TFloat32>> weights = new LinkedHashMap<>();
  private final Map<String, Operand<TFloat32>> outputs = new LinkedHashMap<>();

  ForwardGraph(ServingModel model) {
    this.model = model;
    Operand<TInt32> ids = input("input_ids");
    Operand<TInt32> mask = input("attention_mask");
    boolean segments = model.encoder().config().typeVocabSize() > 1;
    Operand<TInt32> types = segments ? input("token_type_ids") : tf.zerosLike(ids);
    EncoderInputs batch = new EncoderInputs(ids, mask, types);
    Weights<TFloat32> values = name -> weights.computeIfAbsent(name, this::weight);
    Operand<TFloat32> hidden =
        new Encoder<>(model.encoder().config(), values).lastHiddenState(tf, batch, Dropout.off());
    Operand<TFloat32> logits = model.head().logits(tf, batch, hidden, values, Dropout.off());
    int labels = model.head().labels();
    outputs.putAll(
        model
            .outputs()
            .withLogits(
                tf,
                model.outputs().perToken()
                    ? tf.reshape(logits, batch.dimensions(tf, labels))
                    : logits));
  }

  private Operand<TInt32> input(String name) {
    Operand<TInt64> input =
        tf.withName(name).placeholder(TInt64.class, Placeholder.shape(Shape.of(-1, -1)));
    inputs.put(name, input);
    return tf.dtypes.cast(input, TInt32.class);
  }

  private Operand<TFloat32> weight(String name) {
    return tf.withSubScope("weight")
        .placeholder(TFloat32.class, Placeholder.shape(Shape.of(tensor(name).shape())));
  }

  private HostTensor tensor(String name) {
    HostTensor weight = model.weights().get(name);
    if (weight == null) {
      throw new IllegalArgumentException("the merged weights lack " + name);
    }
    return weight;
  }

  /** What the translation needs to know of it. */
  OnnxTranslation.Source source() {
    ImmutableMap.Builder<String, OnnxTranslation.Weight> named = ImmutableMap.builder();
    weights.forEach(
        (name, operand) ->
            named.put(operand.op().name(), new OnnxTranslation.Weight(name, tensor(name))));
    ImmutableMap.Builder<String, Integer> columns = ImmutableMap.builder();
    outputs.forEach(
        (name, operand) ->
            columns.put(
                name,
                name.equals(ServingGraph.LOGITS)
                    ? model.head().labels()
                    : model.outputs().scoreColumns(model.head().labels())));
    return new OnnxTranslation.Source(
        graph,
        ImmutableList.copyOf(inputs.keySet()),
        columns.build(),
        model.outputs().perToken(),
        named.build());
  }

  /** A session to run it in, which the caller closes. */
  Session open() {
    return new Session(graph);
  }

  /**
   * The largest difference of a logit from a trained model's.
   *
   * @throws ExportRefusedException when it is more than {@link SavedModelExport#TOLERANCE}
   */
  float compared(Session session, List<ReferenceLogits> references) throws ExportRefusedException {
    float largest = 0;
    for (ReferenceLogits reference : references) {
      largest =
          Math.max(
              largest,
              SavedModelExport.largestDifference(
                  logits(session, reference.texts()),
                  reference.logits(),
                  model.outputs().perToken()));
    }
    SavedModelExport.requireSmall(largest);
    return largest;
  }

  /** Logits of a batch, {@code [rows][labels]}, or {@code [rows][length × labels]} of tokens. */
  float[][] logits(Session session, PaddedTexts texts) {
    Shape shape = Shape.of(texts.rows(), texts.length());
    Map<String, int[]> values =
        Map.of(
            "input_ids", texts.inputIds(),
            "attention_mask", texts.attentionMask(),
            "token_type_ids", texts.tokenTypeIds());
    Session.Runner runner = session.runner();
    List<Tensor> fed = new ArrayList<>();
    try {
      inputs.forEach(
          (name, operand) -> {
            long[] ids = java.util.Arrays.stream(values.get(name)).asLongStream().toArray();
            fed.add(TInt64.tensorOf(shape, DataBuffers.of(ids, true, false)));
            runner.feed(operand, fed.get(fed.size() - 1));
          });
      weights.forEach(
          (name, operand) -> {
            HostTensor weight = tensor(name);
            fed.add(
                TFloat32.tensorOf(
                    Shape.of(weight.shape()), DataBuffers.of(weight.values(), true, false)));
            runner.feed(operand, fed.get(fed.size() - 1));
          });
      try (Result result = runner.fetch(outputs.get("logits")).run()) {
        TFloat32 logits = (TFloat32) result.get(0);
        float[][] rows = new float[texts.rows()][(int) logits.size() / texts.rows()];
        FloatDataBuffer flat = DataBuffers.ofFloats(logits.size());
        logits.copyTo(flat);
        for (int row = 0; row < rows.length; row++) {
          flat.offset((long) row * rows[row].length).read(rows[row]);
        }
        return rows;
      }
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  @Override
  public void close() {
    graph.close();
  }
}
