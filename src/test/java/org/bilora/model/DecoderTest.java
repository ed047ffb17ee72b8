package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.LowRankValues;
import org.bilora.autodiff.GradientTape;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class DecoderTest {
  private static final DecoderConfig CONFIG = TinyDecoders.config(0);
  private static final Map<String, HostTensor> WEIGHTS = TinyDecoders.weights(CONFIG, 1);
  private static final DecoderRun PLAIN = new DecoderRun(CONFIG, WEIGHTS, ImmutableMap.of());
  private static final int[] TEXT = {7, 3, 11, 3, 20};

  private static int[] ones(int length) {
    int[] ones = new int[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static LowRankValues adapter(long[] shape, int rank, Random random) {
    float[] left = new float[(int) shape[0] * rank];
    float[] right = new float[rank * (int) shape[1]];
    for (float[] values : List.of(left, right)) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (0.3 * random.nextGaussian());
      }
    }
    return new LowRankValues(left, right, random.doubles(rank).toArray());
  }

  @Test
  void aLaterTokenDoesNotChangeWhatComesBefore() {
    int[] changed = {7, 3, 11, 3, 21};
    float[][] logits = PLAIN.logits(new int[][] {TEXT, changed}, new int[][] {ones(5), ones(5)});
    for (int token = 0; token < 4; token++) {
      assertArrayEquals(logits[token], logits[5 + token], 1e-6f);
    }
    assertTrue(Math.abs(logits[4][0] - logits[9][0]) > 1e-3);
  }

  @Test
  void paddingOnEitherSideLeavesTheTextsLogits() {
    float[][] alone = PLAIN.logits(new int[][] {TEXT}, new int[][] {ones(5)});
    float[][] padded =
        PLAIN.logits(
            new int[][] {{7, 3, 11, 3, 20, 9, 9}, {9, 9, 7, 3, 11, 3, 20}},
            new int[][] {{1, 1, 1, 1, 1, 0, 0}, {0, 0, 1, 1, 1, 1, 1}});
    for (int token = 0; token < 5; token++) {
      assertArrayEquals(alone[token], padded[token], 1e-5f);
      assertArrayEquals(alone[token], padded[9 + token], 1e-5f);
    }
  }

  @Test
  void incrementsOfEveryLayerMatchMergedWeights() {
    Random random = new Random(2);
    Map<String, LowRankValues> adapters = new HashMap<>();
    DecoderTensors.linearLayers(CONFIG)
        .forEach((layer, shape) -> adapters.put(layer, adapter(shape, 2, random)));
    assertEquals(12, adapters.size());
    Map<String, HostTensor> merged = new HashMap<>(WEIGHTS);
    adapters.forEach((layer, adapter) -> merge(merged, layer, adapter));
    int[][] ids = {TEXT};
    int[][] mask = {ones(5)};
    float[][] adapted = new DecoderRun(CONFIG, WEIGHTS, adapters).logits(ids, mask);
    float[][] reference = new DecoderRun(CONFIG, merged, ImmutableMap.of()).logits(ids, mask);
    float[][] plain = PLAIN.logits(ids, mask);
    for (int token = 0; token < 5; token++) {
      assertArrayEquals(reference[token], adapted[token], 1e-4f);
      assertTrue(Math.abs(reference[token][0] - plain[token][0]) > 1e-3);
    }
  }

  /** W + ΔWᵀ, in place of the slice where the layer is one. */
  private static void merge(Map<String, HostTensor> weights, String layer, LowRankValues adapter) {
    List<String> parts = List.of("query", "key", "value");
    int part = parts.indexOf(layer.substring(layer.lastIndexOf('.') + 1));
    String name = (part < 0 ? layer : layer.substring(0, layer.lastIndexOf('.'))) + ".weight";
    HostTensor weight = weights.get(name);
    float[] increment = adapter.addedTo(new float[adapter.out() * adapter.in()]);
    float[] values = weight.values().clone();
    int columns = (int) weight.dimension(1);
    int offset = Math.max(0, part) * CONFIG.hiddenSize();
    for (int in = 0; in < adapter.in(); in++) {
      for (int out = 0; out < adapter.out(); out++) {
        values[in * columns + offset + out] += increment[out * adapter.in() + in];
      }
    }
    weights.put(name, HostTensor.of(values, weight.shape()));
  }

  @Test
  void targetsNameSlicesOfTheFusedLayer() {
    assertEquals(
        List.of(
            "h.0.attn.c_attn.query",
            "h.0.attn.c_attn.value",
            "h.1.attn.c_attn.query",
            "h.1.attn.c_attn.value"),
        TargetModules.match(CONFIG, List.of("query", "value")));
    assertEquals(
        List.of("h.0.mlp.c_proj", "h.1.mlp.c_proj"),
        TargetModules.match(CONFIG, List.of("mlp.c_proj")));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> TargetModules.match(CONFIG, List.of("c_attn")));
    assertTrue(refused.getMessage().contains("h.*.attn.c_attn.query, "), refused.getMessage());
  }

  /** The gradient, and the gradient of its squared norm, as training and hypergradients need. */
  @Test
  void gradientsOfBothOrdersMatchCentralDifferences() {
    long[] shape = {16, 16};
    Random random = new Random(3);
    LowRankValues start = adapter(shape, 2, random);
    ParameterGroup group =
        new ParameterGroup(
            "adapter",
            ImmutableList.of(
                new Parameter("left", new long[] {16, 2}, start.left(), false),
                new Parameter("right", new long[] {2, 16}, start.right(), false)));
    float[] point = new float[64];
    System.arraycopy(start.left(), 0, point, 0, 32);
    System.arraycopy(start.right(), 0, point, 32, 32);
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      var values = tf.placeholderWithDefault(tf.constant(point), Shape.of(64));
      GradientTape outer = new GradientTape(tf, group, values);
      GradientTape inner = new GradientTape(tf, group, group.join(tf, outer.watched()));
      Operand<TFloat32> loss = loss(tf, inner.watched());
      Operand<TFloat32> gradient = group.join(tf, inner.gradients(loss));
      Operand<TFloat32> norm = tf.reduceSum(tf.math.square(gradient), tf.constant(new int[] {0}));
      Operand<TFloat32> second = outer.gradient(norm);
      float[] first = run(session, values, point, gradient);
      float[] ofNorm = run(session, values, point, second);
      for (int i : new int[] {0, 17, 31, 32, 50, 63}) {
        assertClose(difference(session, values, point, i, loss), first[i]);
        assertClose(difference(session, values, point, i, norm), ofNorm[i]);
      }
    }
  }

  private static void assertClose(double expected, double actual) {
    assertEquals(expected, actual, 0.02 * Math.max(0.05, Math.abs(expected)));
  }

  private static Operand<TFloat32> loss(Ops tf, List<Operand<TFloat32>> adapter) {
    LowRank increment = new LowRank(adapter.get(0), adapter.get(1));
    Decoder<TFloat32> decoder =
        new Decoder<>(
            CONFIG,
            DecoderRun.constants(tf, WEIGHTS),
            ImmutableMap.of("h.0.attn.c_attn.query", increment, "h.1.attn.c_attn.value", increment),
            0);
    DecoderInputs inputs =
        new DecoderInputs(tf.constant(new int[][] {TEXT}), tf.constant(new int[][] {ones(5)}));
    Operand<TFloat32> hidden = decoder.lastHiddenState(tf, inputs, Dropout.off());
    Operand<TFloat32> log = tf.nn.logSoftmax(decoder.logits(tf, hidden));
    Operand<TFloat32> target =
        tf.oneHot(
            tf.constant(new int[] {3, 11, 3, 20, 39}),
            tf.constant(40),
            tf.constant(1f),
            tf.constant(0f));
    return tf.math.neg(tf.reduceSum(tf.math.mul(log, target), tf.constant(new int[] {0, 1})));
  }

  private static double difference(
      Session session, Operand<TFloat32> values, float[] point, int index, Operand<TFloat32> of) {
    double step = 1e-2;
    List<Double> sides = new ArrayList<>();
    for (double sign : new double[] {1, -1}) {
      float[] moved = point.clone();
      moved[index] += (float) (sign * step);
      sides.add((double) run(session, values, moved, of)[0]);
    }
    return (sides.get(0) - sides.get(1)) / (2 * step);
  }

  private static float[] run(
      Session session, Operand<TFloat32> values, float[] point, Operand<TFloat32> of) {
    try (TFloat32 fed = TFloat32.vectorOf(point);
        Result result = session.runner().feed(values, fed).fetch(of).run()) {
      TFloat32 fetched = (TFloat32) result.get(0);
      return fetched.rank() == 0
          ? new float[] {fetched.getFloat()}
          : StdArrays.array1dCopyOf(fetched);
    }
  }
}
