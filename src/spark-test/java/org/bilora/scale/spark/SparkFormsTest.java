package org.bilora.scale.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SparkFormsTest {
  @ParameterizedTest
  @CsvSource({
    "PARQUET, labels, PARQUET",
    "PARQUET, labels.tsv, TSV",
    "CSV, labels, CSV",
    "CSV, labels.parquet, PARQUET",
    "LINES, labels.tsv, LINES",
    "LINES, labels.csv, CSV",
    "LINES, labels.parquet, PARQUET"
  })
  void answersAreWrittenAsPredictWritesThemUnlessEitherSideIsParquet(
      DataFiles.Form rows, String answers, DataFiles.Form written) {
    assertEquals(written, rows.ofAnswers(answers));
  }
}
