package org.bilora.step;

import com.google.common.base.Ticker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.data.Batch;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.train.Trainer;
import org.bilora.weights.HostTensor;

/**
 * A model, its adapters and both optimizers' state in one TensorFlow session: what changes while
 * training. Everything else about a run (epochs, evaluation, checkpoints) is the {@link Trainer}'s.
 */
public interface FineTuning extends AutoCloseable {

  /**
   * Loads an encoder with a head into a session, for classes, or for a score where the head has a
   * single output.
   *
   * @param model stays the caller's to close
   * @param modules names of the dense layers to adapt
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  static FineTuning open(
      PretrainedEncoder model, EncoderHead head, List<String> modules, StepSettings settings) {
    return open(model, head, modules, settings, Optional.empty());
  }

  /**
   * The same for texts whose states behind the frozen lower layers are known. Steps, logits and
   * losses of other texts are refused.
   *
   * @param prefix of this model, at most {@link FrozenPrefix#depth} layers; empty to compute all
   *     layers
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  static FineTuning open(
      PretrainedEncoder model,
      EncoderHead head,
      List<String> modules,
      StepSettings settings,
      Optional<FrozenPrefix> prefix) {
    double smoothing = settings.labelSmoothing().orElse(0);
    return open(
        model,
        head,
        TaskLoss.of(head.labels(), smoothing),
        modules,
        settings,
        prefix,
        Optional.empty());
  }

  /**
   * The same for another loss, and for steps that several processes compute together.
   *
   * @param workers empty for this process alone
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  static FineTuning open(
      PretrainedEncoder model,
      EncoderHead head,
      TaskLoss loss,
      List<String> modules,
      StepSettings settings,
      Optional<FrozenPrefix> prefix,
      Optional<Workers> workers) {
    return NetworkFineTuning.open(
        new EncoderNetwork(model, head, loss, prefix), modules, settings, workers, false);
  }

  /**
   * Loads a decoder, as a language model, into a session.
   *
   * @param model stays the caller's to close
   * @param modules names of the linear layers to adapt
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  static FineTuning open(PretrainedDecoder model, List<String> modules, StepSettings settings) {
    return open(model, modules, settings, Optional.empty(), Optional.empty());
  }

  /**
   * The same for texts whose states behind the frozen lower layers are known, and for steps that
   * several processes compute together.
   *
   * @param prefix as above
   * @param workers empty for this process alone
   * @throws IllegalArgumentException when the settings do not fit the model
   */
  static FineTuning open(
      PretrainedDecoder model,
      List<String> modules,
      StepSettings settings,
      Optional<FrozenPrefix> prefix,
      Optional<Workers> workers) {
    double smoothing = settings.labelSmoothing().orElse(0);
    return NetworkFineTuning.open(
        new DecoderNetwork(model, smoothing, prefix), modules, settings, workers, false);
  }

  /**
   * Builds the step for batches of this kind and shape without running it.
   *
   * @return whether it was not there before; its first run then takes seconds more, for compilation
   * @throws org.bilora.autodiff.MissingGradientException naming the operations that lack a first-
   *     or second-order gradient
   */
  boolean prepare(StepBatches batches);

  /**
   * One iteration, one {@code Session.run}.
   *
   * @param batches of any shape; the step of each one is compiled when it is met first, and is
   *     kept, in some tens of megabytes, until this is closed: a few shapes for all batches are
   *     best, such as {@link org.bilora.data.EpochPlan} makes
   */
  StepResult step(StepBatches batches, StepRates rates);

  /**
   * Logits without dropout: {@code [rows][labels]}, one column for a regression task; {@code
   * [predictions][vocabulary]} of a language model.
   */
  float[][] logits(Batch batch);

  /** Mean task loss over what is no padding, without dropout and label smoothing. */
  float loss(Batch batch);

  /**
   * Every trainable value and every optimizer slot, by name, such as {@code lower/head.out.weight}
   * and {@code lower/head.out.weight/m}.
   */
  Map<String, HostTensor> state();

  /** The trained values alone, under the names they have in {@link #state()}. */
  Map<String, HostTensor> trained();

  /**
   * Puts back what {@link #state()} returned, bit for bit.
   *
   * @throws IllegalArgumentException when a name is missing, unknown, or has another shape; the
   *     message names the tensor
   */
  void restore(Map<String, HostTensor> state);

  /**
   * Puts back what {@link #trained()} returned, and leaves the optimizers' state as it is.
   *
   * @throws IllegalArgumentException as {@link #restore}
   */
  default void restoreTrained(Map<String, HostTensor> trained) {
    Map<String, HostTensor> state = new HashMap<>(state());
    state.keySet().removeAll(trained().keySet());
    state.putAll(trained);
    restore(state);
  }

  /** How many values are trained, both levels together. */
  int trainedParameters();

  /** Hash of the trained values, hexadecimal. */
  String trainedSha256();

  /** Hash of the frozen weights as they are in the session now, hexadecimal. */
  String frozenSha256();

  /** What it runs on, for the run record. */
  DeviceInfo device();

  /**
   * The clock of this training: where others run beside it, it stands while they are computed, and
   * of a step that several share it counts this one's part.
   */
  default Ticker ticker() {
    return Ticker.systemTicker();
  }

  @Override
  void close();
}
