package org.bilora.step;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.bilora.adapter.Lambda;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.BilevelProblem;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.ProblemSession;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLoraBuilder;
import org.bilora.method.Method;
import org.bilora.model.Dropout;
import org.bilora.model.EncoderHead;
import org.bilora.model.EncoderInputs;
import org.bilora.model.HiddenKey;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A tiny encoder's two objectives on random mini-batches, in float32: rows of different length, one
 * of them padding.
 *
 * @param labels 1 for regression
 * @param dropoutSeed null to leave dropout off
 * @param hiddenKey in place of the model's own
 */
record TinyProblem(
    PretrainedEncoder model,
    Lambda lambda,
    List<String> targets,
    int labels,
    int[] dropoutSeed,
    HiddenKey hiddenKey) {
  static final double GAMMA_1 = 0.05;
  static final double GAMMA_2 = 0.1;

  /** Enough for two steps at either level. */
  private static final int BATCHES = 2;

  private static final int ROWS = 4;
  private static final int LENGTH = 6;
  private static final long SEED = 17;
  static final List<String> QUERY_AND_VALUE = List.of("query", "value");
  static final List<String> ALL_LINEAR = List.of("encoder.*");

  /** With the model's own dropout. */
  TinyProblem(
      PretrainedEncoder model, Lambda lambda, List<String> targets, int labels, int[] dropoutSeed) {
    this(model, lambda, targets, labels, dropoutSeed, HiddenKey.OFF);
  }

  /** The objectives in a session of their own. */
  ProblemSession open() {
    return new ProblemSession(this::build);
  }

  NetworkProblem<TFloat32, EncoderFeeds> build(Ops tf) {
    return build(
        tf,
        BiLoraBuilder.builder()
            .lambda(lambda)
            .hypergradient(new Exact())
            .lowerSteps(1)
            .upperSteps(1)
            .upperLearningRate(0.02)
            .gamma1(GAMMA_1)
            .gamma2(GAMMA_2)
            .lowerFraction(0.75)
            .build());
  }

  /** The objectives of another method. */
  NetworkProblem<TFloat32, EncoderFeeds> build(Ops tf, Method method) {
    Map<String, Operand<TFloat32>> weights = new HashMap<>();
    model
        .weights()
        .forEach(
            (name, value) ->
                weights.put(
                    name,
                    tf.constant(
                        Shape.of(value.shape()), DataBuffers.of(value.values(), true, false))));
    EncoderNetwork network =
        new EncoderNetwork(model, new EncoderHead(model.config(), model.pooling(), labels), 0);
    Random random = new Random(SEED);
    return new NetworkProblem<>(
        new ForwardPass<>(network, trainables(network, method), weights::get, TFloat32.class),
        batches(tf, random),
        batches(tf, random),
        dropoutSeed == null
            ? (inside, role) -> Dropout.off()
            : NetworkProblem.seeded(tf.constant(dropoutSeed), hiddenKey));
  }

  private Trainables trainables(EncoderNetwork network, Method method) {
    return new Trainables(
        network,
        method,
        new AdapterSettings(2, 4, targets),
        TargetModules.match(model.config(), targets),
        SEED,
        OptionalInt.of(ROWS));
  }

  private List<EncoderFeeds> batches(Ops tf, Random random) {
    List<EncoderFeeds> batches = new ArrayList<>();
    for (int i = 0; i < BATCHES; i++) {
      batches.add(batch(tf, random));
    }
    return batches;
  }

  private EncoderFeeds batch(Ops tf, Random random) {
    int[][] ids = new int[ROWS][LENGTH];
    int[][] mask = new int[ROWS][LENGTH];
    int[][] types = new int[ROWS][LENGTH];
    float[] targetValues = new float[ROWS];
    float[] rowWeights = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      boolean example = row < ROWS - 1;
      int length = example ? LENGTH - row : 1;
      for (int token = 0; token < LENGTH; token++) {
        boolean padding = token >= length;
        ids[row][token] =
            padding
                ? model.config().padTokenId()
                : 2 + random.nextInt(model.config().vocabSize() - 2);
        mask[row][token] = padding ? 0 : 1;
        types[row][token] = token < 3 ? 0 : Math.max(0, model.config().typeVocabSize() - 1);
      }
      targetValues[row] =
          !example ? 0 : labels == 1 ? (float) random.nextGaussian() : random.nextInt(labels);
      rowWeights[row] = example ? 1 : 0;
    }
    EncoderInputs inputs = new EncoderInputs(ints(tf, ids), ints(tf, mask), ints(tf, types));
    int[] indices = IntStream.range(0, ROWS).map(row -> row < ROWS - 1 ? row : -1).toArray();
    return new EncoderFeeds(
        inputs,
        tf.constant(targetValues),
        tf.constant(rowWeights),
        tf.constant(indices),
        Optional.empty());
  }

  private static Operand<TInt32> ints(Ops tf, int[][] values) {
    return tf.constant(values);
  }

  /** Where ΔW is not 0, and L₁'s mixed derivative with it: the start values and normal noise. */
  static ProblemSession.At awayFromTheStart(BilevelProblem problem, float xi) {
    return new ProblemSession.At(
        perturbed(problem.lowerGroup(), 0.2, SEED),
        perturbed(problem.upperGroup(), 0.5, SEED + 1),
        xi);
  }

  private static float[] perturbed(ParameterGroup group, double standardDeviation, long seed) {
    Random random = new Random(seed);
    float[] values = group.initial();
    for (int i = 0; i < values.length; i++) {
      values[i] += (float) (standardDeviation * random.nextGaussian());
    }
    return values;
  }

  /** The same weights under another pooling. */
  static PretrainedEncoder pooledBy(EncoderHead.Pooling pooling, PretrainedEncoder model) {
    return new PretrainedEncoder(
        model.name() + "-" + pooling,
        model.config(),
        model.weights(),
        model.tokenizer(),
        pooling,
        model.source(),
        model.sha256(),
        model.files());
  }

  @Override
  public String toString() {
    return "%s, Λ %s, %s, %s, dropout %s, %s"
        .formatted(
            model.name(),
            lambda.id(),
            targets,
            labels == 1 ? "regression" : labels + " classes",
            dropoutSeed == null ? "off" : "on",
            hiddenKey);
  }
}
