package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.InputStream;
import org.bilora.weights.NamedTensors;
import org.bilora.weights.OnnxInitializers;
import org.bilora.weights.OptionalLibrary;

/**
 * A pretrained encoder from an ONNX file in a Maven artifact on the class path.
 *
 * @param name what users call it
 * @param coordinates of the artifact
 * @param weights resource with the ONNX file
 * @param tokenizer resource with its {@code tokenizer.json}
 * @param layers number of Transformer layers; all else is as in BERT of width 384
 * @param pooling as it was trained
 */
record OnnxPreset(
    String name,
    String coordinates,
    String weights,
    String tokenizer,
    int layers,
    EncoderHead.Pooling pooling) {

  PretrainedEncoder load() throws IOException {
    NamedTensors tensors = OnnxInitializers.read(resource(weights), weights);
    EncoderConfig config = config();
    return new PretrainedEncoder(
        name,
        config,
        EncoderTensors.checked(config, tensors.tensors(), weights),
        HuggingFaceDirectory.tokenizer(config, resource(tokenizer), tokenizer),
        pooling,
        coordinates,
        tensors.sha256(),
        ImmutableMap.of());
  }

  private EncoderConfig config() {
    return EncoderConfigBuilder.builder()
        .kind(new Bert())
        .vocabSize(30522)
        .hiddenSize(384)
        .layers(layers)
        .heads(12)
        .intermediateSize(1536)
        .maxPositions(512)
        .typeVocabSize(2)
        .layerNormEpsilon(1e-12)
        .hiddenDropoutProbability(0.1)
        .attentionDropoutProbability(0.1)
        .classifierDropoutProbability(0.1)
        .padTokenId(0)
        .activation(EncoderConfig.Activation.GELU)
        .build();
  }

  private byte[] resource(String path) throws IOException {
    try (InputStream in = OnnxPreset.class.getResourceAsStream("/" + path)) {
      if (in == null) {
        throw new IOException(
            "preset %s needs %s, which is in the Maven artifact %s: add it and %s to the class path"
                .formatted(name, path, coordinates, OptionalLibrary.ONNX.artifact()));
      }
      return in.readAllBytes();
    }
  }
}
