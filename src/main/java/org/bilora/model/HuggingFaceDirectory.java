package org.bilora.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.bilora.text.JsonTokenizer;
import org.bilora.text.Tokenizer;
import org.bilora.weights.HostTensor;
import org.bilora.weights.WeightFiles;

/**
 * A model as Hugging Face Transformers saves it: {@code config.json}, {@code tokenizer.json}, and
 * weights in safetensors or PyTorch's files ({@link WeightFiles}).
 *
 * <p>Its names become canonical ({@link EncoderKind#canonical}).
 */
final class HuggingFaceDirectory {
  /** Output layers that are the token embedding once more. */
  private static final ImmutableList<String> TIED =
      ImmutableList.of("lm_head.decoder.weight", "cls.predictions.decoder.weight");

  private HuggingFaceDirectory() {}

  static PretrainedEncoder load(String name, Path directory) throws IOException {
    Path configFile = directory.resolve("config.json");
    EncoderConfig config = EncoderConfigFile.read(configFile);
    Path tokenizerFile = directory.resolve("tokenizer.json");
    if (!Files.isRegularFile(tokenizerFile)) {
      throw new IOException(
          tokenizerFile
              + " is missing: save the model's fast tokenizer there (save_pretrained writes it)");
    }
    WeightFiles weightFiles = WeightFiles.in(directory);
    StoredModel stored =
        StoredModel.of(
            weightFiles, config.kind()::canonical, "embeddings.word_embeddings.weight", TIED);
    stored.requireLayers(configFile.toString(), "the number of layers", config.layers());
    StoredModel.Tensors read = stored.read(EncoderTensors.stored(config));
    String weightsFile = weightFiles.file().toString();
    ImmutableMap<String, HostTensor> weights =
        EncoderTensors.checked(
            config, EncoderTensors.unstacked(config, read.byName(), weightsFile), weightsFile);
    stored.requireFinite(weights);
    Tokenizer tokenizer =
        tokenizer(config, Files.readAllBytes(tokenizerFile), tokenizerFile.toString());
    return new PretrainedEncoder(
        name,
        config,
        weights,
        tokenizer,
        EncoderHead.Pooling.POOLER,
        "config.json, %s, tokenizer.json".formatted(weightFiles.file().getFileName()),
        read.sha256(),
        ImmutableMap.of());
  }

  /** The directory of that name. */
  static Path named(String name) throws IOException {
    try {
      Path directory = Path.of(name);
      if (!name.isEmpty() && Files.isDirectory(directory)) {
        return directory;
      }
    } catch (InvalidPathException e) {
      // Not a directory either: the message below covers it.
    }
    throw new IOException(
        "model \"%s\" is neither a preset (%s) nor a directory"
            .formatted(name, String.join(", ", PretrainedEncoders.presets())));
  }

  /**
   * The tokenizer, as the model expects it.
   *
   * @throws IOException when it yields ids that the word embedding has no row for
   */
  static Tokenizer tokenizer(EncoderConfig config, byte[] definition, String where)
      throws IOException {
    return tokenizer(config.vocabSize(), config.kind().segments(config), definition, where);
  }

  /**
   * The tokenizer, as a model with that many rows of its token embedding expects it.
   *
   * @throws IOException when it yields ids that the embedding has no row for
   */
  static Tokenizer tokenizer(int vocabSize, boolean segments, byte[] definition, String where)
      throws IOException {
    Tokenizer tokenizer =
        JsonTokenizer.of(
            definition,
            segments ? JsonTokenizer.Segments.FIRST_AND_SECOND : JsonTokenizer.Segments.NONE,
            where);
    if (tokenizer.vocabularySize() > vocabSize) {
      tokenizer.close();
      throw new IOException(
          "%s has token ids up to %d, but the word embedding has only %d rows (vocab_size): the two do not belong together"
              .formatted(where, tokenizer.vocabularySize() - 1, vocabSize));
    }
    return tokenizer;
  }
}
