package org.bilora.step;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.data.Batch;
import org.bilora.graph.ResourceVariable;
import org.bilora.graph.StepFunction;
import org.bilora.model.Decoder;
import org.bilora.model.DecoderInputs;
import org.bilora.model.Encoder;
import org.bilora.model.EncoderInputs;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.model.Weights;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * The forward pass of a model's lower layers, in a session of its own that holds their weights
 * alone.
 *
 * @param <T> type they compute in
 */
final class PrefixPass<T extends TFloating> implements AutoCloseable {
  private final Graph graph = new Graph();
  private final Session session = new Session(graph, StepFunction.SESSION);
  private final Operand<TInt32> ids;
  private final Operand<TInt32> mask;
  private final Operand<TInt32> types;
  private final Operand<TFloat32> states;

  /**
   * @param layers how many of them, from the first one
   */
  PrefixPass(PretrainedModel model, int layers, Class<T> type) {
    Ops tf = Ops.create(graph);
    ids = BatchFeeds.placeholder(tf, TInt32.class, -1, -1);
    mask = BatchFeeds.placeholder(tf, TInt32.class, -1, -1);
    types = BatchFeeds.placeholder(tf, TInt32.class, -1, -1);
    Map<String, ResourceVariable<T>> read = new HashMap<>();
    Weights<T> weights =
        name ->
            read.computeIfAbsent(
                    name,
                    missing ->
                        new ResourceVariable<>(
                            tf, missing, type, Shape.of(model.weights().get(missing).shape())))
                .value();
    states = tf.dtypes.cast(states(tf, model, weights, layers), TFloat32.class);
    Map<ResourceVariable<?>, float[]> values = new HashMap<>();
    read.forEach((name, variable) -> values.put(variable, model.weights().get(name).values()));
    ResourceVariable.assign(session, values);
  }

  private Operand<T> states(Ops tf, PretrainedModel model, Weights<T> weights, int layers) {
    if (model instanceof PretrainedDecoder decoder) {
      return new Decoder<>(decoder.config(), weights)
          .statesBehind(tf, new DecoderInputs(ids, mask), layers);
    }
    return new Encoder<>(((PretrainedEncoder) model).config(), weights)
        .statesBehind(tf, new EncoderInputs(ids, mask, types), layers);
  }

  /** States behind the layers, padding included: {@code [rows, length, width]}, row-major. */
  float[] of(Batch batch) {
    Shape shape = Shape.of(batch.rows(), batch.length());
    Session.Runner runner = session.runner();
    List<Tensor> opened = new ArrayList<>();
    opened.add(BatchFeeds.feed(runner, ids, shape, batch.inputIds()));
    opened.add(BatchFeeds.feed(runner, mask, shape, batch.attentionMask()));
    opened.add(BatchFeeds.feed(runner, types, shape, batch.tokenTypeIds()));
    try (Result result = runner.fetch(states).run()) {
      return ResourceVariable.floats((TFloat32) result.get(0));
    } finally {
      opened.forEach(Tensor::close);
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
