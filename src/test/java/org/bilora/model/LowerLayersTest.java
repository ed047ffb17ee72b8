package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Forward passes that end behind the lower layers, or begin there. */
class LowerLayersTest {
  private static final int[][] IDS = {{3, 9, 4, 7, 5}, {8, 2, 6, 1, 1}};
  private static final int[][] MASK = {{1, 1, 1, 1, 1}, {1, 1, 1, 0, 0}};
  private static final int[][] TYPES = {{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}};
  private static final int WIDTH = TinyEncoders.HIDDEN;

  /** A part of a model's forward pass; states are those behind the first layer. */
  @FunctionalInterface
  private interface Pass {
    Operand<TFloat32> of(Ops tf, Weights<TFloat32> weights, Operand<TFloat32> states);
  }

  static Stream<PretrainedEncoder> kinds() {
    return TinyEncoders.kindsOfTwoLayers(4).stream();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anEncoderGoesOnBehindItsLowerLayersWhateverStandsAtPadding(PretrainedEncoder model) {
    assertGoesOn(
        model,
        (tf, weights, states) ->
            encoder(model, weights).lastHiddenState(tf, encoderInputs(tf), Dropout.off()),
        (tf, weights, states) -> encoder(model, weights).statesBehind(tf, encoderInputs(tf), 1),
        (tf, weights, states) ->
            encoder(model, weights)
                .lastHiddenState(tf, encoderInputs(tf), 1, states, Dropout.off()));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void allLayersOfAnEncoderYieldItsLastHiddenStates(PretrainedEncoder model) {
    float[] expected =
        run(
            model,
            (tf, weights, states) ->
                encoder(model, weights).lastHiddenState(tf, encoderInputs(tf), Dropout.off()),
            new float[IDS.length * IDS[0].length * WIDTH]);
    float[] behind =
        run(
            model,
            (tf, weights, states) -> encoder(model, weights).statesBehind(tf, encoderInputs(tf), 2),
            new float[IDS.length * IDS[0].length * WIDTH]);
    assertArrayEquals(expected, behind, 1e-6f);
  }

  @Test
  void aDecoderGoesOnBehindItsLowerLayers() {
    PretrainedDecoder model = TinyDecoders.model(0, 3);
    assertGoesOn(
        model,
        (tf, weights, states) ->
            decoder(model, weights).lastHiddenState(tf, decoderInputs(tf), Dropout.off()),
        (tf, weights, states) -> decoder(model, weights).statesBehind(tf, decoderInputs(tf), 1),
        (tf, weights, states) ->
            decoder(model, weights)
                .lastHiddenState(tf, decoderInputs(tf), 1, states, Dropout.off()));
  }

  @Test
  void everyLinearLayerOfABertStandsInTheLayerOfItsNumber() {
    PretrainedEncoder model = TinyEncoders.kindsOfTwoLayers(4).get(0);
    List<String> names = List.copyOf(model.linearLayers().keySet());
    assertArrayEquals(
        new int[] {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1},
        names.stream().mapToInt(name -> model.layerOf(name).orElseThrow()).toArray());
  }

  private static void assertGoesOn(PretrainedModel model, Pass whole, Pass lower, Pass upper) {
    float[] none = new float[IDS.length * IDS[0].length * WIDTH];
    float[] expected = withPadding(run(model, whole, none), 0);
    float[] states = run(model, lower, none);
    for (float atPadding : new float[] {0, 3}) {
      float[] found = run(model, upper, withPadding(states.clone(), atPadding));
      assertArrayEquals(expected, withPadding(found, 0), 1e-5f);
    }
  }

  private static float[] withPadding(float[] states, float value) {
    for (int row = 0; row < MASK.length; row++) {
      for (int token = 0; token < MASK[row].length; token++) {
        if (MASK[row][token] == 0) {
          int from = (row * MASK[row].length + token) * WIDTH;
          Arrays.fill(states, from, from + WIDTH, value);
        }
      }
    }
    return states;
  }

  private static Encoder<TFloat32> encoder(PretrainedEncoder model, Weights<TFloat32> weights) {
    return new Encoder<>(model.config(), weights);
  }

  private static Decoder<TFloat32> decoder(PretrainedDecoder model, Weights<TFloat32> weights) {
    return new Decoder<>(model.config(), weights);
  }

  private static EncoderInputs encoderInputs(Ops tf) {
    return new EncoderInputs(tf.constant(IDS), tf.constant(MASK), tf.constant(TYPES));
  }

  private static DecoderInputs decoderInputs(Ops tf) {
    return new DecoderInputs(tf.constant(IDS), tf.constant(MASK));
  }

  private static float[] run(PretrainedModel model, Pass pass, float[] states) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Weights<TFloat32> weights = DecoderRun.constants(tf, model.weights());
      Operand<TFloat32> fed =
          tf.constant(
              Shape.of(IDS.length, IDS[0].length, WIDTH), DataBuffers.of(states, true, false));
      try (Tensor result = session.runner().fetch(pass.of(tf, weights, fed)).run().get(0)) {
        float[] values = new float[Math.toIntExact(result.size())];
        result.asRawTensor().data().asFloats().read(values);
        return values;
      }
    }
  }
}
