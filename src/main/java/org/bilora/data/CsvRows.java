package org.bilora.data;

import com.google.common.hash.Hasher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** The rows of a CSV file, quoted as spreadsheets do: a quoted cell may hold commas and lines. */
record CsvRows(TextFile file) {

  /** Takes rows as they are read. */
  interface RowReader {
    /**
     * Takes one row.
     *
     * @param line where it begins, without its text
     */
    void read(TextFile.Line line, List<String> cells) throws IOException;
  }

  /**
   * Reads every row that is not empty, a header included.
   *
   * @param hasher takes the file's name and the hash of its bytes
   * @throws IOException when the file cannot be read, its quotation marks do not match, or the
   *     reader refuses a row
   */
  void forEach(Hasher hasher, RowReader reader) throws IOException {
    StringBuilder content = new StringBuilder();
    file.forEachLine(hasher, line -> content.append(line.text()).append('\n'));
    CSVFormat format = CSVFormat.DEFAULT.builder().setIgnoreEmptyLines(false).get();
    try (CSVParser parser = CSVParser.parse(content.toString(), format)) {
      Iterator<CSVRecord> records = parser.iterator();
      while (true) {
        TextFile.Line line =
            new TextFile.Line(file, Math.toIntExact(parser.getCurrentLineNumber()) + 1, "");
        List<String> cells;
        try {
          if (!records.hasNext()) {
            return;
          }
          cells = records.next().toList();
        } catch (UncheckedIOException e) {
          IOException problem =
              line.problem("its quotation marks do not match; double those within quoted text");
          problem.initCause(e);
          throw problem;
        }
        if (!cells.equals(List.of(""))) {
          reader.read(line, cells);
        }
      }
    }
  }
}
