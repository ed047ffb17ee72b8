package org.bilora.train;

import com.google.common.base.Suppliers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bilora.data.GenerationDataset;
import org.bilora.data.LanguageModelDataset;
import org.bilora.eval.LanguageModelEvaluation;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedDecoders;
import org.bilora.step.FineTuning;
import org.bilora.weights.HostTensor;

/**
 * A run's best values, or an adapter's, in their pretrained decoder: one with ΔW merged into its
 * weights, which computes what the adapters do at the cost of the plain decoder.
 */
public final class TrainedLanguageModel implements AutoCloseable {
  private final TrainingSettings settings;
  private final PretrainedDecoder model;
  private final TrainedValues values;

  /** As large as the model, so that it is made where it is asked for, and once. */
  private final Supplier<PretrainedDecoder> merged;

  private TrainedLanguageModel(
      TrainingSettings settings, PretrainedDecoder model, Map<String, HostTensor> trained) {
    this.settings = settings;
    this.model = model;
    this.values = TrainedValues.of(settings.method(), settings.adapter(), trained);
    this.merged = Suppliers.memoize(() -> model.merged(values.increments(), values.head()));
  }

  /**
   * An adapter that was trained elsewhere, in its base.
   *
   * @param base closed with this
   */
  public static TrainedLanguageModel of(PretrainedDecoder base, StartAdapter adapter) {
    return new TrainedLanguageModel(adapter.ownSettings(base), base, adapter.own(base))
        .requireMergeable();
  }

  /**
   * Opens a run, loading its model by name.
   *
   * @throws IOException when the directory holds no run of a language model, or the run is damaged,
   *     has no values yet, or its model is not what it was: one line saying which file and what to
   *     do
   */
  public static TrainedLanguageModel open(Path directory) throws IOException {
    return open(directory, PretrainedDecoders::load);
  }

  /**
   * Opens a run with a model found some other way.
   *
   * @throws IOException as {@link #open(Path)}
   */
  public static TrainedLanguageModel open(Path directory, ModelSource<PretrainedDecoder> models)
      throws IOException {
    RunDirectory files = new RunDirectory(directory);
    RunRecord record = files.readRecord();
    if (!record.task().languageModelling()) {
      throw new IOException(
          "the run in %s trained an encoder (task %s), which writes no texts; give the run of a"
                  .formatted(directory, record.task().name())
              + " language model");
    }
    Map<String, HostTensor> values = files.readTrained(record);
    PretrainedDecoder model = models.load(record.model().name());
    TrainedLanguageModel trained = null;
    try {
      files.requireModel(record, model);
      trained = new TrainedLanguageModel(record.settings(), model, values).requireMergeable();
      return trained;
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s does not fit %s: %s; restore both from a copy, or train again in a new directory"
              .formatted(files.trained(), files.record().getFileName(), e.getMessage()),
          e);
    } finally {
      if (trained == null) {
        model.close();
      }
    }
  }

  /**
   * The same with other values in place of the trained ones, as pruned ones; close one of the two.
   * They are merged only where {@link #merged} is asked for.
   *
   * @param others under the names of {@link TrainedValues#values()}
   */
  public TrainedLanguageModel with(Map<String, HostTensor> others) {
    return new TrainedLanguageModel(settings, model, others);
  }

  /** What decided the run. */
  public TrainingSettings settings() {
    return settings;
  }

  /** The pretrained decoder; closed with this run. */
  public PretrainedDecoder model() {
    return model;
  }

  /** What was learnt. */
  public TrainedValues values() {
    return values;
  }

  /** The decoder with W + ΔW, or with its trained weights, on the host; closed with this run. */
  public PretrainedDecoder merged() {
    return merged.get();
  }

  /** Values that do not fit the model, or are not finite, are found where they were read. */
  private TrainedLanguageModel requireMergeable() {
    merged.get();
    return this;
  }

  /**
   * Mean loss of a split's completion tokens, computed as the run did.
   *
   * @throws IllegalArgumentException when the data set has no such split
   */
  public LanguageModelEvaluation evaluate(GenerationDataset dataset, String split) {
    return evaluate(
        LanguageModelDataset.of(dataset, model.tokenizer(), model.config().endOfTextId()), split);
  }

  /**
   * Mean loss of the tokens that count of a split, computed as the run did.
   *
   * @throws IllegalArgumentException when the data set has no such split
   */
  public LanguageModelEvaluation evaluate(LanguageModelDataset dataset, String split) {
    LanguageModelDataset.Cut cut =
        dataset.cut(split, Math.min(settings.maxLength(), model.maxTokens()));
    RunInputs inputs = new RunInputs.OfDecoder(model, dataset);
    try (FineTuning fineTuning =
        FineTuning.open(
            model, inputs.modules(settings), settings.step(), Optional.empty(), Optional.empty())) {
      fineTuning.restoreTrained(values.values());
      return LanguageModelEvaluation.of(cut.examples(), settings.batches(), fineTuning::loss);
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
