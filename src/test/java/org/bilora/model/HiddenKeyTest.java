package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class HiddenKeyTest {
  private static final int[] SEED = {5, 6};
  private static final int ROWS = 2;
  private static final int LENGTH = 5;
  private static final int HEADS = 2;
  private static final int HIDDEN = TinyEncoders.HIDDEN;
  private static final int HEAD_SIZE = HIDDEN / HEADS;

  /** The second text has two tokens: with p = 0.6 both its keys are often dropped. */
  private static final int[][] MASK = {{1, 1, 1, 1, 1}, {1, 1, 0, 0, 0}};

  private static final int[][] IDS = {{3, 9, 4, 7, 5}, {8, 2, 1, 1, 1}};

  private static float[] run(Function<Ops, Operand<TFloat32>> of) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Operand<TFloat32> fetched = of.apply(Ops.create(graph));
      try (Tensor result = session.runner().fetch(fetched).run().get(0)) {
        float[] values = new float[Math.toIntExact(result.size())];
        result.asRawTensor().data().asFloats().read(values);
        return values;
      }
    }
  }

  private static Dropout dropout(Ops tf, double dropKey, double hiddenCut) {
    return Dropout.seeded(tf.constant(SEED)).with(new HiddenKey(dropKey, hiddenCut, 0));
  }

  @Test
  void aDroppedKeyIsDroppedForAllQueriesAndHeadsAndTextsDrawApart() {
    int keys = 400;
    float[] added =
        run(
            tf ->
                dropout(tf, 0.3, 0)
                    .dropKeys(
                        tf, tf.zeros(tf.constant(new int[] {2, 2, 3, keys}), TFloat32.class)));
    boolean[][] dropped = new boolean[4][keys];
    int count = 0;
    for (int matrix = 0; matrix < 4; matrix++) {
      for (int key = 0; key < keys; key++) {
        float first = added[matrix * 3 * keys + key];
        dropped[matrix][key] = first != 0;
        count += dropped[matrix][key] ? 1 : 0;
        for (int query = 0; query < 3; query++) {
          assertEquals(first, added[(matrix * 3 + query) * keys + key]);
        }
      }
    }
    assertEquals(0.3, count / (4.0 * keys), 0.04);
    for (int matrix = 1; matrix < 4; matrix++) {
      assertNotEquals(Arrays.toString(dropped[0]), Arrays.toString(dropped[matrix]));
    }
  }

  /** In double precision, a head and a query at a time. */
  @Test
  void aLayerIsThatOfASlowVersionThatLeavesDroppedKeysOut() {
    double p = 0.6;
    double q = 0.4;
    PretrainedEncoder model = TinyEncoders.bertWithoutDropout(3);
    Random random = new Random(2);
    float[] states = new float[ROWS * LENGTH * HIDDEN];
    for (int i = 0; i < states.length; i++) {
      states[i] = (float) random.nextGaussian();
    }
    float[] found =
        run(
            tf ->
                new Encoder<>(model.config(), weights(tf, model))
                    .lastHiddenState(
                        tf,
                        new EncoderInputs(
                            tf.constant(IDS), tf.constant(MASK), tf.zerosLike(tf.constant(IDS))),
                        1,
                        tf.constant(
                            Shape.of(ROWS, LENGTH, HIDDEN), DataBuffers.of(states, true, false)),
                        dropout(tf, p, q)));
    // The masks are drawn in the order of the places: keys, then what the feed-forward puts out.
    float[] keys = run(tf -> dropout(tf, p, q).dropKeys(tf, zeros(tf, ROWS, HEADS, 1, LENGTH)));
    float[] cut =
        run(
            tf -> {
              Dropout dropout = dropout(tf, p, q);
              dropout.dropKeys(tf, zeros(tf, ROWS, HEADS, 1, LENGTH));
              Operand<TFloat32> ones =
                  tf.fill(tf.constant(new int[] {ROWS * LENGTH, HIDDEN}), tf.constant(1f));
              return dropout.applyBehindFeedForward(tf, ones, 0.9);
            });
    for (float value : cut) {
      assertTrue(value == 0 || Math.abs(value - 1 / (1 - q)) < 1e-6, "scaled by " + value);
    }
    double[] expected = new SlowBertLayer(model, 1).of(states, keys, cut);
    int tokens = 0;
    int withoutKeys = 0;
    for (int row = 0; row < ROWS; row++) {
      for (int head = 0; head < HEADS; head++) {
        withoutKeys += SlowBertLayer.seen(keys, row, head).isEmpty() ? 1 : 0;
      }
      for (int token = 0; token < LENGTH; token++) {
        int from = (row * LENGTH + token) * HIDDEN;
        for (int i = from; MASK[row][token] == 1 && i < from + HIDDEN; i++, tokens++) {
          assertEquals(expected[i], found[i], 1e-4, "text %d, token %d".formatted(row, token));
        }
      }
    }
    assertEquals(7 * HIDDEN, tokens);
    assertTrue(withoutKeys > 0, "no query without keys is among them; choose another seed");
  }

  @Test
  void tokensOfADecoderSeeNothingOfLaterOnesEvenWhereTheirOwnKeysAreDropped() {
    PretrainedDecoder model = TinyDecoders.model(0, 3);
    int[][] others = {{3, 9, 4, 8, 6}, {8, 2, 7, 7, 7}};
    int[][] all = {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}};
    List<int[][]> both = List.of(new int[][] {{3, 9, 4, 7, 5}, {8, 2, 1, 1, 1}}, others);
    List<float[]> outputs =
        both.stream()
            .map(
                ids ->
                    run(
                        tf ->
                            new Decoder<>(model.config(), weights(tf, model))
                                .lastHiddenState(
                                    tf,
                                    new DecoderInputs(tf.constant(ids), tf.constant(all)),
                                    dropout(tf, 0.9, 0))))
            .toList();
    int[] same = {3, 2}; // tokens that both have
    for (int row = 0; row < 2; row++) {
      int from = row * 5 * 16;
      int to = from + same[row] * 16;
      assertArrayEquals(
          Arrays.copyOfRange(outputs.get(0), from, to),
          Arrays.copyOfRange(outputs.get(1), from, to),
          1e-6f);
    }
    assertNotEquals(outputs.get(0)[same[0] * 16], outputs.get(1)[same[0] * 16]);
  }

  @Test
  void withoutASeedNothingIsDropped() {
    float[] ones =
        run(
            tf ->
                Dropout.off().with(new HiddenKey(0.5, 0.5, 1)).dropKeys(tf, zeros(tf, 2, 2, 3, 4)));
    assertArrayEquals(new float[48], ones);
  }

  @Test
  void probabilitiesOutOfTheirRangeAreRefused() {
    assertEquals(
        "dropKey is 1.0; it must be at least 0 and below 1",
        assertThrows(IllegalArgumentException.class, () -> new HiddenKey(1, 0, 0)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> new HiddenKey(0, -0.1, 0));
    assertThrows(IllegalArgumentException.class, () -> new HiddenKey(0, 0, -1));
  }

  private static Operand<TFloat32> zeros(Ops tf, int... shape) {
    return tf.zeros(tf.constant(shape), TFloat32.class);
  }

  private static Weights<TFloat32> weights(Ops tf, PretrainedModel model) {
    return DecoderRun.constants(tf, model.weights());
  }

  /** A layer of BERT by its definition. */
  private record SlowBertLayer(PretrainedEncoder model, int layer) {

    /** Keys that a query of a text sees. */
    static List<Integer> seen(float[] dropped, int row, int head) {
      return tokens(row).stream()
          .filter(key -> dropped[(row * HEADS + head) * LENGTH + key] == 0)
          .toList();
    }

    private static List<Integer> tokens(int row) {
      return java.util.stream.IntStream.range(0, LENGTH)
          .filter(token -> MASK[row][token] == 1)
          .boxed()
          .toList();
    }

    double[] of(float[] states, float[] dropped, float[] cut) {
      double[] x = new double[states.length];
      Arrays.setAll(x, i -> states[i]);
      double[] query = dense("attention.self.query", x);
      double[] key = dense("attention.self.key", x);
      double[] value = dense("attention.self.value", x);
      double[] mixed = new double[x.length];
      for (int row = 0; row < ROWS; row++) {
        for (int head = 0; head < HEADS; head++) {
          List<Integer> seen = seen(dropped, row, head);
          for (int token = 0; token < LENGTH; token++) {
            int from = head * HEAD_SIZE;
            int at = (row * LENGTH + token) * HIDDEN + from;
            double total = 0;
            for (int other : seen.isEmpty() ? tokens(row) : seen) {
              int there = (row * LENGTH + other) * HIDDEN + from;
              double score = 0;
              for (int i = 0; i < HEAD_SIZE; i++) {
                score += query[at + i] * key[there + i] / Math.sqrt(HEAD_SIZE);
              }
              total += Math.exp(score);
              for (int i = 0; i < HEAD_SIZE; i++) {
                mixed[at + i] += Math.exp(score) * value[there + i];
              }
            }
            for (int i = 0; i < HEAD_SIZE; i++) {
              mixed[at + i] /= total;
            }
          }
        }
      }
      double[] y =
          normalized("attention.output.LayerNorm", plus(x, dense("attention.output.dense", mixed)));
      double[] wide = dense("intermediate.dense", y);
      Arrays.setAll(wide, i -> wide[i] * normalDistribution(wide[i]));
      double[] out = dense("output.dense", wide);
      Arrays.setAll(out, i -> out[i] * cut[i]);
      return normalized("output.LayerNorm", plus(y, out));
    }

    private float[] weight(String name) {
      return model.weights().get("encoder.layer.%d.%s".formatted(layer, name)).values();
    }

    private double[] dense(String name, double[] x) {
      float[] bias = weight(name + ".bias");
      float[] kernel = weight(name + ".weight");
      int in = kernel.length / bias.length;
      double[] y = new double[x.length / in * bias.length];
      for (int i = 0; i < y.length; i++) {
        int token = i / bias.length;
        int out = i % bias.length;
        y[i] = bias[out];
        for (int j = 0; j < in; j++) {
          y[i] += kernel[out * in + j] * x[token * in + j];
        }
      }
      return y;
    }

    private static double[] plus(double[] a, double[] b) {
      double[] sum = new double[a.length];
      Arrays.setAll(sum, i -> a[i] + b[i]);
      return sum;
    }

    private double[] normalized(String name, double[] x) {
      double[] y = new double[x.length];
      for (int from = 0; from < x.length; from += HIDDEN) {
        double[] token = Arrays.copyOfRange(x, from, from + HIDDEN);
        double mean = Arrays.stream(token).average().orElseThrow();
        double variance =
            Arrays.stream(token).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
        for (int i = 0; i < HIDDEN; i++) {
          y[from + i] =
              (token[i] - mean) / Math.sqrt(variance + 1e-12) * weight(name + ".weight")[i]
                  + weight(name + ".bias")[i];
        }
      }
      return y;
    }

    /** The integral of the normal density up to x, by Simpson's rule from 0. */
    private static double normalDistribution(double x) {
      int parts = 200;
      double sum = 0;
      for (int i = 0; i <= parts; i++) {
        double t = x * i / parts;
        sum += Math.exp(-t * t / 2) * (i == 0 || i == parts ? 1 : i % 2 == 1 ? 4 : 2);
      }
      return 0.5 + sum * x / parts / 3 / Math.sqrt(2 * Math.PI);
    }
  }
}
