package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.bilora.model.EncoderConfig.ModelType;
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
 * <p>Its names become canonical ({@link PretrainedEncoder}): the prefix {@code bert.} or {@code
 * roberta.} that task models put before the encoder goes, and layer normalisation's old {@code
 * gamma} and {@code beta} become {@code weight} and {@code bias}.
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
    Set<String> names =
        Sets.union(
            EncoderTensors.required(config).keySet(), EncoderTensors.optional(config).keySet());
    SafetensorsFile file =
        weightsFile.endsWith(INDEX)
            ? SafetensorsShards.read(weightsFile, tensor -> names.contains(canonical(tensor)))
            : Safetensors.read(weightsFile, tensor -> names.contains(canonical(tensor)));
    ImmutableMap<String, HostTensor> weights =
        EncoderTensors.checked(
            config, renamed(file.tensors(), weightsFile), weightsFile.toString());
    Tokenizer tokenizer =
        tokenizer(config, Files.readAllBytes(tokenizerFile), tokenizerFile.toString());
    return new PretrainedEncoder(
        name,
        config,
        weights,
        tokenizer,
        EncoderHead.Pooling.CLS,
        "config.json, %s, tokenizer.json".formatted(weightsFile.getFileName()),
        file.sha256());
  }

  private static Path weightsFile(Path directory) throws IOException {
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

  private static Map<String, HostTensor> renamed(Map<String, HostTensor> tensors, Path file)
      throws IOException {
    Map<String, HostTensor> renamed = new HashMap<>();
    for (Map.Entry<String, HostTensor> tensor : tensors.entrySet()) {
      if (renamed.put(canonical(tensor.getKey()), tensor.getValue()) != null) {
        throw new IOException(
            "%s holds tensor %s twice, with and without a prefix"
                .formatted(file, canonical(tensor.getKey())));
      }
    }
    return renamed;
  }

  private static String canonical(String name) {
    return name.replaceFirst("^(bert|roberta)\\.", "")
        .replaceFirst("LayerNorm\\.gamma$", "LayerNorm.weight")
        .replaceFirst("LayerNorm\\.beta$", "LayerNorm.bias");
  }

  /**
   * The tokenizer, as the model expects it.
   *
   * @throws IOException when it yields ids that the word embedding has no row for
   */
  static Tokenizer tokenizer(EncoderConfig config, byte[] definition, String where)
      throws IOException {
    // RoBERTa was pretrained without segments, and most have only one row for them.
    boolean segments = config.modelType() == ModelType.BERT && config.typeVocabSize() > 1;
    Tokenizer tokenizer =
        JsonTokenizer.of(
            definition,
            segments ? JsonTokenizer.Segments.FIRST_AND_SECOND : JsonTokenizer.Segments.NONE,
            where);
    if (tokenizer.vocabularySize() > config.vocabSize()) {
      tokenizer.close();
      throw new IOException(
          "%s has token ids up to %d, but the word embedding has only %d rows (vocab_size): the two do not belong together"
              .formatted(where, tokenizer.vocabularySize() - 1, config.vocabSize()));
    }
    return tokenizer;
  }
}
