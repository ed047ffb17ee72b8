package org.bilora.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.bilora.text.TokenizerFiles;
import org.bilora.weights.HostTensor;
import org.bilora.weights.WeightFiles;

/**
 * GPT-2 of any size as Hugging Face Transformers saves it: {@code config.json}, {@code
 * model.safetensors} or its index and shards, and {@code tokenizer.json} or {@code vocab.json} with
 * {@code merges.txt}.
 *
 * <p>Its names become canonical ({@link PretrainedDecoder}): the prefix {@code transformer.} that
 * task models put before the decoder goes. A stored {@code lm_head.weight} is the output layer
 * where it differs from the token embedding.
 */
public final class PretrainedDecoders {
  private PretrainedDecoders() {}

  /**
   * Loads a decoder.
   *
   * @param directory as the user wrote it
   * @throws IOException when there is no such directory, or as {@link #load(String, Path)}
   */
  public static PretrainedDecoder load(String directory) throws IOException {
    return loadFrom(Path.of(""), directory);
  }

  /**
   * The same in a process that was not started where the user called: the decoder keeps the name
   * that the user wrote.
   *
   * @param folder that the directory's name is relative to
   * @throws IOException as {@link #load(String)}
   */
  public static PretrainedDecoder loadFrom(Path folder, String directory) throws IOException {
    if (PretrainedEncoders.presets().contains(directory)) {
      throw new IOException(
          "model \"%s\" is an encoder, which writes no texts; give the Hugging Face directory of a"
                  .formatted(directory)
              + " GPT-2");
    }
    return load(directory, HuggingFaceDirectory.named(folder, directory));
  }

  /**
   * Loads a decoder.
   *
   * @param name for the record, as the user wrote the directory
   * @throws IOException when something is missing or does not fit: what, which file or tensor, what
   *     to do
   */
  public static PretrainedDecoder load(String name, Path directory) throws IOException {
    ConfigFile configFile = ConfigFile.read(directory.resolve("config.json"));
    DecoderConfig config = DecoderConfigFile.read(configFile);
    HuggingFaceDirectory.requireWholeModel(directory, configFile);
    WeightFiles files = WeightFiles.in(directory);
    StoredModel stored =
        StoredModel.of(
            files,
            PretrainedDecoders::canonical,
            DecoderTensors.EMBEDDING,
            ImmutableList.of(DecoderTensors.HEAD));
    stored.requireLayers(configFile.file().toString(), "n_layer", config.layers());
    StoredModel.Tensors read =
        stored.read(
            Sets.union(
                DecoderTensors.required(config).keySet(), ImmutableSet.of(DecoderTensors.HEAD)));
    if (hasHeadOfItsOwn(read.byName())) {
      config = config.withHeadOfItsOwn();
    }
    Map<String, HostTensor> weights =
        DecoderTensors.checked(config, read.byName(), files.file().toString());
    stored.requireFinite(weights);
    TokenizerFiles.Opened opened = HuggingFaceDirectory.tokenizer(directory, configFile);
    String[] others =
        Files.isRegularFile(directory.resolve(GenerationConfig.FILE))
            ? new String[] {"config.json", GenerationConfig.FILE}
            : new String[] {"config.json"};
    return new PretrainedDecoder(
        name,
        config,
        weights,
        new CheckedTokenizer(opened.tokenizer(), config.vocabSize(), 0, directory.toString()),
        GenerationConfig.read(directory, configFile, config),
        "%s, %s, %s"
            .formatted(
                String.join(", ", others),
                files.file().getFileName(),
                String.join(", ", opened.files())),
        read.sha256(),
        HuggingFaceDirectory.hashes(directory, opened.files(), others));
  }

  /**
   * Hugging Face's reader keeps two matrices that differ apart, whatever the configuration says.
   */
  private static boolean hasHeadOfItsOwn(Map<String, HostTensor> tensors) {
    HostTensor head = tensors.get(DecoderTensors.HEAD);
    HostTensor embedding = tensors.get(DecoderTensors.EMBEDDING);
    return head != null && embedding != null && !Arrays.equals(head.values(), embedding.values());
  }

  static String canonical(String name) {
    return name.replaceFirst("^transformer\\.", "");
  }
}
