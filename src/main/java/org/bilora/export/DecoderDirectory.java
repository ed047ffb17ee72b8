package org.bilora.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bilora.model.DecoderConfig;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedDecoders;
import org.bilora.weights.AtomicFile;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;

/**
 * A GPT-2 as a directory that Hugging Face Transformers opens by {@code
 * AutoModelForCausalLM.from_pretrained} and {@code AutoTokenizer.from_pretrained}:
 *
 * <pre>
 * config.json             the architecture
 * model.safetensors       every weight, F32, names with the prefix transformer.
 * tokenizer.json          the tokenizer
 * tokenizer_config.json   which class opens it, and its special tokens
 * generation_config.json  the tokens that end a text, and the penalty on repetition
 * </pre>
 */
public final class DecoderDirectory {
  /** Transformers' class of it. */
  static final String ARCHITECTURE = "GPT2LMHeadModel";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private DecoderDirectory() {}

  /**
   * Writes the directory, which must not exist yet; it appears whole or not at all. Before it
   * appears it is read back.
   *
   * @throws IOException when the directory exists, cannot be written, or does not read back as it
   *     was
   */
  public static void write(PretrainedDecoder model, Path directory) throws IOException {
    try (StagedDirectory staged = StagedDirectory.named(directory)) {
      Path path = staged.path();
      AtomicFile.write(path.resolve("config.json"), JSON.writeValueAsBytes(config(model.config())));
      AtomicFile.write(
          path.resolve("generation_config.json"), JSON.writeValueAsBytes(generation(model)));
      new TokenizerConfig(model.tokenizer(), model.config().maxPositions())
          .token("bos_token", model.config().endOfText())
          .token("eos_token", model.config().endOfText())
          .inputs(List.of("input_ids", "attention_mask"))
          .write(path);
      ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
      model
          .weights()
          .forEach((name, tensor) -> tensors.put(PretrainedDecoder.savedName(name), tensor));
      Safetensors.write(
          path.resolve("model.safetensors"), tensors.buildOrThrow(), Map.of("format", "pt"));
      checkReadsBack(model, path);
      staged.commit(directory);
    }
  }

  /**
   * Throws unless the directory can be written, before the work for it is done.
   *
   * @throws IOException when it exists, or what is to hold it is a file
   */
  public static void check(Path directory) throws IOException {
    StagedDirectory.check(directory);
  }

  private static Map<String, Object> config(DecoderConfig config) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("architectures", new String[] {ARCHITECTURE});
    fields.put("model_type", "gpt2");
    fields.put("vocab_size", config.vocabSize());
    fields.put("n_positions", config.maxPositions());
    fields.put("n_embd", config.hiddenSize());
    fields.put("n_layer", config.layers());
    fields.put("n_head", config.heads());
    fields.put("n_inner", config.intermediateSize());
    fields.put("activation_function", config.activation().names().get(0));
    fields.put("scale_attn_weights", config.attentionScale().byHeadSize());
    fields.put("scale_attn_by_inverse_layer_idx", config.attentionScale().byLayer());
    fields.put("layer_norm_epsilon", config.layerNormEpsilon());
    fields.put("embd_pdrop", config.embeddingDropoutProbability());
    fields.put("resid_pdrop", config.residualDropoutProbability());
    fields.put("attn_pdrop", config.attentionDropoutProbability());
    Integer end = config.endOfText().isPresent() ? config.endOfText().getAsInt() : null;
    fields.put("bos_token_id", end);
    fields.put("eos_token_id", end);
    fields.put("tie_word_embeddings", config.tiedHead());
    fields.put("torch_dtype", "float32");
    return fields;
  }

  private static Map<String, Object> generation(PretrainedDecoder model) {
    Map<String, Object> fields = new LinkedHashMap<>();
    model.config().endOfText().ifPresent(id -> fields.put("bos_token_id", id));
    if (!model.generation().ends().isEmpty()) {
      fields.put("eos_token_id", model.generation().ends());
    }
    fields.put("repetition_penalty", model.generation().repetitionPenalty());
    return fields;
  }

  private static void checkReadsBack(PretrainedDecoder model, Path path) throws IOException {
    try (PretrainedDecoder read = PretrainedDecoders.load(model.name(), path)) {
      boolean same =
          read.config().equals(model.config())
              && read.generation().ends().equals(model.generation().ends())
              && read.generation().repetitionPenalty() == model.generation().repetitionPenalty()
              && read.weights().keySet().equals(model.weights().keySet())
              && read.weights().entrySet().stream()
                  .allMatch(
                      entry ->
                          Arrays.equals(
                              entry.getValue().values(),
                              model.weights().get(entry.getKey()).values()));
      if (!same) {
        throw new IOException(
            "the model reads back otherwise than it was written, by damage to the disk or a defect"
                + " of this program; nothing was kept");
      }
    }
  }
}
