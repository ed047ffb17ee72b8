package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads an encoder's architecture from a Hugging Face {@code config.json}. */
final class EncoderConfigFile {
  private EncoderConfigFile() {}

  /**
   * Reads the file. Where Hugging Face's own reader has a default for a field, so has this one; the
   * fields that set a tensor's shape must be there.
   *
   * @throws IOException when the file is missing or not JSON, a field is missing or has a value
   *     that the forward pass cannot have: file, field, value and what is allowed
   */
  static EncoderConfig read(Path path) throws IOException {
    ConfigFile file = ConfigFile.read(path);
    EncoderKinds.Reader reader = EncoderKinds.reader(file);
    file.requireValue("is_decoder", "false");
    file.requireValue("add_cross_attention", "false");
    file.requireValue("position_embedding_type", "absolute");
    try {
      return reader.read(file).withLabels(file.labels());
    } catch (IllegalArgumentException e) {
      throw new IOException(path + ": " + e.getMessage());
    }
  }

  /**
   * The fields of a whole {@code config.json} that reads back as that configuration, for a model
   * with a head.
   *
   * @param architecture Transformers' class
   * @param labels names of the classes in the order of the logits; none for a single score
   * @param problemType what Transformers calls the type of a task of texts; empty for tags of words
   */
  static Map<String, Object> write(
      EncoderConfig config,
      String architecture,
      List<String> labels,
      Optional<String> problemType) {
    Map<String, Object> fields = new LinkedHashMap<>(config.kind().fields(config));
    fields.put("architectures", List.of(architecture));
    List<String> names = labels.isEmpty() ? List.of("LABEL_0") : labels;
    Map<String, String> byId = new LinkedHashMap<>();
    Map<String, Integer> byName = new LinkedHashMap<>();
    for (int id = 0; id < names.size(); id++) {
      byId.put(Integer.toString(id), names.get(id));
      byName.put(names.get(id), id);
    }
    fields.put("id2label", byId);
    fields.put("label2id", byName);
    problemType.ifPresent(type -> fields.put("problem_type", type));
    fields.put("torch_dtype", "float32");
    return fields;
  }

  /** The fields that most kinds call alike. */
  static ImmutableMap.Builder<String, Object> fieldsOfEncoder(
      EncoderConfig config, String modelType) {
    return ImmutableMap.<String, Object>builder()
        .put("model_type", modelType)
        .put("vocab_size", config.vocabSize())
        .put("hidden_size", config.hiddenSize())
        .put("num_hidden_layers", config.layers())
        .put("num_attention_heads", config.heads())
        .put("intermediate_size", config.intermediateSize())
        .put("max_position_embeddings", config.maxPositions())
        .put("layer_norm_eps", config.layerNormEpsilon())
        .put("hidden_dropout_prob", config.hiddenDropoutProbability())
        .put("attention_probs_dropout_prob", config.attentionDropoutProbability())
        .put("pad_token_id", config.padTokenId())
        .put("hidden_act", config.activation().names().get(0));
  }

  /** The fields of {@link #bertLike}. */
  static ImmutableMap.Builder<String, Object> fieldsOfBert(EncoderConfig config, String modelType) {
    return fieldsOfEncoder(config, modelType)
        .put("type_vocab_size", config.typeVocabSize())
        .put("classifier_dropout", config.classifierDropoutProbability());
  }

  /**
   * An architecture whose fields are named as BERT's are.
   *
   * @param padTokenId where the file has none
   */
  static EncoderConfig bertLike(ConfigFile file, EncoderKind kind, int padTokenId)
      throws IOException {
    double hiddenDropout = file.number("hidden_dropout_prob", 0.1);
    return EncoderConfigBuilder.builder()
        .kind(kind)
        .vocabSize(file.size("vocab_size"))
        .hiddenSize(file.size("hidden_size"))
        .layers(file.size("num_hidden_layers"))
        .heads(file.size("num_attention_heads"))
        .intermediateSize(file.size("intermediate_size"))
        .maxPositions(file.size("max_position_embeddings"))
        .typeVocabSize(file.size("type_vocab_size"))
        .layerNormEpsilon(file.number("layer_norm_eps", 1e-12))
        .hiddenDropoutProbability(hiddenDropout)
        .attentionDropoutProbability(file.number("attention_probs_dropout_prob", 0.1))
        .classifierDropoutProbability(file.number("classifier_dropout", hiddenDropout))
        .padTokenId(file.size("pad_token_id", padTokenId))
        .activation(file.activation("hidden_act", "gelu"))
        .build();
  }
}
