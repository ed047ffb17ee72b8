package org.bilora.export;

import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.bilora.data.TaskType;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.bilora.model.TinyEncoders;
import org.tensorflow.Session;
import org.tensorflow.proto.SavedModel;

/**
 * Tiny exported models for the tests of what serves them: the words w0 to w19, classes a, b, c ….
 */
public final class TinyExports {
  private TinyExports() {}

  /** What the graph takes beside ids. */
  public enum Texts {
    /** Nothing, as where its tokenizer cannot be part of a graph. */
    NONE,
    /** One text. */
    ONE,
    /** Two texts. */
    PAIRS
  }

  /**
   * Exports a model with random trained values.
   *
   * @param labels classes; 1 is a regression task
   * @return the version folder
   */
  public static Path write(Path base, Texts texts, int labels, long version, long seed)
      throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(seed))) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, labels, Lora.USUAL);
      ServingModel merged = trained.merged();
      ServingModel model =
          ServingModel.of(
              merged.encoder(),
              merged.head(),
              merged.weights(),
              merged.labels(),
              merged.maxTokens(),
              texts != Texts.ONE);
      List<ReferenceLogits> references =
          texts == Texts.ONE
              ? references(model, trained.references(), false)
              : trained.references();
      Path directory =
          SavedModelExport.write(model, references, base, OptionalLong.of(version)).directory();
      if (texts == Texts.NONE) {
        removeTextSignature(model, directory);
      }
      return directory;
    }
  }

  /** A model's own logits for the texts of others; of single texts without their segments. */
  private static List<ReferenceLogits> references(
      ServingModel model, List<ReferenceLogits> others, boolean pairs) {
    List<ReferenceLogits> own = new ArrayList<>();
    try (ForwardGraph forward = new ForwardGraph(model);
        Session session = forward.open()) {
      for (ReferenceLogits other : others) {
        PaddedTexts texts = pairs ? other.texts() : withoutSegments(other.texts());
        own.add(new ReferenceLogits(texts, forward.logits(session, texts)));
      }
    }
    return own;
  }

  private static PaddedTexts withoutSegments(PaddedTexts texts) {
    return new PaddedTexts(
        texts.rows(),
        texts.length(),
        texts.inputIds(),
        texts.attentionMask(),
        new int[texts.inputIds().length]);
  }

  private static void removeTextSignature(ServingModel exported, Path directory)
      throws IOException {
    Path file = directory.resolve("saved_model.pb");
    SavedModel.Builder model = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
    model.getMetaGraphsBuilder(0).removeSignatureDef(ServingGraph.TEXT_SIGNATURE);
    Files.write(file, model.build().toByteArray());
    ExportRecord.of(exported, directory).write(directory.resolve(ExportRecord.FILE));
  }

  /** A trained run, with its own logits as references. */
  static TrainedEncoder run(
      PretrainedEncoder encoder,
      Method method,
      int labels,
      int maxTokens,
      boolean pairs,
      String... targets)
      throws IOException {
    List<String> modules = TargetModules.match(encoder, List.of(targets));
    TrainedTinyModels trained = TrainedTinyModels.trained(encoder, labels, method, modules);
    List<String> names = new ArrayList<>();
    for (int label = 0; labels > 1 && label < labels; label++) {
      names.add(method.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT) + " " + label);
    }
    EncoderHead head = new EncoderHead(encoder.config(), encoder.pooling(), labels);
    TaskType type = names.isEmpty() ? TaskType.REGRESSION : TaskType.CLASSIFICATION;
    Increments increments =
        trained.trained().form().isEmpty()
            ? Increments.none()
            : new Increments(
                trained.trained().increments(),
                Maps.transformValues(trained.trained().increments(), increment -> 2.0),
                false);
    TrainedEncoder bare =
        new TrainedEncoder(
            encoder,
            head,
            increments,
            trained.trained().head(),
            type,
            names,
            maxTokens,
            pairs,
            List.of());
    return heldAgainst(bare, references(bare.merged(), trained.references(), pairs));
  }

  /** The same run with other references. */
  static TrainedEncoder heldAgainst(TrainedEncoder run, List<ReferenceLogits> references) {
    return new TrainedEncoder(
        run.base(),
        run.head(),
        run.increments(),
        run.trained(),
        run.type(),
        run.labels(),
        run.maxTokens(),
        run.pairs(),
        references);
  }

  /**
   * Exports two adapters of one base: rules has three classes of pairs, mood two of single texts.
   *
   * @param texts {@code NONE} for ids only
   * @return the version folder
   */
  public static Path writeAdapters(Path base, Texts texts) throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(1))) {
      AdapterSet set = new AdapterSet();
      set.add("rules", run(encoder, Lora.USUAL, 3, 20, true, "query", "value"));
      set.add("mood", run(encoder, BiLora.USUAL, 2, 12, false, "output.dense"));
      Path directory = set.write(base).directory();
      if (texts == Texts.NONE) {
        removeTextSignature(set.model(), directory);
      }
      return directory;
    }
  }
}
