package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.Random;
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
        new EncoderConfig(
            type,
            VOCABULARY,
            HIDDEN,
            LAYERS,
            HEADS,
            INTERMEDIATE,
            POSITIONS,
            bert ? 2 : 1,
            1e-12,
            dropout,
            dropout,
            dropout,
            bert ? 0 : 1,
            EncoderConfig.Activation.GELU);
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
        "tiny-" + seed);
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
