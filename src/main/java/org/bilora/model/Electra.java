package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * ELECTRA (Clark et al. 2020), discriminator or generator: BERT with embeddings of a width of their
 * own, which a dense layer brings to the residual stream's. It was pretrained without a pooler.
 *
 * @param embeddingSize width of the embeddings
 */
public record Electra(int embeddingSize) implements EncoderKind {
  private static final String PROJECTION = "embeddings_project";

  static EncoderConfig read(ConfigFile file) throws IOException {
    return EncoderConfigFile.bertLike(file, new Electra(file.size("embedding_size")), 0);
  }

  @Override
  public String title() {
    return "ELECTRA";
  }

  @Override
  public String prefix() {
    return "electra.";
  }

  @Override
  public String family() {
    return "Electra";
  }

  @Override
  public Map<String, Object> fields(EncoderConfig config) {
    return EncoderConfigFile.fieldsOfBert(config, "electra")
        .put("embedding_size", embeddingSize)
        .buildOrThrow();
  }

  @Override
  public void check(EncoderConfig config) {
    EncoderConfig.requirePositive("type_vocab_size", config.typeVocabSize());
    EncoderConfig.requirePositive("embedding_size", embeddingSize);
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
    if (projects(config)) {
      layers.put(PROJECTION, new long[] {config.hiddenSize(), embeddingSize});
    }
    return layers.putAll(LayerNames.denseLayers(config, LayerNames::ofBert)).buildOrThrow();
  }

  @Override
  public Map<String, long[]> tensors(EncoderConfig config) {
    TensorShapes shapes = new TensorShapes();
    embeddings().addTensors(config, shapes);
    if (projects(config)) {
      shapes.dense(PROJECTION, config.hiddenSize(), embeddingSize);
    }
    LayerNames.tensors(config, LayerNames::ofBert, shapes);
    return shapes.build();
  }

  @Override
  public HeadLayers head(EncoderConfig config) {
    return new HeadLayers(
        "classifier.dense",
        false,
        config.classifierDropoutProbability(),
        EncoderConfig.Activation.GELU,
        "classifier.out_proj",
        config.classifierDropoutProbability());
  }

  @Override
  public <T extends TFloating> Operand<T> lastHiddenState(EncoderPass<T> pass) {
    Operand<T> x = pass.start(() -> embedded(pass));
    return pass.byRow(PostNormLayers.of(pass, LayerNames::ofBert).apply(x, pass.maskBias()));
  }

  /** The embeddings in the width of the residual stream, {@code [tokens, hidden]}. */
  private <T extends TFloating> Operand<T> embedded(EncoderPass<T> pass) {
    Operand<T> x = embeddings().of(pass, pass.positionsFromZero());
    return projects(pass.config()) ? pass.dense(x, Layers.Scale.ONE, PROJECTION) : x;
  }

  private Embeddings embeddings() {
    return new Embeddings(embeddingSize, true, true);
  }

  private boolean projects(EncoderConfig config) {
    return embeddingSize != config.hiddenSize();
  }
}
