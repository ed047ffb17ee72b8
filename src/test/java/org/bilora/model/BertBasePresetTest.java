package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bilora.text.Encoding;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** The preset against its own SavedModel, run by TensorFlow as it came. */
@Tag("slow")
class BertBasePresetTest {
  private static final String HIDDEN = "module_apply_tokens/bert/encoder/Reshape_13:0";
  private static final int LENGTH = 128;

  @TempDir Path folder;

  @Test
  void hiddenStatesAgreeWithTheSavedModels() throws IOException {
    assumeTrue(
        Files.exists(BertBasePreset.ARTIFACT.jar(MavenArtifact.defaultRepository())),
        "the artifact is not in the local Maven repository");
    try (PretrainedEncoder model = PretrainedEncoders.load("bert-base");
        EncoderFeatures encoder = new EncoderFeatures(model)) {
      List<Encoding> texts =
          List.of(
              model.tokenizer().encode("It rained; we stayed in.", Optional.empty(), LENGTH),
              model.tokenizer().encode("Naïve cafés", Optional.of("unbelievably 東京!"), LENGTH));
      float[][][] ours = encoder.lastHiddenStates(texts);
      BertBasePreset.unpack(folder);
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
    assumeTrue(Files.exists(BertBasePreset.ARTIFACT.jar(MavenArtifact.defaultRepository())));
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
