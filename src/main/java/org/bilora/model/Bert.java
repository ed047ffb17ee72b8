package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import org.tensorflow.Operand;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * BERT (Devlin et al. 2019): post-layer-norm layers over word, position and token-type embeddings,
 * positions from 0. The pooler was pretrained with it and feeds the classifier.
 */
public record Bert() implements EncoderKind {

  static EncoderConfig read(ConfigFile file) throws IOException {
    return EncoderConfigFile.bertLike(file, new Bert(), 0);
  }

  @Override
  public String title() {
    return "BERT";
  }

  @Override
  public String prefix() {
    return "bert.";
  }

  @Override
  public void check(EncoderConfig config) {
    EncoderConfig.requirePositive("type_vocab_size", config.typeVocabSize());
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
  public ImmutableMap<String, long[]> denseLayers(EncoderConfig config) {
    return denseLayersOfBert(config);
  }

  @Override
  public ImmutableMap<String, long[]> tensors(EncoderConfig config) {
    return tensorsOfBert(config);
  }

  @Override
  public HeadLayers head(EncoderConfig config) {
    return new HeadLayers(
        "pooler.dense",
        true,
        0,
        EncoderConfig.Activation.TANH,
        "classifier",
        config.classifierDropoutProbability());
  }

  @Override
  public <T extends TFloating> Operand<T> lastHiddenState(EncoderPass<T> pass) {
    return forward(pass, pass.positionsFromZero());
  }

  static ImmutableMap<String, long[]> denseLayersOfBert(EncoderConfig config) {
    ImmutableMap.Builder<String, long[]> layers = ImmutableMap.builder();
    for (int layer = 0; layer < config.layers(); layer++) {
      LayerNames.ofBert(layer).denseLayers(config, layers);
    }
    return layers.buildOrThrow();
  }

  static ImmutableMap<String, long[]> tensorsOfBert(EncoderConfig config) {
    long hidden = config.hiddenSize();
    TensorShapes shapes =
        new TensorShapes()
            .matrix("embeddings.word_embeddings", config.vocabSize(), hidden)
            .matrix("embeddings.position_embeddings", config.maxPositions(), hidden)
            .matrix("embeddings.token_type_embeddings", config.typeVocabSize(), hidden)
            .layerNorm("embeddings.LayerNorm", hidden)
            .dense(denseLayersOfBert(config));
    for (int layer = 0; layer < config.layers(); layer++) {
      shapes
          .layerNorm(LayerNames.ofBert(layer).attentionNorm(), hidden)
          .layerNorm(LayerNames.ofBert(layer).outputNorm(), hidden);
    }
    return shapes.build();
  }

  /**
   * The forward pass with positions counted in the kind's own way.
   *
   * @param positions {@code [rows, length]}
   */
  static <T extends TFloating> Operand<T> forward(EncoderPass<T> pass, Operand<TInt32> positions) {
    Operand<T> embedded = embeddings(pass, positions);
    return pass.byRow(
        new PostNormLayers<>(pass, LayerNames::ofBert).apply(embedded, pass.maskBias()));
  }

  private static <T extends TFloating> Operand<T> embeddings(
      EncoderPass<T> pass, Operand<TInt32> positions) {
    EncoderConfig config = pass.config();
    Operand<T> words = pass.lookUp("embeddings.word_embeddings", pass.inputs().inputIds());
    Operand<T> places = pass.lookUp("embeddings.position_embeddings", positions);
    Operand<T> types =
        pass.lookUp("embeddings.token_type_embeddings", pass.inputs().tokenTypeIds());
    Operand<T> sum = pass.tf().math.add(pass.tf().math.add(words, types), places);
    Operand<T> flat = pass.byToken(sum, config.hiddenSize());
    return pass.dropout()
        .apply(
            pass.tf(),
            pass.layerNorm("embeddings.LayerNorm", flat),
            config.hiddenDropoutProbability());
  }
}
