package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.bilora.text.JsonTokenizer;
import org.bilora.text.Tokenizer;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;
import org.bilora.weights.SafetensorsFile;
import org.bilora.weights.SafetensorsShards;

/**
 * A model as Hugging Face Transformers saves it: {@code config.json}, {@code tokenizer.json}, and
 * {@code model.safetensors} or {@code model.safetensors.index.json} with its shards.
 *
 * <p>Its names become canonical ({@link EncoderKind#canonical}).
 */
final class HuggingFaceDirectory {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private HuggingFaceDirectory() {}

  static PretrainedEncoder load(String name, Path directory) throws IOException {
    EncoderConfig config = EncoderConfigFile.read(directory.resolve("config.json"));
    Path tokenizerFile = directory.resolve("tokenizer.json");
    if (!Files.isRegularFile(tokenizerFile)) {
      throw new IOException(
          tokenizerFile
              + " is missing: save the model's fast tokenizer there (save_pretrained writes it)");
    }
    Path weightsFile = weightsFile(directory);
    Set<String> names = EncoderTensors.stored(config);
    SafetensorsFile file =
        read(weightsFile, tensor -> names.contains(config.kind().canonical(tensor)));
    Map<String, HostTensor> renamed =
        renamed(file.tensors(), config.kind()::canonical, weightsFile.toString());
    ImmutableMap<String, HostTensor> weights =
        EncoderTensors.checked(
            config,
            EncoderTensors.unstacked(config, renamed, weightsFile.toString()),
            weightsFile.toString());
    Tokenizer tokenizer =
        tokenizer(config, Files.readAllBytes(tokenizerFile), tokenizerFile.toString());
    return new PretrainedEncoder(
        name,
        config,
        weights,
        tokenizer,
        EncoderHead.Pooling.POOLER,
        "config.json, %s, tokenizer.json".formatted(weightsFile.getFileName()),
        file.sha256(),
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

  /** The file of weights, or the index of its shards. */
  static Path weightsFile(Path directory) throws IOException {
    for (String name : new String[] {SINGLE, INDEX}) {
      if (Files.isRegularFile(directory.resolve(name))) {
        return directory.resolve(name);
      }
    }
    throw new IOException(
        "%s holds neither %s nor %s: other weight files (such as pytorch_model.bin) are not read,"
                .formatted(directory, SINGLE, INDEX)
            + " save the model as safetensors");
  }

  /** Reads the tensors that are wanted, from one file or from shards. */
  static SafetensorsFile read(Path weightsFile, Predicate<String> wanted) throws IOException {
    return weightsFile.endsWith(INDEX)
        ? SafetensorsShards.read(weightsFile, wanted)
        : Safetensors.read(weightsFile, wanted);
  }

  /**
   * Tensors by canonical name.
   *
   * @throws IOException when two of them have the same
   */
  static Map<String, HostTensor> renamed(
      Map<String, HostTensor> tensors, UnaryOperator<String> canonical, String file)
      throws IOException {
    Map<String, HostTensor> renamed = new HashMap<>();
    for (Map.Entry<String, HostTensor> tensor : tensors.entrySet()) {
      String name = canonical.apply(tensor.getKey());
      if (renamed.put(name, tensor.getValue()) != null) {
        throw new IOException(
            "%s holds tensor %s twice, with and without a prefix".formatted(file, name));
      }
    }
    return renamed;
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
