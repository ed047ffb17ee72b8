package org.bilora.model;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bilora.text.Encoding;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Runs an encoder's forward pass and a head above it once. */
record EncoderRun(EncoderConfig config, EncoderHead head, Map<String, HostTensor> weights) {

  /**
   * Logits of texts that are padded together, {@code [rows][labels]}; over tokens {@code [rows ·
   * length][labels]}.
   */
  float[][] logits(List<Encoding> texts) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Weights<TFloat32> constants = DecoderRun.constants(tf, weights);
      EncoderInputs inputs = padded(tf, texts);
      Operand<TFloat32> hidden =
          new Encoder<>(config, constants).lastHiddenState(tf, inputs, Dropout.off());
      Operand<TFloat32> logits = head.logits(tf, inputs, hidden, constants, Dropout.off());
      try (Result result = session.runner().fetch(logits).run()) {
        return StdArrays.array2dCopyOf((TFloat32) result.get(0));
      }
    }
  }

  private EncoderInputs padded(Ops tf, List<Encoding> texts) {
    int length = texts.stream().mapToInt(Encoding::length).max().orElseThrow();
    int[][] ids = new int[texts.size()][length];
    int[][] mask = new int[texts.size()][length];
    int[][] types = new int[texts.size()][];
    for (int row = 0; row < texts.size(); row++) {
      Encoding text = texts.get(row);
      Arrays.fill(ids[row], config.padTokenId());
      System.arraycopy(text.inputIds(), 0, ids[row], 0, text.length());
      Arrays.fill(mask[row], 0, text.length(), 1);
      types[row] = Arrays.copyOf(text.tokenTypeIds(), length);
    }
    return new EncoderInputs(tf.constant(ids), tf.constant(mask), tf.constant(types));
  }
}
