package org.bilora.train;

import java.util.Optional;
import org.bilora.data.Dataset;
import org.bilora.data.LanguageModelDataset;
import org.bilora.data.TaskData;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.model.TargetModules;
import org.bilora.step.FineTuning;

/**
 * What a run is made of besides its settings: a pretrained model and the examples it learns from.
 */
sealed interface RunInputs {

  PretrainedModel model();

  /** Which hidden state stands for a text; empty for a decoder. */
  Optional<EncoderHead.Pooling> pooling();

  TaskData dataset();

  /** What became of the head that the checkpoint was fine-tuned with, where it has one. */
  Optional<String> headNote();

  /**
   * The examples as batches.
   *
   * @throws IllegalArgumentException when settings, model and data do not fit together
   */
  TrainingData data(TrainingSettings settings);

  /**
   * The model in a session.
   *
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  FineTuning open(TrainingSettings settings);

  /** An encoder and labelled texts. */
  record OfEncoder(PretrainedEncoder model, Dataset dataset) implements RunInputs {
    @Override
    public Optional<String> headNote() {
      return HeadStart.of(model, dataset.task()).note();
    }

    @Override
    public Optional<EncoderHead.Pooling> pooling() {
      return Optional.of(model.pooling());
    }

    @Override
    public TrainingData data(TrainingSettings settings) {
      return TrainingData.of(model, dataset, settings);
    }

    @Override
    public FineTuning open(TrainingSettings settings) {
      return FineTuning.open(
          HeadStart.of(model, dataset.task()).model(),
          new EncoderHead(model.config(), model.pooling(), dataset.task().outputs()),
          TargetModules.match(model, settings.adapter().targets()),
          settings.step());
    }
  }

  /** A decoder and token sequences. */
  record OfDecoder(PretrainedDecoder model, LanguageModelDataset dataset) implements RunInputs {
    @Override
    public Optional<String> headNote() {
      return Optional.empty();
    }

    @Override
    public Optional<EncoderHead.Pooling> pooling() {
      return Optional.empty();
    }

    @Override
    public TrainingData data(TrainingSettings settings) {
      return TrainingData.of(model, dataset, settings);
    }

    @Override
    public FineTuning open(TrainingSettings settings) {
      return FineTuning.open(
          model, TargetModules.match(model, settings.adapter().targets()), settings.step());
    }
  }
}
