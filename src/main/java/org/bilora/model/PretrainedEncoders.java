package org.bilora.model;

import com.google.common.collect.ImmutableList;
import java.io.IOException;

/** Pretrained encoders by preset or directory. */
public final class PretrainedEncoders {
  private PretrainedEncoders() {}

  /** The presets: {@code minilm-l6}, {@code bge-small}, {@code bert-base}. */
  public static ImmutableList<String> presets() {
    throw new UnsupportedOperationException();
  }

  /**
   * Loads an encoder.
   *
   * @param presetOrDirectory a preset's name, or a Hugging Face directory with {@code config.json},
   *     {@code model.safetensors} (or its index and shards) and {@code tokenizer.json}
   * @throws IOException when something is missing or does not fit: what, which file or tensor, what
   *     to do
   */
  public static PretrainedEncoder load(String presetOrDirectory) throws IOException {
    throw new UnsupportedOperationException();
  }
}
