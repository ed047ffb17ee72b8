package org.bilora.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.text.JsonTokenizer;
import org.bilora.text.Tokenizer;
import org.bilora.text.TokenizerFiles;
import org.bilora.weights.HostTensor;
import org.bilora.weights.WeightFiles;

/**
 * A model as Hugging Face Transformers saves it: {@code config.json}, a tokenizer ({@link
 * TokenizerFiles}), and weights in safetensors or PyTorch's files ({@link WeightFiles}).
 *
 * <p>Its names become canonical ({@link EncoderKind#canonical}).
 */
final class HuggingFaceDirectory {
  /** Output layers that are the token embedding once more. */
  private static final List<String> TIED =
      ImmutableList.of("lm_head.decoder.weight", "cls.predictions.decoder.weight");

  private HuggingFaceDirectory() {}

  static PretrainedEncoder load(String name, Path directory) throws IOException {
    Path configFile = directory.resolve("config.json");
    EncoderConfig config = EncoderConfigFile.read(configFile);
    requireWholeModel(directory, ConfigFile.read(configFile));
    WeightFiles weightFiles = WeightFiles.in(directory);
    StoredModel stored =
        StoredModel.of(
            weightFiles, config.kind()::canonical, "embeddings.word_embeddings.weight", TIED);
    stored.requireLayers(configFile.toString(), "the number of layers", config.layers());
    StoredModel.Tensors read = stored.read(EncoderTensors.stored(config));
    String weightsFile = weightFiles.file().toString();
    Map<String, HostTensor> weights =
        EncoderTensors.checked(
            config, EncoderTensors.unstacked(config, read.byName(), weightsFile), weightsFile);
    stored.requireFinite(weights);
    TokenizerFiles.Opened opened = tokenizer(directory, ConfigFile.read(configFile));
    Map<String, String> hashes = hashes(directory, opened.files(), "config.json");
    return new PretrainedEncoder(
        name,
        config,
        weights,
        checked(requireEnds(opened.tokenizer(), directory), config, directory.toString()),
        EncoderHead.Pooling.POOLER,
        "config.json, %s, %s"
            .formatted(weightFiles.file().getFileName(), String.join(", ", opened.files())),
        read.sha256(),
        hashes);
  }

  /**
   * Makes sure that the weights are the model: Transformers puts an adapter that lies beside them
   * into them, and rounds them as the configuration asks for.
   */
  static void requireWholeModel(Path directory, ConfigFile config) throws IOException {
    Path adapter = directory.resolve("adapter_config.json");
    if (Files.exists(adapter)) {
      throw new IOException(
          adapter
              + " says that an adapter belongs to this model, which is not read here: merge it (PEFT's"
              + " merge_and_unload) and save the model, or move the file away to do without it");
    }
    if (config.has("quantization_config")) {
      throw new IOException(
          config.file()
              + ": quantization_config is set, and quantized weights are not read here: save the model"
              + " without quantization, or remove the field to use the weights as they are");
    }
  }

  /** The directory of that name. */
  static Path named(String name) throws IOException {
    return named(Path.of(""), name);
  }

  /** The same, relative to a folder. */
  static Path named(Path folder, String name) throws IOException {
    try {
      Path directory = folder.resolve(name);
      if (!name.isEmpty() && Files.isDirectory(directory)) {
        return snapshot(directory);
      }
    } catch (InvalidPathException e) {
      // Not a directory either: the message below covers it.
    }
    throw new IOException(
        "model \"%s\" is neither a preset (%s) nor a directory"
            .formatted(name, String.join(", ", PretrainedEncoders.presets())));
  }

  /**
   * The model within a folder of Hugging Face's cache, {@code models--…}, that its branch {@code
   * main} is at; any other directory is a model itself.
   */
  private static Path snapshot(Path directory) throws IOException {
    Path main = directory.resolve("refs").resolve("main");
    if (Files.isRegularFile(directory.resolve("config.json")) || !Files.isRegularFile(main)) {
      return directory;
    }
    String commit = Files.readString(main).strip();
    Path snapshot =
        directory.resolve("snapshots").resolve(commit.matches("\\w{1,64}") ? commit : "none");
    if (!Files.isDirectory(snapshot)) {
      throw new IOException(
          "%s names the snapshot %s, which is not there: download the model again"
              .formatted(main, Quoted.of(commit)));
    }
    return snapshot;
  }

  /** The tokenizer of a model's directory. */
  static TokenizerFiles.Opened tokenizer(Path directory, ConfigFile config) throws IOException {
    return TokenizerFiles.open(
        directory,
        config.text("model_type", ""),
        config.has("tokenizer_class")
            ? Optional.of(config.text("tokenizer_class", ""))
            : Optional.empty());
  }

  /**
   * Makes sure that an empty text has a token: an encoder has a state for every token and no other.
   */
  private static Tokenizer requireEnds(Tokenizer tokenizer, Path directory) throws IOException {
    if (tokenizer.encode("", Optional.empty(), 8).length() == 0) {
      tokenizer.close();
      throw new IOException(
          "%s: the tokenizer adds no special tokens to a text, but an encoder needs them ([CLS] at"
                  .formatted(directory)
              + " its beginning): give tokenizer_config.json the tokenizer_class of the model, or"
              + " tokenizer.json a post_processor");
    }
    return tokenizer;
  }

  /** SHA-256 of files, by name. */
  static Map<String, String> hashes(Path directory, List<String> tokenizer, String... others)
      throws IOException {
    ImmutableMap.Builder<String, String> hashes = ImmutableMap.builder();
    for (String file : Iterables.concat(List.of(others), tokenizer)) {
      hashes.put(
          file, MoreFiles.asByteSource(directory.resolve(file)).hash(Hashing.sha256()).toString());
    }
    return hashes.buildOrThrow();
  }

  /**
   * The tokenizer of a preset, as the model expects it.
   *
   * @throws IOException when it is not sound
   */
  static Tokenizer tokenizer(EncoderConfig config, byte[] definition, String where)
      throws IOException {
    return checked(
        JsonTokenizer.of(definition, JsonTokenizer.Segments.FIRST_AND_SECOND, where),
        config,
        where);
  }

  private static Tokenizer checked(Tokenizer tokenizer, EncoderConfig config, String where) {
    int segments = config.kind().segments(config) ? config.typeVocabSize() : 0;
    return new CheckedTokenizer(tokenizer, config.vocabSize(), segments, where);
  }
}
