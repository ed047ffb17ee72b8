package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Map;
import java.util.OptionalInt;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * ALBERT (Lan et al. 2020): BERT with embeddings of a width of their own, which a dense layer
 * brings to the residual stream's, and layers that share their weights. Consecutive layers use one
 * group of weights, and each layer is a group's inner layers one after another; an increment of a
 * shared weight is shared likewise. The pooler was pretrained with it.
 *
 * @param embeddingSize width of the embeddings
 * @param groups of weights, {@code num_hidden_groups}
 * @param innerLayers per group, {@code inner_group_num}
 */
public record Albert(int embeddingSize, int groups, int innerLayers) implements EncoderKind {
  private static final String PROJECTION = "encoder.embedding_hidden_mapping_in";

  static EncoderConfig read(ConfigFile file) throws IOException {
    return EncoderConfigBuilder.builder()
        .kind(
            new Albert(
                file.size("embedding_size"),
                file.size("num_hidden_groups", 1),
                file.size("inner_group_num", 1)))
        .vocabSize(file.size("vocab_size"))
        .hiddenSize(file.size("hidden_size"))
        .layers(file.size("num_hidden_layers"))
        .heads(file.size("num_attention_heads"))
        .intermediateSize(file.size("intermediate_size"))
        .maxPositions(file.size("max_position_embeddings"))
        .typeVocabSize(file.size("type_vocab_size"))
        .layerNormEpsilon(file.number("layer_norm_eps", 1e-12))
        .hiddenDropoutProbability(file.number("hidden_dropout_prob", 0))
        .attentionDropoutProbability(file.number("attention_probs_dropout_prob", 0))
        .classifierDropoutProbability(file.number("classifier_dropout_prob", 0.1))
        .padTokenId(file.size("pad_token_id", 0))
        .activation(file.activation("hidden_act", "gelu_new"))
        .build();
  }

  @Override
  public String title() {
    return "ALBERT";
  }

  @Override
  public String prefix() {
    return "albert.";
  }

  /** The pooler is part of the encoder, the output layer stands beside it. */
  @Override
  public String checkpointName(EncoderConfig config, String tensor) {
    return tensor.startsWith("classifier.") ? tensor : prefix() + tensor;
  }

  @Override
  public String family() {
    return "Albert";
  }

  @Override
  public Map<String, Object> fields(EncoderConfig config) {
    return EncoderConfigFile.fieldsOfEncoder(config, "albert")
        .put("type_vocab_size", config.typeVocabSize())
        .put("classifier_dropout_prob", config.classifierDropoutProbability())
        .put("embedding_size", embeddingSize)
        .put("num_hidden_groups", groups)
        .put("inner_group_num", innerLayers)
        .buildOrThrow();
  }

  @Override
  public void check(EncoderConfig config) {
    EncoderConfig.requirePositive("type_vocab_size", config.typeVocabSize());
    EncoderConfig.requirePositive("embedding_size", embeddingSize);
    EncoderConfig.requirePositive("inner_group_num", innerLayers);
    if (groups < 1 || groups > config.layers()) {
      throw new IllegalArgumentException(
          "num_hidden_groups is %d; it must be from 1 to num_hidden_layers, which is %d"
              .formatted(groups, config.layers()));
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
  public Map<String, long[]> denseLayers(EncoderConfig config) {
    ImmutableMap.Builder<String, long[]> layers = ImmutableMap.builder();
    layers.put(PROJECTION, new long[] {config.hiddenSize(), embeddingSize});
    for (int stored = 0; stored < groups * innerLayers; stored++) {
      stored(stored).denseLayers(config, layers);
    }
    return layers.buildOrThrow();
  }

  /** None: layers share their weights. */
  @Override
  public OptionalInt layerOf(String denseLayer) {
    return OptionalInt.empty();
  }

  /** A shared layer's weights count as often as they are used. */
  @Override
  public double weightsPerToken(EncoderConfig config) {
    double hidden = config.hiddenSize();
    return hidden * embeddingSize
        + config.layers() * innerLayers * hidden * (4 * hidden + 2.0 * config.intermediateSize());
  }

  @Override
  public Map<String, long[]> tensors(EncoderConfig config) {
    TensorShapes shapes = new TensorShapes();
    embeddings().addTensors(config, shapes);
    shapes.dense(denseLayers(config));
    for (int stored = 0; stored < groups * innerLayers; stored++) {
      stored(stored).layerNorms(config, shapes);
    }
    return shapes.build();
  }

  @Override
  public HeadLayers head(EncoderConfig config) {
    return new HeadLayers(
        "pooler",
        true,
        0,
        EncoderConfig.Activation.TANH,
        "classifier",
        config.classifierDropoutProbability());
  }

  @Override
  public <T extends TFloating> Operand<T> lastHiddenState(EncoderPass<T> pass) {
    EncoderConfig config = pass.config();
    Operand<T> x =
        pass.start(
            () ->
                pass.dense(
                    embeddings().of(pass, pass.positionsFromZero()), Layers.Scale.ONE, PROJECTION));
    PostNormLayers<T> layers =
        new PostNormLayers<>(
            pass,
            innerLayers,
            step -> stored(storedLayer(config, step)),
            config.hiddenDropoutProbability(),
            0);
    return pass.byRow(layers.apply(x, pass.maskBias()));
  }

  private Embeddings embeddings() {
    return new Embeddings(embeddingSize, true, true);
  }

  /** Which stored layer computes that step: layers are spread over the groups evenly. */
  private int storedLayer(EncoderConfig config, int step) {
    int layer = step / innerLayers;
    int group = (int) (layer / ((double) config.layers() / groups));
    return group * innerLayers + step % innerLayers;
  }

  private LayerNames stored(int layer) {
    String name =
        "encoder.albert_layer_groups.%d.albert_layers.%d"
            .formatted(layer / innerLayers, layer % innerLayers);
    return new LayerNames(
        name + ".attention.query",
        name + ".attention.key",
        name + ".attention.value",
        name + ".attention.dense",
        name + ".attention.LayerNorm",
        name + ".ffn",
        name + ".ffn_output",
        name + ".full_layer_layer_norm");
  }
}
