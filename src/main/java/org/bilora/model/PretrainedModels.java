package org.bilora.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Pretrained models of any kind by preset or directory. */
public final class PretrainedModels {
  private PretrainedModels() {}

  /**
   * Loads a model.
   *
   * @param presetOrDirectory a preset of an encoder, or a Hugging Face directory, whose {@code
   *     config.json} says of which kind it is
   * @throws IOException as {@link PretrainedEncoders#load} or {@link PretrainedDecoders#load}
   */
  public static PretrainedModel load(String presetOrDirectory) throws IOException {
    if (PretrainedEncoders.presets().contains(presetOrDirectory)) {
      return PretrainedEncoders.load(presetOrDirectory);
    }
    Path config = HuggingFaceDirectory.named(presetOrDirectory).resolve("config.json");
    return Files.isRegularFile(config)
            && ConfigFile.read(config).text("model_type", "").equals(DecoderConfigFile.MODEL_TYPE)
        ? PretrainedDecoders.load(presetOrDirectory)
        : PretrainedEncoders.load(presetOrDirectory);
  }
}
