package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.primitives.Ints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.text.Encoding;
import org.bilora.weights.HostTensor;
import org.bilora.weights.SavedModelVariables;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.EagerSession;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** The presets against their own SavedModels, run by TensorFlow as they came. */
@Tag("slow")
class SavedModelPresetTest {
  private static final String HIDDEN = "module_apply_tokens/bert/encoder/Reshape_13:0";
  private static final int LENGTH = 128;

  @TempDir Path folder;

  static Stream<SavedModelPreset> presets() {
    return Stream.of(SavedModelPreset.BERT_BASE, SavedModelPreset.BERT_BASE_CASED);
  }

  @ParameterizedTest
  @MethodSource("presets")
  void hiddenStatesAgreeWithTheSavedModels(SavedModelPreset preset) throws IOException {
    assumeIsThere(preset);
    try (PretrainedEncoder model = PretrainedEncoders.load(preset.name());
        EncoderFeatures encoder = new EncoderFeatures(model)) {
      List<Encoding> texts =
          List.of(
              model.tokenizer().encode("It rained; we stayed in.", Optional.empty(), LENGTH),
              model.tokenizer().encode("Naïve cafés", Optional.of("unbelievably 東京!"), LENGTH));
      float[][][] ours = encoder.lastHiddenStates(texts);
      preset.unpack(folder);
      try (SavedModelBundle original = SavedModelBundle.load(folder.toString(), "serve")) {
        for (int text = 0; text < texts.size(); text++) {
          float[][] theirs = run(original, texts.get(text));
          for (int token = 0; token < ours[text].length; token++) {
            assertArrayEquals(theirs[token], ours[text][token], 2e-4f);
          }
        }
      }
    }
  }

  /** The uncased vocabulary is one and the same, so the two tokenizers must agree. */
  @Test
  void itsTokenizerAgreesWithMiniLms() throws IOException {
    assumeIsThere(SavedModelPreset.BERT_BASE);
    try (PretrainedEncoder bert = PretrainedEncoders.load("bert-base");
        PretrainedEncoder miniLm = PretrainedEncoders.load("minilm-l6")) {
      for (String text :
          List.of("", "Don't panic!", "Ünïcödé ﬁ 東京 🙂", "antidisestablishmentarianism 3.14%")) {
        for (Optional<String> pair : List.of(Optional.<String>empty(), Optional.of("[MASK] it."))) {
          assertEquals(
              miniLm.tokenizer().encode(text, pair, 16), bert.tokenizer().encode(text, pair, 16));
        }
      }
    }
  }

  /** The cased model's own masked-language-model head, over our hidden states. */
  @Test
  void aMaskedWordIsFilledAsThePretrainingLearntIt() throws IOException {
    SavedModelPreset preset = SavedModelPreset.BERT_BASE_CASED;
    assumeIsThere(preset);
    preset.unpack(folder);
    List<String> vocabulary = Files.readAllLines(folder.resolve("assets/vocab.txt"));
    Map<String, HostTensor> variables = SavedModelVariables.read(folder).tensors();
    try (PretrainedEncoder model = PretrainedEncoders.load(preset.name());
        EncoderFeatures encoder = new EncoderFeatures(model)) {
      Encoding text =
          model.tokenizer().encode("The capital of France is [MASK].", Optional.empty(), LENGTH);
      int masked = Ints.indexOf(text.inputIds(), vocabulary.indexOf("[MASK]"));
      float[] state = encoder.lastHiddenStates(List.of(text))[0][masked];
      assertEquals("Paris", vocabulary.get(likeliest(variables, state)));
    }
  }

  /** argmax of E LayerNorm(GELU(h K + b)) + c, E being the word embedding. */
  private static int likeliest(Map<String, HostTensor> variables, float[] state) {
    String head = "module/cls/predictions/";
    try (EagerSession session = EagerSession.create()) {
      Ops tf = Ops.create(session);
      Operand<TFloat32> wide =
          tf.math.add(
              tf.linalg.matMul(
                  tf.constant(new float[][] {state}),
                  constant(tf, variables.get(head + "transform/dense/kernel"))),
              constant(tf, variables.get(head + "transform/dense/bias")));
      Operand<TFloat32> normalized =
          Layers.layerNorm(
              tf,
              Layers.activated(tf, EncoderConfig.Activation.GELU_TANH, wide),
              constant(tf, variables.get(head + "transform/LayerNorm/gamma")),
              constant(tf, variables.get(head + "transform/LayerNorm/beta")),
              1e-12);
      Operand<TFloat32> logits =
          tf.math.add(
              tf.linalg.matMul(
                  normalized,
                  constant(tf, variables.get("module/bert/embeddings/word_embeddings")),
                  MatMul.transposeB(true)),
              constant(tf, variables.get(head + "output_bias")));
      return Math.toIntExact(tf.math.argMax(logits, tf.constant(1)).asTensor().getLong(0));
    }
  }

  private static Operand<TFloat32> constant(Ops tf, HostTensor tensor) {
    return tf.constant(Shape.of(tensor.shape()), DataBuffers.of(tensor.values()));
  }

  private static void assumeIsThere(SavedModelPreset preset) {
    assumeTrue(
        Files.exists(preset.artifact().jar(MavenArtifact.defaultRepository())),
        "the artifact is not in the local Maven repository");
  }

  private static float[][] run(SavedModelBundle original, Encoding text) {
    int[] mask = new int[LENGTH];
    Arrays.fill(mask, 0, text.length(), 1);
    try (TInt32 ids = row(Arrays.copyOf(text.inputIds(), LENGTH));
        TInt32 maskTensor = row(mask);
        TInt32 types = row(Arrays.copyOf(text.tokenTypeIds(), LENGTH));
        Result result =
            original
                .session()
                .runner()
                .feed("input_ids:0", ids)
                .feed("input_mask:0", maskTensor)
                .feed("segment_ids:0", types)
                .fetch(HIDDEN)
                .run()) {
      return StdArrays.array3dCopyOf((TFloat32) result.get(0))[0];
    }
  }

  private static TInt32 row(int[] values) {
    return TInt32.tensorOf(StdArrays.ndCopyOf(new int[][] {values}));
  }
}
