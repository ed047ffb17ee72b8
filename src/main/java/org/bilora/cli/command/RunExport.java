package org.bilora.cli.command;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.bilora.data.Example;
import org.bilora.export.MergedWeights;
import org.bilora.export.OnnxExport;
import org.bilora.export.PaddedTexts;
import org.bilora.export.ReferenceLogits;
import org.bilora.export.SavedModelExport;
import org.bilora.export.ServedModel;
import org.bilora.export.ServingModel;
import org.bilora.text.Encoding;
import org.bilora.train.TrainedRun;
import org.bilora.train.TrainedValues;

/**
 * Exports a run's best values, held against what the run itself answers on texts of all lengths.
 */
final class RunExport {
  private static final String SENTENCE =
      "The committee approved the budget after a long debate, although nobody had read it.";

  private RunExport() {}

  /** Where an export goes by default: {@code savedmodels/} and the run directory's name. */
  static Path defaultDirectory(Path run) {
    return Path.of("savedmodels").resolve(run.toAbsolutePath().normalize().getFileName());
  }

  /** Where an ONNX export goes by default: {@code onnx/} and the run directory's name. */
  static Path defaultOnnxDirectory(Path run) {
    return Path.of("onnx").resolve(run.toAbsolutePath().normalize().getFileName());
  }

  /**
   * Writes the next version below {@code base}.
   *
   * @throws IOException when it cannot be written or differs from the trained model
   */
  static SavedModelExport.Report write(TrainedRun run, Path base) throws IOException {
    ServingModel model = model(run);
    return SavedModelExport.write(
        model, references(run, model.maxTokens()), base, OptionalLong.empty());
  }

  /**
   * Writes a new folder with an ONNX file.
   *
   * @throws IOException when it cannot be written or differs from the trained model
   */
  static OnnxExport.Report writeOnnx(TrainedRun run, Path directory) throws IOException {
    ServingModel model = model(run);
    return OnnxExport.write(model, references(run, model.maxTokens()), directory);
  }

  private static ServingModel model(TrainedRun run) throws IOException {
    TrainedValues values =
        TrainedValues.of(run.settings().method(), run.settings().adapter(), run.trained());
    int maxTokens = Math.min(run.settings().maxLength(), run.model().config().maxTokens());
    return ServingModel.of(
        run.model(),
        run.head(),
        MergedWeights.of(run.model().weights(), values.increments(), values.head()),
        run.task().labels(),
        maxTokens,
        run.task().pairs());
  }

  /** One text alone, and texts from a word to the longest padded together. */
  private static List<ReferenceLogits> references(TrainedRun run, int maxTokens) {
    List<Example> texts = new ArrayList<>();
    for (int words = 1; words < 2 * maxTokens; words *= 3) {
      texts.add(example(run, words));
    }
    return List.of(
        reference(run, List.of(example(run, 12)), maxTokens), reference(run, texts, maxTokens));
  }

  private static ReferenceLogits reference(TrainedRun run, List<Example> texts, int maxTokens) {
    List<Encoding> encodings =
        texts.stream()
            .map(text -> run.model().tokenizer().encode(text.text(), text.pair(), maxTokens))
            .toList();
    return new ReferenceLogits(
        PaddedTexts.of(encodings, run.model().config().padTokenId()),
        run.float32Logits(texts),
        texts.stream()
            .map(text -> new ServedModel.Text(text.text(), text.pair()))
            .collect(ImmutableList.toImmutableList()));
  }

  private static Example example(TrainedRun run, int words) {
    String[] sentence = SENTENCE.split(" ");
    StringBuilder text = new StringBuilder(sentence[0]);
    for (int i = 1; i < words; i++) {
      text.append(' ').append(sentence[i % sentence.length]);
    }
    return new Example(
        text.toString(),
        run.task().pairs() ? Optional.of(SENTENCE) : Optional.empty(),
        OptionalDouble.empty());
  }
}
