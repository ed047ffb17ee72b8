package org.bilora.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.bilora.text.WordTokenizer;
import org.bilora.weights.HostTensor;

/**
 * Encoders small enough for a test to train: two layers of width 16, weights drawn from a seed, a
 * tokenizer of words.
 */
public final class TinyEncoders {
  /** Width of the residual stream. */
  public static final int HIDDEN = 16;

  /** Token ids. */
  public static final int VOCABULARY = 64;

  /** Rows of the position embedding. */
  public static final int POSITIONS = 40;

  private static final int INTERMEDIATE = 32;
  private static final int LAYERS = 2;
  private static final int HEADS = 2;

  private TinyEncoders() {}

  /** A BERT with a pooler and dropout 0.1. */
  public static PretrainedEncoder bert(long seed) {
    return encoder(new Bert(), 0.1, seed, "pooler.dense", HIDDEN, "", 0);
  }

  /** A BERT with a pooler and without dropout. */
  public static PretrainedEncoder bertWithoutDropout(long seed) {
    return encoder(new Bert(), 0, seed, "pooler.dense", HIDDEN, "", 0);
  }

  /** A BERT of one layer with a pooler and dropout 0.1. */
  public static PretrainedEncoder bertOfOneLayer(long seed) {
    return drawn(config(new Bert(), 1, 0.1, 2), seed);
  }

  /** A RoBERTa without a head and with dropout 0.1. */
  public static PretrainedEncoder roberta(long seed) {
    return encoder(new Roberta(), 0.1, seed, "", 0, "", 0);
  }

  /** A BERT that was fine-tuned for that many labels: it has a pooler and a classifier. */
  public static PretrainedEncoder fineTunedBert(int labels, long seed) {
    return encoder(new Bert(), 0.1, seed, "pooler.dense", HIDDEN, "classifier", labels);
  }

  /** A RoBERTa that was fine-tuned for that many labels: it has both layers of the head. */
  public static PretrainedEncoder fineTunedRoberta(int labels, long seed) {
    return encoder(
        new Roberta(), 0.1, seed, "classifier.dense", HIDDEN, "classifier.out_proj", labels);
  }

  private static PretrainedEncoder encoder(
      EncoderKind type,
      double dropout,
      long seed,
      String dense,
      int denseOut,
      String output,
      int labels) {
    boolean bert = type instanceof Bert;
    EncoderConfig config =
        EncoderConfigBuilder.builder()
            .kind(type)
            .vocabSize(VOCABULARY)
            .hiddenSize(HIDDEN)
            .layers(LAYERS)
            .heads(HEADS)
            .intermediateSize(INTERMEDIATE)
            .maxPositions(POSITIONS)
            .typeVocabSize(bert ? 2 : 1)
            .layerNormEpsilon(1e-12)
            .hiddenDropoutProbability(dropout)
            .attentionDropoutProbability(dropout)
            .classifierDropoutProbability(dropout)
            .padTokenId(bert ? 0 : 1)
            .activation(EncoderConfig.Activation.GELU)
            .build();
    Values values = new Values(new Random(seed));
    values.matrix("embeddings.word_embeddings", VOCABULARY, HIDDEN);
    values.matrix("embeddings.position_embeddings", POSITIONS, HIDDEN);
    values.matrix("embeddings.token_type_embeddings", config.typeVocabSize(), HIDDEN);
    values.norm("embeddings.LayerNorm");
    for (int layer = 0; layer < LAYERS; layer++) {
      String name = "encoder.layer." + layer;
      values.dense(name + ".attention.self.query", HIDDEN, HIDDEN);
      values.dense(name + ".attention.self.key", HIDDEN, HIDDEN);
      values.dense(name + ".attention.self.value", HIDDEN, HIDDEN);
      values.dense(name + ".attention.output.dense", HIDDEN, HIDDEN);
      values.norm(name + ".attention.output.LayerNorm");
      values.dense(name + ".intermediate.dense", INTERMEDIATE, HIDDEN);
      values.dense(name + ".output.dense", HIDDEN, INTERMEDIATE);
      values.norm(name + ".output.LayerNorm");
    }
    if (denseOut > 0) {
      values.dense(dense, denseOut, HIDDEN);
    }
    if (labels > 0) {
      values.dense(output, labels, HIDDEN);
    }
    return new PretrainedEncoder(
        "tiny-" + (bert ? "bert" : "roberta"),
        config,
        values.weights.buildOrThrow(),
        new WordTokenizer(VOCABULARY, config.typeVocabSize()),
        EncoderHead.Pooling.POOLER,
        "drawn from seed " + seed,
        "tiny-" + seed,
        ImmutableMap.of());
  }

