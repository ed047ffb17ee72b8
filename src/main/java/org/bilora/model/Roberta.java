package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * RoBERTa (Liu et al. 2019): BERT without segments, positions of tokens counted from {@code
 * padTokenId + 1}. The classifier has a dense layer of its own.
 */
public record Roberta() implements EncoderKind {
  private static final int PAD_TOKEN_ID = 1;

  static EncoderConfig read(ConfigFile file) throws IOException {
    return EncoderConfigFile.bertLike(file, new Roberta(), PAD_TOKEN_ID);
  }

  @Override
  public String title() {
    return "RoBERTa";
  }

  @Override
  public String prefix() {
    return "roberta.";
  }

  @Override
  public void check(EncoderConfig config) {
    EncoderConfig.requirePositive("type_vocab_size", config.typeVocabSize());
    if (maxTokens(config) < 1) {
      throw new IllegalArgumentException(
          "max_position_embeddings is %d; it must be more than pad_token_id + 1, which is %d"
              .formatted(config.maxPositions(), config.padTokenId() + 1));
    }
  }

  /** {@code padTokenId + 1} rows of the position embedding go to padding. */
  @Override
  public int maxTokens(EncoderConfig config) {
    return config.maxPositions() - config.padTokenId() - 1;
  }

  /** It was pretrained without segments, and most have only one row for them. */
  @Override
  public boolean segments(EncoderConfig config) {
    return false;
  }

  @Override
  public ImmutableMap<String, long[]> denseLayers(EncoderConfig config) {
    return Bert.denseLayersOfBert(config);
  }

  @Override
  public ImmutableMap<String, long[]> tensors(EncoderConfig config) {
    return Bert.tensorsOfBert(config);
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
    return Bert.forward(pass, pass.positionsBehindPadding());
  }
}
