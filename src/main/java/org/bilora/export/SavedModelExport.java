package org.bilora.export;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Writes a model as TensorFlow Serving wants it:
 *
 * <pre>
 * BASE/VERSION/saved_model.pb   tag serve
 *              variables/       merged weights
 *              assets/          tokenizer.json, labels.json or adapters.json, export.json
 *              assets.extra/    tf_serving_warmup_requests
 * BASE/models.config, batching.config, compose.yaml, README.md   {@link ServingFiles}
 * </pre>
 *
 * <p>Signatures, all on the same weights and for any batch size and length:
 *
 * <pre>
 * serving_default   input_ids, attention_mask, token_type_ids (where the model has segments): int32
 * serving_int64     the same: int64
 * serving_ids       input_ids: int64, token_type_ids for pairs; what padding is follows from the ids
 * serving_text      text, text_pair for pairs: strings {@code [rows]}, tokenized in the graph
 * </pre>
 *
 * <p>Outputs are {@code logits} {@code [rows, labels]} and, for classes, {@code probabilities}
 * {@code [rows, labels]} and {@code label} {@code [rows]}, the most probable one's name; for a
 * regression task {@code scores} {@code [rows]}, which are the logits without their axis of one.
 *
 * <p>Where there are several adapters on one base ({@link AdapterSet}), every signature has one
 * more input, {@code adapter}: strings {@code [rows]}, the name of each row's adapter.
 */
public final class SavedModelExport {
  /** Largest difference from the trained model's logits that is still served. */
  public static final float TOLERANCE = 1e-4f;

  private SavedModelExport() {}

  /**
   * The files that decide an answer, which the record has hashes of.
   *
   * @param adapters whether there are several
   */
  static List<String> deciding(boolean adapters) {
    return deciding(Assets.TOKENIZER, adapters ? Assets.ADAPTERS : Assets.LABELS);
  }

  /** Graph and weights, and some assets. */
  static List<String> deciding(String... assets) {
    ImmutableList.Builder<String> files =
        ImmutableList.<String>builder()
            .add("saved_model.pb")
            .add(VariablesBundle.PREFIX + ".index")
            .add(VariablesBundle.PREFIX + ".data-00000-of-00001");
    for (String asset : assets) {
      files.add(Assets.FOLDER + "/" + asset);
    }
    return files.build();
  }

  /**
   * What was exported.
   *
   * @param directory the version folder
   * @param largestDifference between a logit of the export and of the trained model
   * @param comparedTexts how many texts were compared
   * @param signatures names of the signatures
   * @param textRefusal why there is none that takes texts; empty where there is one
   */
  public record Report(
      Path directory,
      float largestDifference,
      int comparedTexts,
      List<String> signatures,
      Optional<String> textRefusal) {
    /** Keeps copies of the collections. */
    public Report {
      signatures = ImmutableList.copyOf(signatures);
    }
  }

  /**
   * Exports, loads the export back, compares it with the trained model, and only then gives it its
   * name.
   *
   * @param references logits of the trained model for real batches of different sizes and lengths
   * @param base the model's folder; created where missing
   * @param version the integer to serve it under; without it, one above the largest there
   * @throws ExportRefusedException when a logit differs by more than {@link #TOLERANCE}; nothing is
   *     left behind
   * @throws IOException when the folder cannot be written, or the version exists
   */
  public static Report write(
      ServingModel model, List<ReferenceLogits> references, Path base, OptionalLong version)
      throws IOException {
    if (references.isEmpty()) {
      throw new IllegalArgumentException(
          "references is empty; give logits of the trained model to hold the export against");
    }
    Path target = VersionDirectories.next(base, version);
    try (StagedDirectory staged = new StagedDirectory(base)) {
      TextInput text = TextInput.of(model);
      List<String> signatures = writeFiles(model, text, staged.path());
      String name = base.toAbsolutePath().normalize().getFileName().toString();
      WarmupRequests.write(model, name, signatures, staged.path());
      float difference = compare(staged.path(), ImmutableList.copyOf(references));
      target = commit(staged, base, version, target);
      ServingFiles.write(model, name, signatures, base);
      int texts = references.stream().mapToInt(reference -> reference.texts().rows()).sum();
      return new Report(target, difference, texts, signatures, text.refusal());
    }
  }

  /** Exports at once take the next number that is free; one that was asked for is that one. */
  static Path commit(StagedDirectory staged, Path base, OptionalLong version, Path first)
      throws IOException {
    Path target = first;
    while (true) {
      try {
        staged.commit(target);
        return target;
      } catch (FileAlreadyExistsException e) {
        if (version.isPresent()) {
          throw e;
        }
        target = VersionDirectories.next(base, version);
      }
    }
  }

  private static List<String> writeFiles(ServingModel model, TextInput text, Path directory)
      throws IOException {
    Files.createDirectories(directory.resolve("assets.extra"));
    Assets.write(model, directory);
    try (ServingGraph graph = new ServingGraph(model, text.tokenizer())) {
      graph.write(directory, Assets.files(model));
      ExportRecord.of(model, directory).write(directory.resolve(ExportRecord.FILE));
      return graph.signatures();
    }
  }

  private static float compare(Path directory, List<ReferenceLogits> references)
      throws IOException {
    float largest = 0;
    try (ServingSession session = ServingSession.open(directory)) {
      for (ReferenceLogits reference : references) {
        for (String signature : ServingGraph.ID_SIGNATURES) {
          float[][] served =
              session.run(signature, reference.texts(), reference.adapters()).logits();
          largest = Math.max(largest, difference(session, served, reference));
        }
        if (session.has(ServingGraph.TEXT_SIGNATURE) && !reference.raw().isEmpty()) {
          float[][] served = session.runTexts(reference.raw(), reference.adapters()).logits();
          largest = Math.max(largest, difference(session, served, reference));
        }
      }
    }
    requireSmall(largest);
    return largest;
  }

  /** An adapter may have fewer labels than the model has columns. */
  private static float difference(
      ServingSession session, float[][] served, ReferenceLogits reference) {
    boolean longer = session.perToken() || !reference.adapters().isEmpty();
    return largestDifference(served, reference.logits(), longer);
  }

  /** Refuses a difference of more than {@link #TOLERANCE}. */
  static void requireSmall(float largestDifference) throws ExportRefusedException {
    // Written so that NaN is refused too.
    if (!(largestDifference <= TOLERANCE)) {
      throw new ExportRefusedException(
          "the exported model's logits differ from the trained model's by up to %s, more than %s; nothing was exported"
              .formatted(largestDifference, TOLERANCE));
    }
  }

  /**
   * The largest difference of a logit.
   *
   * @param longer whether rows of the export may be longer
   * @return NaN as soon as one difference is
   */
  static float largestDifference(float[][] served, float[][] trained, boolean longer) {
    float largest = 0;
    for (int row = 0; row < trained.length; row++) {
      // Of tokens a reference ends where the row's padding begins.
      boolean fits =
          longer
              ? served[row].length >= trained[row].length
              : served[row].length == trained[row].length;
      if (!fits) {
        throw new IllegalArgumentException(
            "the reference has %d logits per text, the export %d"
                .formatted(trained[row].length, served[row].length));
      }
      for (int label = 0; label < trained[row].length; label++) {
        largest = Math.max(largest, Math.abs(served[row][label] - trained[row][label]));
      }
    }
    return largest;
  }
}