  /**
   * A tiny encoder of every kind but BERT and RoBERTa, in configurations that use all of the kind's
   * parts.
   *
   * @param dropout everywhere
   */
  public static List<PretrainedEncoder> otherKinds(double dropout, long seed) {
    DebertaV2.Distances bucketed = new DebertaV2.Distances(4, 12, true, true);
    DebertaV2.Distances own = new DebertaV2.Distances(0, 3, false, false);
    DebertaV2.Convolution convolution = new DebertaV2.Convolution(3, EncoderConfig.Activation.TANH);
    EncoderConfig.Activation gelu = EncoderConfig.Activation.GELU;
    return Stream.of(
            config(new DistilBert(), 1, dropout, 0),
            config(new Electra(8), 1, dropout, 2),
            config(new Albert(8, 1, 1), 2, dropout, 2),
            config(new MpNet(32), 1, dropout, 0),
            config(
                new DebertaV2(
                    Optional.of(bucketed), true, true, false, HIDDEN, Optional.empty(), 0, gelu),
                1,
                dropout,
                0),
            config(
                new DebertaV2(
                    Optional.of(own), true, true, true, 8, Optional.of(convolution), dropout, gelu),
                1,
                dropout,
                2),
            config(
                new ModernBert(
                    ImmutableList.of(true, false),
                    2,
                    100,
                    10,
                    new ModernBert.Biases(true, false, true, false),
                    dropout,
                    true,
                    gelu),
                2,
                dropout,
                0))
        .map(config -> drawn(config, seed))
        .toList();
  }

  /** A tiny encoder of every kind but RoBERTa, of two layers and without dropout. */
  public static List<PretrainedEncoder> kindsOfTwoLayers(long seed) {
    return Stream.concat(
            Stream.of(config(new Bert(), 2, 0, 2)),
            otherKinds(0, seed).stream()
                .map(PretrainedEncoder::config)
                .map(config -> config(config.kind(), 2, 0, config.typeVocabSize())))
        .map(config -> drawn(config, seed))
        .toList();
  }

  private static EncoderConfig config(EncoderKind kind, int layers, double dropout, int types) {
    return EncoderConfigBuilder.builder()
        .kind(kind)
        .vocabSize(VOCABULARY)
        .hiddenSize(HIDDEN)
        .layers(layers)
        .heads(HEADS)
        .intermediateSize(INTERMEDIATE)
        .maxPositions(POSITIONS)
        .typeVocabSize(types)
        .layerNormEpsilon(1e-12)
        .hiddenDropoutProbability(dropout)
        .attentionDropoutProbability(dropout)
        .classifierDropoutProbability(dropout)
        .padTokenId(1)
        .activation(EncoderConfig.Activation.GELU)
        .build();
  }

  /** Every tensor of a kind from a seed. */
  private static PretrainedEncoder drawn(EncoderConfig config, long seed) {
    Map<String, long[]> shapes = config.kind().tensors(config);
    Random random = new Random(seed);
    ImmutableMap.Builder<String, HostTensor> weights = ImmutableMap.builder();
    shapes.forEach(
        (name, shape) -> {
          boolean gain = shape.length == 1 && name.endsWith(".weight");
          int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
          float[] values = new float[size];
          for (int i = 0; i < size; i++) {
            double deviation = shape.length > 1 ? 0.2 : 0.1;
            values[i] = (float) ((gain ? 1 : 0) + deviation * random.nextGaussian());
          }
          weights.put(name, HostTensor.of(values, shape));
        });
    return new PretrainedEncoder(
        "tiny " + config.kind(),
        config,
        weights.buildOrThrow(),
        new WordTokenizer(VOCABULARY, Math.max(1, config.typeVocabSize())),
        EncoderHead.Pooling.POOLER,
        "drawn from seed " + seed,
        "tiny-" + seed,
        ImmutableMap.of());
  }

  private record Values(Random random, ImmutableMap.Builder<String, HostTensor> weights) {
    Values(Random random) {
      this(random, ImmutableMap.builder());
    }

    void matrix(String name, int rows, int columns) {
      weights.put(name + ".weight", HostTensor.of(normal(rows * columns, 0, 0.2), rows, columns));
    }

    void dense(String name, int out, int in) {
      matrix(name, out, in);
      weights.put(name + ".bias", HostTensor.of(normal(out, 0, 0.1), out));
    }

    void norm(String name) {
      weights.put(name + ".weight", HostTensor.of(normal(HIDDEN, 1, 0.1), HIDDEN));
      weights.put(name + ".bias", HostTensor.of(normal(HIDDEN, 0, 0.1), HIDDEN));
    }

    private float[] normal(int size, double mean, double standardDeviation) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = (float) (mean + standardDeviation * random.nextGaussian());
      }
      return values;
    }
  }
}
