package org.bilora.generate;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.model.Decoder;
import org.bilora.model.DecoderInputs;
import org.bilora.model.Dropout;
import org.bilora.model.PretrainedDecoder;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Log probabilities of the next token by the forward pass that training uses, a text at a time. */
final class WholePrefix implements AutoCloseable {
  private final Graph graph = new Graph();
  private final Session session = new Session(graph);
  private final Placeholder<TInt32> ids;
  private final Placeholder<TInt32> mask;
  private final Operand<TFloat32> logs;
  private final Map<List<Integer>, float[]> known = new HashMap<>();

  WholePrefix(PretrainedDecoder model) {
    Ops tf = Ops.create(graph);
    Shape row = Shape.of(1, Shape.UNKNOWN_SIZE);
    ids = tf.placeholder(TInt32.class, Placeholder.shape(row));
    mask = tf.placeholder(TInt32.class, Placeholder.shape(row));
    Decoder<TFloat32> decoder =
        new Decoder<>(
            model.config(),
            name -> {
              HostTensor weight = model.weights().get(name);
              return tf.constant(Shape.of(weight.shape()), DataBuffers.of(weight.values()));
            });
    logs =
        tf.nn.logSoftmax(
            decoder.logits(
                tf, decoder.lastHiddenState(tf, new DecoderInputs(ids, mask), Dropout.off())));
  }

  float[] logProbabilities(List<Integer> text) {
    return known.computeIfAbsent(List.copyOf(text), this::run);
  }

  private float[] run(List<Integer> text) {
    int[][] row = {text.stream().mapToInt(id -> id).toArray()};
    int[][] ones = {new int[text.size()]};
    Arrays.fill(ones[0], 1);
    try (TInt32 idTensor = TInt32.tensorOf(StdArrays.ndCopyOf(row));
        TInt32 maskTensor = TInt32.tensorOf(StdArrays.ndCopyOf(ones));
        Result result =
            session.runner().feed(ids, idTensor).feed(mask, maskTensor).fetch(logs).run()) {
      float[][] all = StdArrays.array2dCopyOf((TFloat32) result.get(0));
      return all[text.size() - 1];
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
