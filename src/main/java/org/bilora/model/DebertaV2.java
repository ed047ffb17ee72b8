package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * DeBERTa-v2 and v3 (He et al. 2021, 2023): post-layer-norm layers whose attention scores have a
 * part for content and parts for the distance between two tokens ({@link DisentangledAttention}),
 * and in the large v2 models a convolution beside the first layer. v3 differs from v2 in its
 * pretraining and its values of these options.
 *
 * @param distances how attention reads distances; empty for content alone
 * @param contentToPosition whether {@code pos_att_type} has {@code c2p}
 * @param positionToContent whether {@code pos_att_type} has {@code p2c}
 * @param absolutePositions whether the embeddings have positions, {@code position_biased_input}
 * @param embeddingSize width of the embeddings
 * @param convolution beside the first layer
 * @param poolerDropoutProbability before the pooler
 * @param poolerActivation behind the pooler
 */
public record DebertaV2(
    Optional<Distances> distances,
    boolean contentToPosition,
    boolean positionToContent,
    boolean absolutePositions,
    int embeddingSize,
    Optional<Convolution> convolution,
    double poolerDropoutProbability,
    EncoderConfig.Activation poolerActivation)
    implements EncoderKind {
  private static final String PROJECTION = "embeddings.embed_proj";
  private static final String DISTANCES = "encoder.rel_embeddings";
  private static final String DISTANCES_NORM = "encoder.LayerNorm";

  /**
   * How attention reads distances.
   *
   * @param buckets {@code position_buckets}: distances share by logarithm; 0 for every distance its
   *     own
   * @param farthest {@code max_relative_positions}
   * @param shared {@code share_att_key}: whether distances go through the layers of query and key
   * @param normalized whether {@code norm_rel_ebd} is {@code layer_norm}
   */
  public record Distances(int buckets, int farthest, boolean shared, boolean normalized) {
    /** Half the rows of the table of distances. */
    int span() {
      return buckets > 0 ? buckets : farthest;
    }
  }

  /**
   * LayerNorm(first layer's output + σ(dropout(convolution(embeddings)))).
   *
   * @param width {@code conv_kernel_size}, tokens that one output reads
   * @param activation σ, {@code conv_act}
   */
  public record Convolution(int width, EncoderConfig.Activation activation) {}

  static EncoderConfig read(ConfigFile file) throws IOException {
    int hidden = file.size("hidden_size");
    int positions = file.size("max_position_embeddings");
    int heads = file.size("num_attention_heads");
    double hiddenDropout = file.number("hidden_dropout_prob", 0.1);
    file.requireValue("conv_groups", "1");
    file.requireValue("pooler_hidden_size", Integer.toString(hidden));
    if (file.has("attention_head_size")) {
      file.requireValue("attention_head_size", Integer.toString(hidden / Math.max(1, heads)));
    }
    Set<String> parts = file.words("pos_att_type", ImmutableSet.of("c2p", "p2c"));
    return EncoderConfigBuilder.builder()
        .kind(
            new DebertaV2(
                distances(file, positions),
                parts.contains("c2p"),
                parts.contains("p2c"),
                file.flag("position_biased_input", true),
                file.size("embedding_size", hidden),
                convolution(file),
                file.number("pooler_dropout", 0),
                file.activation("pooler_hidden_act", "gelu")))
        .vocabSize(file.size("vocab_size"))
        .hiddenSize(hidden)
        .layers(file.size("num_hidden_layers"))
        .heads(heads)
        .intermediateSize(file.size("intermediate_size"))
        .maxPositions(positions)
        .typeVocabSize(file.size("type_vocab_size", 0))
        .layerNormEpsilon(file.number("layer_norm_eps", 1e-7))
        .hiddenDropoutProbability(hiddenDropout)
        .attentionDropoutProbability(file.number("attention_probs_dropout_prob", 0.1))
        .classifierDropoutProbability(file.number("cls_dropout", hiddenDropout))
        .padTokenId(file.size("pad_token_id", 0))
        .activation(file.activation("hidden_act", "gelu"))
        .build();
  }

  private static Optional<Distances> distances(ConfigFile file, int positions) throws IOException {
    if (!file.flag("relative_attention", false)) {
      return Optional.empty();
    }
    int farthest = file.integer("max_relative_positions", -1);
    return Optional.of(
        new Distances(
            Math.max(0, file.integer("position_buckets", -1)),
            farthest < 1 ? positions : farthest,
            file.flag("share_att_key", false),
            file.words("norm_rel_ebd", ImmutableSet.of("none", "layer_norm"))
                .contains("layer_norm")));
  }

  private static Optional<Convolution> convolution(ConfigFile file) throws IOException {
    int width = file.size("conv_kernel_size", 0);
    return width == 0
        ? Optional.empty()
        : Optional.of(new Convolution(width, file.activation("conv_act", "tanh")));
  }

  @Override
  public String title() {
    return "DeBERTa-v2";
  }

  @Override
  public String prefix() {
    return "deberta.";
  }

  @Override
  public String family() {
    return "DebertaV2";
  }

  @Override
  public Map<String, Object> fields(EncoderConfig config) {
    return EncoderConfigFile.fieldsOfEncoder(config, "deberta-v2")
        .put("type_vocab_size", config.typeVocabSize())
        .put("cls_dropout", config.classifierDropoutProbability())
        .put("embedding_size", embeddingSize)
        .put("position_biased_input", absolutePositions)
        .put("pooler_dropout", poolerDropoutProbability)
        .put("pooler_hidden_act", poolerActivation.names().get(0))
        .put("pooler_hidden_size", config.hiddenSize())
        .put("pos_att_type", attentionParts())
        .put("relative_attention", distances.isPresent())
        .put("position_buckets", distances.map(Distances::buckets).filter(n -> n > 0).orElse(-1))
        .put("max_relative_positions", distances.map(Distances::farthest).orElse(-1))
        .put("share_att_key", distances.map(Distances::shared).orElse(false))
        .put("norm_rel_ebd", normalizesDistances() ? "layer_norm" : "none")
        .put("conv_kernel_size", convolution.map(Convolution::width).orElse(0))
        .put("conv_act", convolution.map(layer -> layer.activation().names().get(0)).orElse("tanh"))
        .buildOrThrow();
  }

  private List<String> attentionParts() {
    List<String> parts = new ArrayList<>();
    if (contentToPosition) {
      parts.add("c2p");
    }
    if (positionToContent) {
      parts.add("p2c");
    }
    return parts;
  }

  @Override
  public void check(EncoderConfig config) {
    EncoderConfig.requirePositive("embedding_size", embeddingSize);
    EncoderConfig.requireProbability("pooler_dropout", poolerDropoutProbability);
    if (convolution.isPresent() && convolution.get().width() % 2 == 0) {
      throw new IllegalArgumentException(
          "conv_kernel_size is %d; it must be odd".formatted(convolution.get().width()));
    }
    if (distances.isPresent() && distances.get().buckets() > 0) {
      int buckets = distances.get().buckets();
      int middle = buckets / 2;
      if (middle < 1 || distances.get().farthest() - 1 <= middle) {
        throw new IllegalArgumentException(
            "position_buckets is %d; it must be from 2 to below 2 (max_relative_positions − 1) = %d"
                .formatted(buckets, 2 * (distances.get().farthest() - 1)));
      }
    }
  }

  @Override
  public int maxTokens(EncoderConfig config) {
    return config.maxPositions();
  }

  @Override
  public boolean segments(EncoderConfig config) {
    return config.typeVocabSize() > 1;
  }

  @Override
  public Map<String, String> layerRoles() {
    return ImmutableMap.of("query", "query_proj", "key", "key_proj", "value", "value_proj");
  }

  /** Queries and keys are made of distances too, which all rows share. */
  @Override
  public boolean readsTokensOnly() {
    return false;
  }

  @Override
  public Map<String, long[]> denseLayers(EncoderConfig config) {
    long hidden = config.hiddenSize();
    ImmutableMap.Builder<String, long[]> layers = ImmutableMap.builder();
    for (int layer = 0; layer < config.layers(); layer++) {
      names(layer).denseLayers(config, layers);
      if (distances.isPresent() && !distances.get().shared()) {
        if (contentToPosition) {
          layers.put(positionKey(layer), new long[] {hidden, hidden});
        }
        if (positionToContent) {
          layers.put(positionQuery(layer), new long[] {hidden, hidden});
        }
      }
    }
    return layers.buildOrThrow();
  }

  /** Without those that only distances go through. */
  @Override
  public double weightsPerToken(EncoderConfig config) {
    double hidden = config.hiddenSize();
    return config.layers() * hidden * (4 * hidden + 2.0 * config.intermediateSize());
  }

  @Override
  public Map<String, long[]> tensors(EncoderConfig config) {
    long hidden = config.hiddenSize();
    TensorShapes shapes = new TensorShapes();
    embeddings(config).addTables(config, shapes);
    if (embeddingSize != hidden) {
      shapes.matrix(PROJECTION, hidden, embeddingSize);
    }
    shapes.layerNorm(Embeddings.NORM, hidden);
    if (distances.isPresent()) {
      shapes.matrix(DISTANCES, 2L * distances.get().span(), hidden);
    }
    if (normalizesDistances()) {
      shapes.layerNorm(DISTANCES_NORM, hidden);
    }
    convolution.ifPresent(
        convolution -> TokenConvolution.addTensors(shapes, hidden, convolution.width()));
    shapes.dense(denseLayers(config));
    for (int layer = 0; layer < config.layers(); layer++) {
      names(layer).layerNorms(config, shapes);
    }
    return shapes.build();
  }

  private boolean normalizesDistances() {
    return distances.isPresent() && distances.get().normalized();
  }

  @Override
  public HeadLayers head(EncoderConfig config) {
    return new HeadLayers(
        "pooler.dense",
        false,
        poolerDropoutProbability,
        poolerActivation,
        "classifier",
        config.classifierDropoutProbability());
  }

  @Override
  public <T extends TFloating> Operand<T> lastHiddenState(EncoderPass<T> pass) {
    EncoderConfig config = pass.config();
    Operand<T> start = pass.start(() -> embedded(pass));
    Optional<Operand<T>> table = distances.map(read -> distanceTable(pass, read));
    PostNormLayers<T> layers = PostNormLayers.of(pass, DebertaV2::names);
    Layers.ScaledActivation activation = Layers.ScaledActivation.of(config.activation(), start);
    Operand<TFloat32> bias = pass.maskBias();
    Operand<T> x = start;
    for (int layer = pass.span().from(); layer < pass.span().to(); layer++) {
      int number = layer;
      x =
          pass.layer(
              x,
              (inside, read) -> {
                Operand<T> attended =
                    new DisentangledAttention<>(
                            inside, this, names(number), positionKey(number), positionQuery(number))
                        .of(read, table, bias);
                return layers.building(inside).layer(names(number), activation, read, attended);
              });
      if (layer == 0 && convolution.isPresent()) {
        x = TokenConvolution.added(pass, convolution.get(), start, x);
      }
    }
    return pass.byRow(x);
  }

  /** dropout(LayerNorm(embeddings)), 0 at padding. */
  private <T extends TFloating> Operand<T> embedded(EncoderPass<T> pass) {
    Ops tf = pass.tf();
    Embeddings embeddings = embeddings(pass.config());
    Operand<T> sum = embeddings.sum(pass, pass.positionsFromZero());
    if (embeddingSize != pass.config().hiddenSize()) {
      Operand<T> kernel = pass.weights().get(PROJECTION + ".weight");
      sum = tf.linalg.matMul(sum, kernel, MatMul.transposeB(true));
    }
    Operand<T> normalized = embeddings.normalized(pass, sum);
    return pass.hiddenDropout(tf.math.mul(normalized, pass.maskByToken(normalized)));
  }

  /** Rows of distances, {@code [2 span, hidden]}. */
  private static <T extends TFloating> Operand<T> distanceTable(
      EncoderPass<T> pass, Distances distances) {
    Operand<T> table = pass.weights().get(DISTANCES + ".weight");
    return distances.normalized() ? pass.layerNorm(DISTANCES_NORM, table) : table;
  }

  private Embeddings embeddings(EncoderConfig config) {
    return new Embeddings(embeddingSize, absolutePositions, config.typeVocabSize() > 0);
  }

  private static LayerNames names(int layer) {
    String name = "encoder.layer." + layer;
    return new LayerNames(
        name + ".attention.self.query_proj",
        name + ".attention.self.key_proj",
        name + ".attention.self.value_proj",
        name + ".attention.output.dense",
        name + ".attention.output.LayerNorm",
        name + ".intermediate.dense",
        name + ".output.dense",
        name + ".output.LayerNorm");
  }

  private static String positionKey(int layer) {
    return "encoder.layer.%d.attention.self.pos_key_proj".formatted(layer);
  }

  private static String positionQuery(int layer) {
    return "encoder.layer.%d.attention.self.pos_query_proj".formatted(layer);
  }
}
