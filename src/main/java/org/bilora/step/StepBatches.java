package org.bilora.step;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bilora.bilevel.StepKind;
import org.bilora.data.Batch;
import org.bilora.data.BatchParts;

/**
 * What one step is fed with: mini-batches for either level, as many as its kind meets.
 *
 * @param kind what the step moves
 * @param lower of D1, or of the training set
 * @param upper of D2
 */
public record StepBatches(StepKind kind, List<Batch> lower, List<Batch> upper) {

  /** Checks the numbers of batches. */
  public StepBatches {
    lower = ImmutableList.copyOf(lower);
    upper = ImmutableList.copyOf(upper);
    if (lower.size() != kind.lowerBatches() || upper.size() != kind.upperBatches()) {
      throw new IllegalArgumentException(
          "a step of %d lower and %d upper batches got %d and %d"
              .formatted(kind.lowerBatches(), kind.upperBatches(), lower.size(), upper.size()));
    }
  }

  /** A step of V on one batch. */
  public static StepBatches moveLower(Batch batch) {
    return new StepBatches(new StepKind.MoveLower(), List.of(batch), List.of());
  }

  /** A step of E on one batch. */
  public static StepBatches moveUpper(Batch batch) {
    return new StepBatches(new StepKind.MoveUpper(), List.of(), List.of(batch));
  }

  /** A step of V and E together on one batch. */
  public static StepBatches moveBoth(Batch batch) {
    return new StepBatches(new StepKind.MoveBoth(), List.of(batch), List.of());
  }

  /**
   * The batches of several trainings, the rows of each behind those of the one before.
   *
   * @throws IllegalArgumentException when they are not of one kind and one shape
   */
  static StepBatches stacked(List<StepBatches> trainings) {
    StepKind kind = trainings.get(0).kind();
    if (trainings.stream().anyMatch(batches -> !batches.kind().equals(kind))) {
      throw new IllegalArgumentException("lanes' steps are of different kinds; give one kind");
    }
    return new StepBatches(
        kind,
        stacked(trainings, StepBatches::lower, kind.lowerBatches()),
        stacked(trainings, StepBatches::upper, kind.upperBatches()));
  }

  private static List<Batch> stacked(
      List<StepBatches> trainings, Function<StepBatches, List<Batch>> level, int batches) {
    return IntStream.range(0, batches)
        .mapToObj(
            i ->
                Batch.stacked(
                    trainings.stream().map(training -> level.apply(training).get(i)).toList()))
        .toList();
  }

  /** All batches, the lower ones first. */
  public List<Batch> all() {
    return ImmutableList.<Batch>builder().addAll(lower).addAll(upper).build();
  }

  /** Rows times length of all batches. */
  public long tokens() {
    return all().stream().mapToLong(batch -> (long) batch.rows() * batch.length()).sum();
  }

  /** What it has in common with the steps that the same compiled step serves. */
  public StepShape shape() {
    return new StepShape(kind, all().stream().map(BatchShape::of).toList());
  }

  /** The same where each batch is cut into parts for so many workers. */
  StepShape shape(int workers) {
    return new StepShape(
        kind,
        all().stream()
            .map(
                batch ->
                    new BatchShape(
                        batch.rows(), batch.length(), BatchParts.predictions(batch, workers)))
            .toList());
  }

  /** Shape of one batch; predictions are the tokens that a language model is asked for. */
  public record BatchShape(int rows, int length, int predictions) {
    static BatchShape of(Batch batch) {
      return new BatchShape(batch.rows(), batch.length(), batch.predictions());
    }
  }

  /** Kind of a step and shapes of all its batches: steps of one shape are compiled once. */
  public record StepShape(StepKind kind, List<BatchShape> batches) {}
}
