package org.bilora.data;

import com.google.common.hash.Hasher;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * The rows of CSV that are not empty, a header included, quoted as spreadsheets do: a quoted cell
 * may hold commas and lines. A row is read at a time.
 */
final class CsvRows {
  private final TextFile file;
  private final CSVParser parser;
  private final Iterator<CSVRecord> records;

  /** Takes rows as they are read. */
  interface RowReader {
    /**
     * Takes one row.
     *
     * @param line where it begins, without its text
     */
    void read(TextFile.Line line, List<String> cells) throws IOException;
  }

  CsvRows(TextFile file, Lines lines) throws IOException {
    this.file = file;
    CSVFormat format = CSVFormat.DEFAULT.builder().setIgnoreEmptyLines(false).get();
    this.parser = CSVParser.parse(new JoinedLines(lines), format);
    this.records = parser.iterator();
  }

  /**
   * Reads every row of a file.
   *
   * @param hasher takes the file's name and the hash of its bytes
   * @throws IOException when the file cannot be read, its quotation marks do not match, or the
   *     reader refuses a row
   */
  static void forEach(TextFile file, Hasher hasher, RowReader reader) throws IOException {
    file.addTo(
        hasher,
        file.readLines(
            lines -> {
              CsvRows rows = new CsvRows(file, lines);
              for (TableRow row = rows.next(); row != null; row = rows.next()) {
                reader.read(row.line(), row.cells());
              }
            }));
  }

  /**
   * The next row, without names, or null behind the last one.
   *
   * @throws IOException when it cannot be read, or its quotation marks do not match: where rows end
   *     is not known then
   */
  TableRow next() throws IOException {
    while (true) {
      TextFile.Line line =
          new TextFile.Line(file, Math.toIntExact(parser.getCurrentLineNumber()) + 1, "");
      List<String> cells;
      try {
        if (!records.hasNext()) {
          return null;
        }
        cells = records.next().toList();
      } catch (UncheckedIOException e) {
        throw unreadable(line, e.getCause());
      }
      if (!cells.equals(List.of(""))) {
        return new TableRow(line, List.of(), cells);
      }
    }
  }

  private static IOException unreadable(TextFile.Line line, IOException cause) {
    // Whatever the lines below refuse says so itself.
    return new IOException(
        cause instanceof LineException
            ? cause.getCause().getMessage()
            : line.problem("its quotation marks do not match; double those within quoted text")
                .getMessage(),
        cause);
  }

  /** A line that could not be read, on its way through the parser. */
  private static final class LineException extends IOException {
    private static final long serialVersionUID = 1;

    private LineException(IOException cause) {
      super(cause);
    }
  }

  /** Lines as characters, each ended by a line feed. */
  private static final class JoinedLines extends Reader {
    private final Lines lines;
    private String line = "";
    private int at;

    private JoinedLines(Lines lines) {
      this.lines = lines;
    }

    @Override
    public int read(char[] target, int offset, int length) throws IOException {
      if (at == line.length()) {
        TextFile.Line next;
        try {
          next = lines.next();
        } catch (IOException e) {
          throw new LineException(e);
        }
        if (next == null) {
          return -1;
        }
        line = next.text() + "\n";
        at = 0;
      }
      int count = Math.min(length, line.length() - at);
      line.getChars(at, at + count, target, offset);
      at += count;
      return count;
    }

    @Override
    public void close() {
      // The lines are their opener's to close.
    }
  }
}
