package org.bilora.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.bilora.bench.statistics.Sample;
import org.bilora.bench.study.CellResult;
import org.bilora.train.EpochRecord;

/**
 * What the runs of a method went through, evaluation by evaluation as far as all of them got.
 * Evaluations at which a run has no number are left out.
 *
 * @param x of each point
 * @param mean over seeds
 * @param low a standard deviation below; NaN of one seed
 * @param high above
 */
record Curve(List<Double> x, List<Double> mean, List<Double> low, List<Double> high) {

  /** A curve over steps. */
  static Curve bySteps(List<CellResult> cells, ToDoubleFunction<EpochRecord> value) {
    return of(cells, (cell, at) -> cell.run().epochs().get(at).step(), value);
  }

  /** A curve over minutes of training and evaluation, compilation included. */
  static Curve byMinutes(List<CellResult> cells, ToDoubleFunction<EpochRecord> value) {
    return of(
        cells,
        (cell, at) ->
            cell.run().epochs().stream().limit(at + 1L).mapToDouble(EpochRecord::seconds).sum()
                / 60,
        value);
  }

  /** Where a point of a cell's run is drawn. */
  private interface Place {
    double of(CellResult cell, int at);
  }

  private static Curve of(
      List<CellResult> cells, Place place, ToDoubleFunction<EpochRecord> value) {
    Curve curve =
        new Curve(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    int points = cells.stream().mapToInt(cell -> cell.run().epochs().size()).min().orElse(0);
    for (int point = 0; point < points; point++) {
      int at = point;
      Sample sample =
          Sample.of(
              cells.stream()
                  .mapToDouble(cell -> value.applyAsDouble(cell.run().epochs().get(at)))
                  .toArray());
      if (Double.isFinite(sample.mean())) {
        curve.x.add(cells.stream().mapToDouble(cell -> place.of(cell, at)).average().orElseThrow());
        curve.mean.add(sample.mean());
        curve.low.add(sample.mean() - sample.standardDeviation());
        curve.high.add(sample.mean() + sample.standardDeviation());
      }
    }
    return curve;
  }

  boolean empty() {
    return x.isEmpty();
  }

  /** Whether there is a spread to show. */
  boolean hasBand() {
    return x.size() > 1 && low.stream().allMatch(Double::isFinite);
  }
}
