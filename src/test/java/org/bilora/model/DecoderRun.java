package org.bilora.model;

import com.google.common.collect.Maps;
import java.util.Map;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.LowRankValues;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Runs a decoder's forward pass once. */
record DecoderRun(
    DecoderConfig config, Map<String, HostTensor> weights, Map<String, LowRankValues> adapters) {

  /** Hidden states or logits of every token, {@code [rows · length][…]}. */
  float[][] run(int[][] ids, int[][] mask, boolean logits) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Decoder<TFloat32> decoder = new Decoder<>(config, constants(tf, weights), increments(tf), 0);
      DecoderInputs inputs = new DecoderInputs(tf.constant(ids), tf.constant(mask));
      Operand<TFloat32> output = decoder.lastHiddenState(tf, inputs, Dropout.off());
      try (Result result =
          session.runner().fetch(logits ? decoder.logits(tf, output) : output).run()) {
        return StdArrays.array2dCopyOf((TFloat32) result.get(0));
      }
    }
  }

  float[][] logits(int[][] ids, int[][] mask) {
    return run(ids, mask, true);
  }

  /** Weights as constants of the graph. */
  static Weights<TFloat32> constants(Ops tf, Map<String, HostTensor> weights) {
    return name ->
        tf.constant(
            Shape.of(weights.get(name).shape()), DataBuffers.of(weights.get(name).values()));
  }

  private Map<String, LowRank> increments(Ops tf) {
    return Maps.transformValues(
        adapters,
        adapter -> {
          int rank = adapter.rank();
          float[] gains = new float[rank];
          for (int i = 0; i < rank; i++) {
            gains[i] = (float) adapter.gains()[i];
          }
          return LowRank.scaled(
              tf,
              tf.constant(Shape.of(adapter.out(), rank), DataBuffers.of(adapter.left())),
              tf.constant(gains),
              tf.constant(Shape.of(rank, adapter.in()), DataBuffers.of(adapter.right())));
        });
  }
}
