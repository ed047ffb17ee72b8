package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * MPNet (Song et al. 2020): RoBERTa without token types, and with a bias on attention scores for
 * each head and bucket of distances, the same in every layer.
 *
 * @param bucketRows rows of the table of biases, of which the first 32 are used
 */
public record MpNet(int bucketRows) implements EncoderKind {
  private static final int PAD_TOKEN_ID = 1;
  private static final int BUCKETS = 32;
  private static final int FARTHEST = 128;
  private static final String BIAS = "encoder.relative_attention_bias";

  static EncoderConfig read(ConfigFile file) throws IOException {
    double hiddenDropout = file.number("hidden_dropout_prob", 0.1);
    return EncoderConfigBuilder.builder()
        .kind(new MpNet(file.size("relative_attention_num_buckets", BUCKETS)))
        .vocabSize(file.size("vocab_size"))
        .hiddenSize(file.size("hidden_size"))
        .layers(file.size("num_hidden_layers"))
        .heads(file.size("num_attention_heads"))
        .intermediateSize(file.size("intermediate_size"))
        .maxPositions(file.size("max_position_embeddings"))
        .typeVocabSize(0)
        .layerNormEpsilon(file.number("layer_norm_eps", 1e-12))
        .hiddenDropoutProbability(hiddenDropout)
        .attentionDropoutProbability(file.number("attention_probs_dropout_prob", 0.1))
        .classifierDropoutProbability(hiddenDropout)
        .padTokenId(file.size("pad_token_id", PAD_TOKEN_ID))
        .activation(file.activation("hidden_act", "gelu"))
        .build();
  }

  @Override
  public String title() {
    return "MPNet";
  }

  @Override
  public String prefix() {
    return "mpnet.";
  }

  @Override
  public String family() {
    return "MPNet";
  }

  @Override
  public Map<String, Object> fields(EncoderConfig config) {
    return EncoderConfigFile.fieldsOfEncoder(config, "mpnet")
        .put("relative_attention_num_buckets", bucketRows)
        .buildOrThrow();
  }

  @Override
  public void check(EncoderConfig config) {
    if (config.padTokenId() != PAD_TOKEN_ID) {
      throw new IllegalArgumentException(
          "pad_token_id is %d; MPNet counts positions by the padding token %d"
              .formatted(config.padTokenId(), PAD_TOKEN_ID));
    }
    if (bucketRows < BUCKETS) {
      throw new IllegalArgumentException(
          "relative_attention_num_buckets is %d; MPNet's distances need %d or more"
              .formatted(bucketRows, BUCKETS));
    }
    EncoderConfig.requirePositive(
        "max_position_embeddings less %d".formatted(PAD_TOKEN_ID + 1), maxTokens(config));
  }

  @Override
  public int maxTokens(EncoderConfig config) {
    return config.maxPositions() - PAD_TOKEN_ID - 1;
  }

  @Override
  public boolean segments(EncoderConfig config) {
    return false;
  }

  @Override
  public Map<String, String> layerRoles() {
    return ImmutableMap.of("query", "q", "key", "k", "value", "v");
  }

  @Override
  public Map<String, long[]> denseLayers(EncoderConfig config) {
    return LayerNames.denseLayers(config, MpNet::names);
  }

  @Override
  public Map<String, long[]> tensors(EncoderConfig config) {
    TensorShapes shapes = new TensorShapes();
    embeddings(config).addTensors(config, shapes);
    shapes.matrix(BIAS, bucketRows, config.heads());
    LayerNames.tensors(config, MpNet::names, shapes);
    return shapes.build();
  }

  @Override
  public HeadLayers head(EncoderConfig config) {
    return new HeadLayers(
        "classifier.dense",
        false,
        config.classifierDropoutProbability(),
        EncoderConfig.Activation.TANH,
        "classifier.out_proj",
        config.classifierDropoutProbability());
  }

  @Override
  public <T extends TFloating> Operand<T> lastHiddenState(EncoderPass<T> pass) {
    Operand<T> x =
        pass.start(() -> embeddings(pass.config()).of(pass, pass.positionsBehindPadding()));
    Operand<TFloat32> bias = pass.tf().math.add(pass.maskBias(), distanceBias(pass));
    return pass.byRow(PostNormLayers.of(pass, MpNet::names).apply(x, bias));
  }

  /** {@code [1, heads, length, length]}, by query and key. */
  private static <T extends TFloating> Operand<TFloat32> distanceBias(EncoderPass<T> pass) {
    Ops tf = pass.tf();
    int longest = pass.config().maxTokens();
    int[] buckets = new int[2 * longest];
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = bucket(i - longest);
    }
    Operand<TInt32> byDistance = pass.inputs().aroundZero(tf, buckets); // [2 length]
    Operand<T> table = pass.lookUp(BIAS, byDistance); // [2 length, heads]
    Operand<T> byHead = tf.linalg.transpose(table, tf.constant(new int[] {1, 0}));
    Operand<T> rows =
        tf.broadcastTo(
            tf.expandDims(byHead, tf.constant(1)),
            pass.inputs()
                .sizes(tf, new int[] {pass.config().heads()}, new int[] {0, 1}, new int[] {0, 2}));
    Operand<T> bias = RelativeScores.byKey(tf, pass.inputs(), rows, pass.config().heads());
    return tf.dtypes.cast(bias, TFloat32.class);
  }

  /**
   * The bucket of a distance: small ones have their own, larger ones share by logarithm; keys after
   * the query have the upper half. In float32, as the pretraining computed it.
   *
   * @param distance key − query
   */
  static int bucket(int distance) {
    int half = BUCKETS / 2;
    int exact = half / 2;
    int upper = distance > 0 ? half : 0;
    int far = Math.abs(distance);
    if (far < exact) {
      return upper + far;
    }
    float share =
        (float) Math.log((float) far / exact) / (float) Math.log(FARTHEST / (double) exact);
    return upper + Math.min(exact + (int) (share * (half - exact)), half - 1);
  }

  private static Embeddings embeddings(EncoderConfig config) {
    return new Embeddings(config.hiddenSize(), true, false);
  }

  private static LayerNames names(int layer) {
    String name = "encoder.layer." + layer;
    return new LayerNames(
        name + ".attention.attn.q",
        name + ".attention.attn.k",
        name + ".attention.attn.v",
        name + ".attention.attn.o",
        name + ".attention.LayerNorm",
        name + ".intermediate.dense",
        name + ".output.dense",
        name + ".output.LayerNorm");
  }
}
