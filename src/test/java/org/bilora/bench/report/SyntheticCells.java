package org.bilora.bench.report;

import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Study;

/** Results with invented numbers, for tests of other rooms. */
public final class SyntheticCells {
  private SyntheticCells() {}

  /** A result with epochs and adapters. */
  public static CellResult one() {
    Study study = SyntheticResults.study(1, "bilora");
    Cell cell = Cell.of(study).get(0);
    return CellResult.of(cell, SyntheticResults.run(cell));
  }
}
