package org.bilora.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * ModernBERT (Warner et al. 2024): layers with layer normalisation before each part, positions by
 * rotation of queries and keys ({@link RotaryPositions}), attention to all tokens in some layers
 * and to near ones in the others, and a gated feed-forward layer:
 *
 * <pre>
 * x ← x + dropout(Wo(attention(attn_norm(x))))
 * x ← x + Wo(dropout(σ(a) ∘ b))      (a, b) = Wi(mlp_norm(x))
 * </pre>
 *
 * <p>Its checkpoints hold query, key and value in one matrix, {@code Wqkv}; here each is a layer of
 * its own. The head's dense layer and normalisation were pretrained with it.
 *
 * @param global by layer, whether its tokens see all others
 * @param near how many tokens to either side those of the other layers see
 * @param globalTheta base of the rotation's wavelengths in layers that see all tokens
 * @param localTheta the same in the other layers
 * @param biases which layers have one
 * @param mlpDropoutProbability before the feed-forward layer's output
 * @param meanOverTokens whether the head reads the mean over tokens; else the first token
 * @param headActivation behind the head's dense layer
 */
public record ModernBert(
    List<Boolean> global,
    int near,
    double globalTheta,
    double localTheta,
    Biases biases,
    double mlpDropoutProbability,
    boolean meanOverTokens,
    EncoderConfig.Activation headActivation)
    implements EncoderKind {
  /** Keeps copies of the collections. */
  public ModernBert {
    global = ImmutableList.copyOf(global);
  }

  private static final int PAD_TOKEN_ID = 50283;
  private static final double GLOBAL_THETA = 160_000;
  private static final double LOCAL_THETA = 10_000;
  private static final String FULL = "full_attention";
  private static final String SLIDING = "sliding_attention";
  private static final String EMBEDDING = "embeddings.tok_embeddings";
  private static final String EMBEDDING_NORM = "embeddings.norm";
  private static final String FINAL_NORM = "final_norm";

  /** Which layers have a bias, and which layer normalisations a shift. */
  public record Biases(boolean norms, boolean attention, boolean mlp, boolean head) {}

  static EncoderConfig read(ConfigFile file) throws IOException {
    int layers = file.size("num_hidden_layers");
    int hidden = file.size("hidden_size");
    int heads = file.size("num_attention_heads");
    if (file.has("head_dim")) {
      file.requireValue("head_dim", Integer.toString(hidden / Math.max(1, heads)));
    }
    if (file.has("rope_scaling")) {
      throw file.unsupported("rope_scaling", "null");
    }
    String pooling = file.text("classifier_pooling", "cls");
    if (!List.of("cls", "mean").contains(pooling)) {
      throw file.unsupported("classifier_pooling", "cls, mean");
    }
    ModernBert kind =
        new ModernBert(
            global(file, layers),
            file.size("local_attention", 128) / 2,
            theta(file, FULL, "global_rope_theta", GLOBAL_THETA),
            theta(file, SLIDING, "local_rope_theta", LOCAL_THETA),
            new Biases(
                file.flag("norm_bias", false),
                file.flag("attention_bias", false),
                file.flag("mlp_bias", false),
                file.flag("classifier_bias", false)),
            file.number("mlp_dropout", 0),
            pooling.equals("mean"),
            file.activation("classifier_activation", "gelu"));
    return EncoderConfigBuilder.builder()
        .kind(kind)
        .vocabSize(file.size("vocab_size"))
        .hiddenSize(hidden)
        .layers(layers)
        .heads(heads)
        .intermediateSize(file.size("intermediate_size"))
        .maxPositions(file.size("max_position_embeddings"))
        .typeVocabSize(0)
        .layerNormEpsilon(file.number("norm_eps", 1e-5))
        .hiddenDropoutProbability(file.number("embedding_dropout", 0))
        .attentionDropoutProbability(file.number("attention_dropout", 0))
        .classifierDropoutProbability(file.number("classifier_dropout", 0))
        .padTokenId(file.size("pad_token_id", PAD_TOKEN_ID))
        .activation(file.activation("hidden_activation", "gelu"))
        .build();
  }

  private static List<Boolean> global(ConfigFile file, int layers) throws IOException {
    ImmutableList.Builder<Boolean> global = ImmutableList.builder();
    if (file.has("layer_types")) {
      for (JsonNode type : file.root().get("layer_types")) {
        if (!List.of(FULL, SLIDING).contains(type.asText())) {
          throw new IOException(
              "%s: layer_types has %s; supported: %s, %s"
                  .formatted(file.file(), type, FULL, SLIDING));
        }
        global.add(type.asText().equals(FULL));
      }
    } else {
      int every = file.size("global_attn_every_n_layers", 3);
      EncoderConfig.requirePositive("global_attn_every_n_layers", every);
      for (int layer = 0; layer < layers; layer++) {
        global.add(layer % every == 0);
      }
    }
    return global.build();
  }

  /** From the table of rotations, or an older configuration's own field. */
  private static double theta(ConfigFile file, String layers, String older, double otherwise)
      throws IOException {
    JsonNode rotation = file.root().path("rope_parameters").path(layers);
    String type = rotation.path("rope_type").asText("default");
    if (!type.equals("default")) {
      throw new IOException(
          "%s: rope_parameters.%s.rope_type is %s; supported: default"
              .formatted(file.file(), layers, type));
    }
    return rotation.has("rope_theta")
        ? rotation.get("rope_theta").asDouble()
        : file.number(older, otherwise);
  }

  @Override
  public String title() {
    return "ModernBERT";
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public String family() {
    return "ModernBert";
  }

  @Override
  public Map<String, Object> fields(EncoderConfig config) {
    return ImmutableMap.<String, Object>builder()
        .put("model_type", "modernbert")
        .put("vocab_size", config.vocabSize())
        .put("hidden_size", config.hiddenSize())
        .put("num_hidden_layers", config.layers())
        .put("num_attention_heads", config.heads())
        .put("intermediate_size", config.intermediateSize())
        .put("max_position_embeddings", config.maxPositions())
        .put("norm_eps", config.layerNormEpsilon())
        .put("embedding_dropout", config.hiddenDropoutProbability())
        .put("attention_dropout", config.attentionDropoutProbability())
        .put("classifier_dropout", config.classifierDropoutProbability())
        .put("mlp_dropout", mlpDropoutProbability)
        .put("pad_token_id", config.padTokenId())
        .put("hidden_activation", config.activation().names().get(0))
        .put("classifier_activation", headActivation.names().get(0))
        .put("classifier_pooling", meanOverTokens ? "mean" : "cls")
        .put("norm_bias", biases.norms())
        .put("attention_bias", biases.attention())
        .put("mlp_bias", biases.mlp())
        .put("classifier_bias", biases.head())
        .put("local_attention", 2 * near)
        .put("layer_types", global.stream().map(all -> all ? FULL : SLIDING).toList())
        .put(
            "rope_parameters",
            ImmutableMap.of(FULL, rotation(globalTheta), SLIDING, rotation(localTheta)))
        .buildOrThrow();
  }

  private static ImmutableMap<String, Object> rotation(double theta) {
    return ImmutableMap.of("rope_type", "default", "rope_theta", theta);
  }

  @Override
  public void check(EncoderConfig config) {
    EncoderConfig.requireProbability("mlp_dropout", mlpDropoutProbability);
    if (global.size() != config.layers()) {
      throw new IllegalArgumentException(
          "layer_types has %d entries; it must have one for each of the %d layers"
              .formatted(global.size(), config.layers()));
    }
    if (config.headSize() % 2 != 0) {
      throw new IllegalArgumentException(
          "hidden_size / num_attention_heads is %d; a rotation needs an even number"
              .formatted(config.headSize()));
    }
    if (!(globalTheta > 0 && localTheta > 0)) {
      throw new IllegalArgumentException(
          "rope_theta is %s for global and %s for local attention; it must be above 0"
              .formatted(globalTheta, localTheta));
    }
  }

  @Override
  public int maxTokens(EncoderConfig config) {
    return config.maxPositions();
  }

  @Override
  public boolean segments(EncoderConfig config) {
    return false;
  }

  @Override
  public Map<String, long[]> denseLayers(EncoderConfig config) {
    long hidden = config.hiddenSize();
    long intermediate = config.intermediateSize();
    ImmutableMap.Builder<String, long[]> layers = ImmutableMap.builder();
    for (int layer = 0; layer < config.layers(); layer++) {
      queryKeyValue(layer).forEach(name -> layers.put(name, new long[] {hidden, hidden}));
      layers.put(name(layer, "attn.Wo"), new long[] {hidden, hidden});
      layers.put(name(layer, "mlp.Wi"), new long[] {2 * intermediate, hidden});
      layers.put(name(layer, "mlp.Wo"), new long[] {hidden, intermediate});
    }
    return layers.buildOrThrow();
  }

  @Override
  public Map<String, List<String>> stacked(EncoderConfig config) {
    ImmutableMap.Builder<String, List<String>> stacked = ImmutableMap.builder();
    for (int layer = 0; layer < config.layers(); layer++) {
      stacked.put(name(layer, "attn.Wqkv"), queryKeyValue(layer));
    }
    return stacked.buildOrThrow();
  }

  @Override
  public Map<String, long[]> tensors(EncoderConfig config) {
    long hidden = config.hiddenSize();
    TensorShapes shapes =
        new TensorShapes()
            .matrix(EMBEDDING, config.vocabSize(), hidden)
            .layerNorm(EMBEDDING_NORM, hidden, biases.norms());
    denseLayers(config)
        .forEach(
            (name, shape) ->
                shapes.dense(
                    name,
                    shape[0],
                    shape[1],
                    name.contains(".attn.") ? biases.attention() : biases.mlp()));
    for (int layer = 0; layer < config.layers(); layer++) {
      if (layer > 0) {
        shapes.layerNorm(name(layer, "attn_norm"), hidden, biases.norms());
      }
      shapes.layerNorm(name(layer, "mlp_norm"), hidden, biases.norms());
    }
    return shapes.layerNorm(FINAL_NORM, hidden, biases.norms()).build();
  }

  @Override
  public HeadLayers head(EncoderConfig config) {
    return new HeadLayers(
        "head.dense",
        biases.head(),
        true,
        0,
        headActivation,
        Optional.of(new HeadLayers.Norm("head.norm", biases.norms(), config.layerNormEpsilon())),
        "classifier",
        config.classifierDropoutProbability(),
        meanOverTokens);
  }

  @Override
  public <T extends TFloating> Operand<T> lastHiddenState(EncoderPass<T> pass) {
    Ops tf = pass.tf();
    EncoderConfig config = pass.config();
    Operand<TInt32> positions = pass.inputs().positions(tf);
    RotaryPositions globally = RotaryPositions.of(tf, positions, config.headSize(), globalTheta);
    RotaryPositions locally = RotaryPositions.of(tf, positions, config.headSize(), localTheta);
    Operand<TFloat32> everywhere = pass.maskBias();
    Operand<TFloat32> nearby = tf.math.add(everywhere, distanceBias(tf, positions));
    Operand<T> x = pass.start(() -> embedded(pass));
    for (int layer = pass.span().from(); layer < pass.span().to(); layer++) {
      int number = layer;
      RotaryPositions rotation = global.get(layer) ? globally : locally;
      Operand<TFloat32> bias = global.get(layer) ? everywhere : nearby;
      x = pass.layer(x, (inside, read) -> layer(inside, number, read, rotation, bias));
    }
    return pass.byRow(
        pass.span().to() == config.layers() ? pass.layerNorm(FINAL_NORM, x, biases.norms()) : x);
  }

  private <T extends TFloating> Operand<T> layer(
      EncoderPass<T> pass,
      int layer,
      Operand<T> x,
      RotaryPositions rotation,
      Operand<TFloat32> bias) {
    Ops tf = pass.tf();
    Operand<T> mixed = tf.math.add(x, attention(pass, layer, x, rotation, bias));
    return tf.math.add(mixed, feedForward(pass, layer, mixed));
  }

  /** dropout(LayerNorm(words)), {@code [tokens, hidden]}. */
  private <T extends TFloating> Operand<T> embedded(EncoderPass<T> pass) {
    Operand<T> words = pass.lookUp(EMBEDDING, pass.inputs().inputIds());
    Operand<T> flat = pass.byToken(words, pass.config().hiddenSize());
    return pass.hiddenDropout(pass.layerNorm(EMBEDDING_NORM, flat, biases.norms()));
  }

  /** 0 for keys that are near, a large negative value elsewhere, {@code [1, 1, length, length]}. */
  private Operand<TFloat32> distanceBias(Ops tf, Operand<TInt32> positions) {
    Operand<TInt32> distances =
        tf.math.sub(
            tf.expandDims(positions, tf.constant(1)), tf.expandDims(positions, tf.constant(0)));
    Operand<TFloat32> allowed =
        tf.dtypes.cast(
            tf.math.lessEqual(tf.math.abs(distances), tf.constant(near)), TFloat32.class);
    Operand<TFloat32> bias = Layers.maskBias(tf, allowed);
    return tf.expandDims(tf.expandDims(bias, tf.constant(0)), tf.constant(0));
  }

  /**
   * dropout(Wo(attention(attn_norm(x)))), {@code [tokens, hidden]}; the first layer has no norm.
   */
  private <T extends TFloating> Operand<T> attention(
      EncoderPass<T> pass,
      int layer,
      Operand<T> x,
      RotaryPositions rotation,
      Operand<TFloat32> bias) {
    Ops tf = pass.tf();
    EncoderConfig config = pass.config();
    Operand<T> read = layer == 0 ? x : pass.layerNorm(name(layer, "attn_norm"), x, biases.norms());
    Operand<T> joint =
        pass.dense(
            read,
            Layers.Scale.ONE,
            biases.attention(),
            queryKeyValue(layer).toArray(String[]::new));
    List<Operand<T>> parts =
        Layers.queryKeyValue(
            tf, joint, pass.inputs().inputIds(), config.heads(), config.headSize());
    Operand<T> mixed =
        Layers.attention(
            tf,
            Layers.scaled(tf, rotation.turned(tf, parts.get(0)), config.headSize()),
            rotation.turned(tf, parts.get(1)),
            parts.get(2),
            bias,
            pass.dropout(),
            config.attentionDropoutProbability());
    Operand<T> joined = Layers.joinedHeads(tf, mixed, config.hiddenSize());
    Operand<T> out =
        pass.dense(joined, Layers.Scale.ONE, biases.attention(), name(layer, "attn.Wo"));
    return pass.dropout().apply(tf, out, config.attentionDropoutProbability());
  }

  /** Wo(dropout(σ(a) ∘ b)), {@code [tokens, hidden]}. */
  private <T extends TFloating> Operand<T> feedForward(
      EncoderPass<T> pass, int layer, Operand<T> x) {
    Ops tf = pass.tf();
    Operand<T> read = pass.layerNorm(name(layer, "mlp_norm"), x, biases.norms());
    Operand<T> wide = pass.dense(read, Layers.Scale.ONE, biases.mlp(), name(layer, "mlp.Wi"));
    List<Output<T>> halves = tf.split(tf.constant(1), wide, 2L).output();
    Operand<T> active = Layers.activated(tf, pass.config().activation(), halves.get(0));
    Operand<T> gated = tf.math.mul(active, halves.get(1));
    Operand<T> dropped = pass.dropout().apply(tf, gated, mlpDropoutProbability);
    Operand<T> out = pass.dense(dropped, Layers.Scale.ONE, biases.mlp(), name(layer, "mlp.Wo"));
    return pass.dropout().applyBehindFeedForward(tf, out, 0);
  }

  private static String name(int layer, String part) {
    return "layers.%d.%s".formatted(layer, part);
  }

  /** In the order of {@code Wqkv}'s rows. */
  private static List<String> queryKeyValue(int layer) {
    return ImmutableList.of(
        name(layer, "attn.Wqkv.query"),
        name(layer, "attn.Wqkv.key"),
        name(layer, "attn.Wqkv.value"));
  }
}
