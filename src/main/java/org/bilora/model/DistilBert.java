package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * DistilBERT (Sanh et al. 2019): BERT without token types and pooler. Its classifier has a dense
 * layer of its own with max(x, 0), and reads at its own dropout rate.
 */
public record DistilBert() implements EncoderKind {
  private static final double LAYER_NORM_EPSILON = 1e-12;
  private static final double CLASSIFIER_DROPOUT = 0.2;

  static EncoderConfig read(ConfigFile file) throws IOException {
    return EncoderConfigBuilder.builder()
        .kind(new DistilBert())
        .vocabSize(file.size("vocab_size"))
        .hiddenSize(file.size("dim"))
        .layers(file.size("n_layers"))
        .heads(file.size("n_heads"))
        .intermediateSize(file.size("hidden_dim"))
        .maxPositions(file.size("max_position_embeddings"))
        .typeVocabSize(0)
        .layerNormEpsilon(LAYER_NORM_EPSILON)
        .hiddenDropoutProbability(file.number("dropout", 0.1))
        .attentionDropoutProbability(file.number("attention_dropout", 0.1))
        .classifierDropoutProbability(file.number("seq_classif_dropout", CLASSIFIER_DROPOUT))
        .padTokenId(file.size("pad_token_id", 0))
        .activation(file.activation("activation", "gelu"))
        .build();
  }

  @Override
  public String title() {
    return "DistilBERT";
  }

  @Override
  public String prefix() {
    return "distilbert.";
  }

  @Override
  public String family() {
    return "DistilBert";
  }

  @Override
  public Map<String, Object> fields(EncoderConfig config) {
    return ImmutableMap.<String, Object>builder()
        .put("model_type", "distilbert")
        .put("vocab_size", config.vocabSize())
        .put("dim", config.hiddenSize())
        .put("n_layers", config.layers())
        .put("n_heads", config.heads())
        .put("hidden_dim", config.intermediateSize())
        .put("max_position_embeddings", config.maxPositions())
        .put("dropout", config.hiddenDropoutProbability())
        .put("attention_dropout", config.attentionDropoutProbability())
        .put("seq_classif_dropout", config.classifierDropoutProbability())
        .put("pad_token_id", config.padTokenId())
        .put("activation", config.activation().names().get(0))
        .buildOrThrow();
  }

  @Override
  public void check(EncoderConfig config) {}

  @Override
  public int maxTokens(EncoderConfig config) {
    return config.maxPositions();
  }

  @Override
  public boolean segments(EncoderConfig config) {
    return false;
  }

  @Override
  public Map<String, String> layerRoles() {
    return ImmutableMap.of("query", "q_lin", "key", "k_lin", "value", "v_lin");
  }

  @Override
  public Map<String, long[]> denseLayers(EncoderConfig config) {
    return LayerNames.denseLayers(config, DistilBert::names);
  }

  @Override
  public Map<String, long[]> tensors(EncoderConfig config) {
    TensorShapes shapes = new TensorShapes();
    embeddings(config).addTensors(config, shapes);
    LayerNames.tensors(config, DistilBert::names, shapes);
    return shapes.build();
  }

  @Override
  public HeadLayers head(EncoderConfig config) {
    return new HeadLayers(
        "pre_classifier",
        false,
        0,
        EncoderConfig.Activation.RELU,
        "classifier",
        config.classifierDropoutProbability());
  }

  @Override
  public <T extends TFloating> Operand<T> lastHiddenState(EncoderPass<T> pass) {
    EncoderConfig config = pass.config();
    Operand<T> x = pass.start(() -> embeddings(config).of(pass, pass.positionsFromZero()));
    PostNormLayers<T> layers =
        new PostNormLayers<>(pass, 1, DistilBert::names, 0, config.hiddenDropoutProbability());
    return pass.byRow(layers.apply(x, pass.maskBias()));
  }

  private static Embeddings embeddings(EncoderConfig config) {
    return new Embeddings(config.hiddenSize(), true, false);
  }

  private static LayerNames names(int layer) {
    String name = "transformer.layer." + layer;
    return new LayerNames(
        name + ".attention.q_lin",
        name + ".attention.k_lin",
        name + ".attention.v_lin",
        name + ".attention.out_lin",
        name + ".sa_layer_norm",
        name + ".ffn.lin1",
        name + ".ffn.lin2",
        name + ".output_layer_norm");
  }
}
