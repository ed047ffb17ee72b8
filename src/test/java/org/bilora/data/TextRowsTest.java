package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextRowsTest {
  @ParameterizedTest
  @CsvSource({
    "CSV, labels.jsonl, JSONL",
    "CSV, labels.tsv, TSV",
    "CSV, labels.txt, CSV",
    "TSV, -, TSV",
    "LINES, -, LINES",
    "LINES, labels.csv, CSV",
    "LINES, labels.JSONL, JSONL",
    "LINES, labels.tsv, LINES"
  })
  void answersAreWrittenAsTheirNameSaysAndLinesAsLinesUnlessThatHasColumns(
      TextRows.Format texts, Path answers, TextRows.Format written) {
    assertEquals(written, texts.ofAnswers(answers));
  }
}
