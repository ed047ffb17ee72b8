package org.bilora.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.data.BatchSize;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.HiddenKey;
import org.bilora.settings.Range;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.LossSettings;
import org.bilora.step.StepSettings;

/**
 * All that decides a run besides its model and data. Two runs with equal settings, model, data and
 * machine end with equal weights. Fields that are empty are left out of JSON, so that the keys of a
 * study's cells, which are hashes of it, stay what they were before there were these fields.
 *
 * @param method what is trained, and on what
 * @param adapter where increments go
 * @param optimizer AdamW and its schedule
 * @param epochs passes over D1 (or over the training set)
 * @param maxSteps stops after that many steps even within an epoch; 0 for no limit
 * @param batchSize examples per batch, unless {@code batchTokens} is there
 * @param maxLength most tokens per example
 * @param lengthBuckets most lengths that batches are padded to; each is a step to compile, for each
 *     kind of step, and there are no others: it bounds what a session holds
 * @param batchTokens most tokens per batch, padding included, whose number of examples then follows
 *     from their length; empty for {@code batchSize} examples
 * @param labelSmoothing ε of the cross-entropy; empty for none
 * @param dropKey probability of dropping a key of attention, as {@link HiddenKey} has it; empty for
 *     the model's own dropout
 * @param hiddenCut probability of dropping an output of a feed-forward layer, likewise
 * @param klWeight weight of the divergence between two passes, likewise; empty for one pass
 * @param evaluateEvery passes from one evaluation to the next; empty for one after every pass
 * @param splitEveryEpoch whether every epoch parts the training set into another D1 and D2, seeded
 *     and stratified as the first; empty for one split for all
 * @param selection what the best epoch is chosen on; empty for the dev split
 * @param patience evaluations without a better one after which the run ends; empty to take all
 *     steps
 * @param loss class weights and focal loss; empty for neither
 * @param execution precision and compilation
 * @param seed of the split, the order of examples, the start values and the dropout
 */
@RecordBuilder
public record TrainingSettings(
    Method method,
    AdapterSettings adapter,
    OptimizerSettings optimizer,
    int epochs,
    int maxSteps,
    int batchSize,
    int maxLength,
    @RecordBuilder.Initializer(source = TrainingDefaults.class, value = "LENGTH_BUCKETS")
        int lengthBuckets,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty")
        OptionalInt batchTokens,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble labelSmoothing,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble dropKey,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble hiddenCut,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble klWeight,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty")
        OptionalInt evaluateEvery,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<Boolean> splitEveryEpoch,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<Selection> selection,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty")
        OptionalInt patience,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<LossSettings> loss,
    ExecutionSettings execution,
    long seed) {

  /** Checks the ranges. */
  public TrainingSettings {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(adapter, "adapter");
    Objects.requireNonNull(optimizer, "optimizer");
    Objects.requireNonNull(execution, "execution");
    Range.atLeast("epochs", epochs, 1);
    Range.atLeast("maxSteps", maxSteps, 0);
    Range.atLeast("batchSize", batchSize, 1);
    Range.atLeast("maxLength", maxLength, 3);
    Range.atLeast("lengthBuckets", lengthBuckets, 1);
    batchTokens.ifPresent(tokens -> Range.atLeast("batchTokens", tokens, 1));
    dropKey = unlessZero(dropKey);
    hiddenCut = unlessZero(hiddenCut);
    klWeight = unlessZero(klWeight);
    hiddenKey(dropKey, hiddenCut, klWeight);
    splitEveryEpoch = splitEveryEpoch.filter(every -> every);
    Objects.requireNonNull(selection, "selection");
    loss = loss.filter(given -> !given.equals(LossSettings.PLAIN));
    evaluateEvery.ifPresent(passes -> Range.atLeast("evaluateEvery", passes, 1));
    patience.ifPresent(evaluations -> Range.atLeast("patience", evaluations, 1));
    labelSmoothing.ifPresent(smoothing -> Range.atLeastZeroBelowOne("labelSmoothing", smoothing));
  }

  private static OptionalDouble unlessZero(OptionalDouble value) {
    return value.orElse(0) == 0 ? OptionalDouble.empty() : value;
  }

  private static HiddenKey hiddenKey(
      OptionalDouble dropKey, OptionalDouble hiddenCut, OptionalDouble klWeight) {
    return new HiddenKey(dropKey.orElse(0), hiddenCut.orElse(0), klWeight.orElse(0));
  }

  /** What of it decides a step. */
  public StepSettings step() {
    return new StepSettings(method, adapter, optimizer, labelSmoothing, execution, seed)
        .withHiddenKey(hiddenKey(dropKey, hiddenCut, klWeight));
  }

  /** Examples, or tokens, per batch. */
  BatchSize batches() {
    return batchTokens.isPresent()
        ? BatchSize.tokens(batchTokens.getAsInt())
        : BatchSize.rows(batchSize);
  }

  /** Whether an evaluation comes after so many passes, unless they are the last. */
  boolean evaluatesAfter(int passes) {
    return passes % evaluateEvery.orElse(1) == 0;
  }

  /** Evaluations of a run of so many passes. */
  int evaluations(int passes) {
    int every = evaluateEvery.orElse(1);
    return (passes + every - 1) / every;
  }

  /** The same settings with increments elsewhere, or of another size. */
  public TrainingSettings withAdapter(AdapterSettings other) {
    return TrainingSettingsBuilder.builder(this).adapter(other).build();
  }

  /** The same settings, computed another way. */
  public TrainingSettings withExecution(ExecutionSettings other) {
    return TrainingSettingsBuilder.builder(this).execution(other).build();
  }

  /** The same settings for texts of other lengths. */
  public TrainingSettings withMaxLength(int tokens) {
    return TrainingSettingsBuilder.builder(this).maxLength(tokens).build();
  }
}
