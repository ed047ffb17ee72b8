package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * RoBERTa (Liu et al. 2019): BERT without segments, positions of tokens counted from {@code
 * padTokenId + 1}. The classifier has a dense layer of its own. XLM-RoBERTa (Conneau et al. 2020)
 * and CamemBERT (Martin et al. 2020) are the same, pretrained on other languages.
 *
 * @param title by which of these names it is called
 */
public record Roberta(String title) implements EncoderKind {
  private static final int PAD_TOKEN_ID = 1;

  /** What Transformers calls them: {@code model_type} and the beginning of a class. */
  private static final ImmutableMap<String, String[]> NAMES =
      ImmutableMap.of(
          "RoBERTa", new String[] {"roberta", "Roberta"},
          "XLM-RoBERTa", new String[] {"xlm-roberta", "XLMRoberta"},
          "CamemBERT", new String[] {"camembert", "Camembert"});

  /** Checks that the name is one of these. */
  public Roberta {
    if (!NAMES.containsKey(title)) {
      throw new IllegalArgumentException(
          "title is '%s'; known are %s".formatted(title, String.join(", ", NAMES.keySet())));
    }
  }

  /** RoBERTa itself. */
  public Roberta() {
    this("RoBERTa");
  }

  static EncoderConfig read(String title, ConfigFile file) throws IOException {
    return EncoderConfigFile.bertLike(file, new Roberta(title), PAD_TOKEN_ID);
  }

  @Override
  public String prefix() {
    return "roberta.";
  }

  @Override
  public String family() {
    return NAMES.get(title)[1];
  }

  @Override
  public Map<String, Object> fields(EncoderConfig config) {
    return EncoderConfigFile.fieldsOfBert(config, NAMES.get(title)[0]).buildOrThrow();
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

  /** It was pretrained without segments, but may have rows for them, and a tokenizer that does. */
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
