package org.bilora.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.bilora.text.BytePairDefinition;
import org.bilora.text.Tokenizer;
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
  private static final String TOKENIZER = "tokenizer.json";
  private static final String VOCABULARY = "vocab.json";
  private static final String MERGES = "merges.txt";

  private PretrainedDecoders() {}

  /**
   * Loads a decoder.
   *
   * @param directory as the user wrote it
   * @throws IOException when there is no such directory, or as {@link #load(String, Path)}
   */
  public static PretrainedDecoder load(String directory) throws IOException {
    if (PretrainedEncoders.presets().contains(directory)) {
      throw new IOException(
          "model \"%s\" is an encoder, which writes no texts; give the Hugging Face directory of a"
                  .formatted(directory)
              + " GPT-2");
    }
    return load(directory, HuggingFaceDirectory.named(directory));
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
    ImmutableMap<String, HostTensor> weights =
        DecoderTensors.checked(config, read.byName(), files.file().toString());
    stored.requireFinite(weights);
    boolean fast = Files.isRegularFile(directory.resolve(TOKENIZER));
    return new PretrainedDecoder(
        name,
        config,
        weights,
        tokenizer(config, directory, fast),
        GenerationConfig.read(directory, configFile, config),
        "config.json, %s, %s"
            .formatted(files.file().getFileName(), fast ? TOKENIZER : VOCABULARY + ", " + MERGES),
        read.sha256(),
        ImmutableMap.of());
  }

  /**
   * Hugging Face's reader keeps two matrices that differ apart, whatever the configuration says.
   */
  private static boolean hasHeadOfItsOwn(Map<String, HostTensor> tensors) {
    HostTensor head = tensors.get(DecoderTensors.HEAD);
    HostTensor embedding = tensors.get(DecoderTensors.EMBEDDING);
    return head != null && embedding != null && !Arrays.equals(head.values(), embedding.values());
  }

  private static Tokenizer tokenizer(DecoderConfig config, Path directory, boolean fast)
      throws IOException {
    if (fast) {
      Path file = directory.resolve(TOKENIZER);
      return HuggingFaceDirectory.tokenizer(
          config.vocabSize(), false, Files.readAllBytes(file), file.toString());
    }
    Path vocabulary = directory.resolve(VOCABULARY);
    Path merges = directory.resolve(MERGES);
    if (!Files.isRegularFile(vocabulary) || !Files.isRegularFile(merges)) {
      throw new IOException(
          "%s holds neither %s nor %s with %s: save the model's tokenizer there (save_pretrained"
                  .formatted(directory, TOKENIZER, VOCABULARY, MERGES)
              + " writes it)");
    }
    return HuggingFaceDirectory.tokenizer(
        config.vocabSize(),
        false,
        BytePairDefinition.of(vocabulary, merges),
        vocabulary.toString());
  }

  private static String canonical(String name) {
    return name.replaceFirst("^transformer\\.", "");
  }
}
