package org.bilora.model;

import java.io.IOException;
import java.util.Map;
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

  /** The pooler is part of the encoder, the output layer stands beside it. */
  @Override
  public String checkpointName(EncoderConfig config, String tensor) {
    return tensor.startsWith("classifier.") ? tensor : prefix() + tensor;
  }

  @Override
  public String family() {
    return "Bert";
  }

  @Override
  public Map<String, Object> fields(EncoderConfig config) {
    return EncoderConfigFile.fieldsOfBert(config, "bert").buildOrThrow();
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
  public Map<String, long[]> denseLayers(EncoderConfig config) {
    return LayerNames.denseLayers(config, LayerNames::ofBert);
  }

  @Override
  public Map<String, long[]> tensors(EncoderConfig config) {
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

  static Map<String, long[]> tensorsOfBert(EncoderConfig config) {
    TensorShapes shapes = new TensorShapes();
    embeddings(config).addTensors(config, shapes);
    LayerNames.tensors(config, LayerNames::ofBert, shapes);
    return shapes.build();
  }

  /**
   * The forward pass with positions counted in the kind's own way.
   *
   * @param positions {@code [rows, length]}
   */
  static <T extends TFloating> Operand<T> forward(EncoderPass<T> pass, Operand<TInt32> positions) {
    Operand<T> x = pass.start(() -> embeddings(pass.config()).of(pass, positions));
    return pass.byRow(PostNormLayers.of(pass, LayerNames::ofBert).apply(x, pass.maskBias()));
  }

  private static Embeddings embeddings(EncoderConfig config) {
    return new Embeddings(config.hiddenSize(), true, true);
  }
}
