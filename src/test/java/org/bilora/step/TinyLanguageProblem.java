package org.bilora.step;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.ProblemSession;
import org.bilora.data.Batch;
import org.bilora.data.BatchSize;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EpochPlan;
import org.bilora.data.LengthBuckets;
import org.bilora.data.PredictedTokens;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.BiLoraBuilder;
import org.bilora.model.DecoderInputs;
import org.bilora.model.Dropout;
import org.bilora.model.HiddenKey;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.TargetModules;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A tiny decoder's two objectives on mini-batches of {@link TinySequences}, in float32: rows of
 * different length, room for more predictions than there are.
 *
 * @param dropoutSeed null to leave dropout off
 * @param hiddenKey in place of the model's own
 */
record TinyLanguageProblem(
    PretrainedDecoder model,
    Lambda lambda,
    List<String> targets,
    double labelSmoothing,
    int[] dropoutSeed,
    HiddenKey hiddenKey) {

  /** With the model's own dropout. */
  TinyLanguageProblem(
      PretrainedDecoder model,
      Lambda lambda,
      List<String> targets,
      double labelSmoothing,
      int[] dropoutSeed) {
    this(model, lambda, targets, labelSmoothing, dropoutSeed, HiddenKey.OFF);
  }

  private static final List<EncodedExample> TRAIN =
      TinySequences.DATA.cut(Dataset.TRAIN, 18).examples();
  private static final EpochPlan PLAN =
      new EpochPlan(
              TRAIN,
              TinySequences.DATA.cut(Dataset.DEV, 18).examples(),
              new LengthBuckets(com.google.common.collect.ImmutableList.of(18)),
              BatchSize.tokens(4 * 18),
              2,
              2,
              7)
          .withPredictions(1);

  ProblemSession open() {
    return new ProblemSession(this::build);
  }

  /** A batch of D1. */
  Batch lower(int batch) {
    return PLAN.epoch(0).get(0).lower().get(batch);
  }

  /** Its sequences. */
  List<EncodedExample> examples(Batch batch) {
    return Arrays.stream(batch.indices()).filter(i -> i >= 0).mapToObj(TRAIN::get).toList();
  }

  NetworkProblem<TFloat32, DecoderFeeds> build(Ops tf) {
    Map<String, Operand<TFloat32>> weights = new HashMap<>();
    model
        .weights()
        .forEach(
            (name, value) ->
                weights.put(
                    name,
                    tf.constant(
                        Shape.of(value.shape()), DataBuffers.of(value.values(), true, false))));
    DecoderNetwork network = new DecoderNetwork(model, labelSmoothing);
    BiLora method =
        BiLoraBuilder.builder()
            .lambda(lambda)
            .hypergradient(new Exact())
            .lowerSteps(1)
            .upperSteps(1)
            .upperLearningRate(0.02)
            .gamma1(0.05)
            .gamma2(0.1)
            .lowerFraction(0.75)
            .build();
    Trainables trainables =
        new Trainables(
            network,
            method,
            new AdapterSettings(2, 4, targets),
            TargetModules.match(model, targets),
            17);
    EpochPlan.Iteration iteration = PLAN.epoch(0).get(0);
    return new NetworkProblem<>(
        new ForwardPass<>(network, trainables, weights::get, TFloat32.class),
        constants(tf, iteration.lower()),
        constants(tf, iteration.upper()),
        dropoutSeed == null
            ? (inside, role) -> Dropout.off()
            : NetworkProblem.seeded(tf.constant(dropoutSeed), hiddenKey));
  }

  private static List<DecoderFeeds> constants(Ops tf, List<Batch> batches) {
    List<DecoderFeeds> feeds = new ArrayList<>();
    for (Batch batch : batches) {
      PredictedTokens next = PredictedTokens.of(batch);
      feeds.add(
          new DecoderFeeds(
              new DecoderInputs(
                  matrix(tf, batch, batch.inputIds()), matrix(tf, batch, batch.attentionMask())),
              tf.constant(next.positions()),
              tf.constant(next.targets()),
              tf.constant(next.weights())));
    }
    return feeds;
  }

  private static Operand<TInt32> matrix(Ops tf, Batch batch, int[] values) {
    return tf.constant(Shape.of(batch.rows(), batch.length()), DataBuffers.of(values));
  }

  @Override
  public String toString() {
    return "Λ %s, %s, smoothing %s, dropout %s, %s"
        .formatted(
            lambda.id(), targets, labelSmoothing, dropoutSeed == null ? "off" : "on", hiddenKey);
  }
}
