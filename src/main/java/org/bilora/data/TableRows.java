package org.bilora.data;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The rows of a table, one after the other: TSV and CSV with a header line, JSONL with an object
 * per line. CSV may quote as spreadsheets do; TSV quotes nothing.
 */
interface TableRows {
  /** What a table's file name may end with. */
  List<String> EXTENSIONS = ImmutableList.of("tsv", "csv", "jsonl");

  /** Reads a file's rows. */
  interface Reader {
    void read(TableRows rows) throws IOException;
  }

  /**
   * The next row, or null behind the last one.
   *
   * @throws InvalidRowException when a row is not as the table needs it; those behind it can still
   *     be read
   * @throws IOException when nothing more can be read
   */
  TableRow next() throws IOException;

  /** The extension of a name, where it is that of a table. */
  static Optional<String> extension(Path path) {
    String extension = MoreFiles.getFileExtension(path).toLowerCase(Locale.ROOT);
    return EXTENSIONS.contains(extension) ? Optional.of(extension) : Optional.empty();
  }

  /**
   * Rows of lines.
   *
   * @param extension one of {@link #EXTENSIONS}
   * @throws IOException when the header cannot be read
   */
  static TableRows of(String extension, TextFile file, Lines lines) throws IOException {
    return switch (extension) {
      case "tsv" -> new Tsv(lines);
      case "csv" -> new Csv(file, lines);
      case "jsonl" -> new JsonLines(lines);
      default -> throw new IllegalArgumentException("no table ends with ." + extension);
    };
  }

  /** Rows below a header line. */
  abstract class Headed implements TableRows {
    private List<String> names;

    /** Line and cells of the next row that is not empty, or null. */
    abstract TableRow nextCells() throws IOException;

    @Override
    public TableRow next() throws IOException {
      if (names == null) {
        TableRow header = nextCells();
        if (header == null) {
          return null;
        }
        names = header.cells().stream().map(String::strip).toList();
        if (names.stream().anyMatch(name -> name.indexOf('\r') >= 0)) {
          throw header
              .line()
              .problem("lines end with a carriage return alone; save the file with line feeds");
        }
      }
      TableRow row = nextCells();
      if (row == null) {
        return null;
      }
      if (row.cells().size() != names.size()) {
        throw row.line()
            .problem(
                "%d columns where %d are needed (%s); repair or delete the line"
                    .formatted(
                        row.cells().size(), names.size(), Messages.cut(String.join(", ", names))));
      }
      return new TableRow(row.line(), names, row.cells());
    }
  }

  /** Cells between tabs. */
  final class Tsv extends Headed {
    private static final Splitter TABS = Splitter.on('\t');
    private final Lines lines;

    private Tsv(Lines lines) {
      this.lines = lines;
    }

    @Override
    TableRow nextCells() throws IOException {
      TextFile.Line line = lines.next();
      while (line != null && line.isEmpty()) {
        line = lines.next();
      }
      return line == null
          ? null
          : new TableRow(line.withoutText(), List.of(), TABS.splitToList(line.text()));
    }
  }

  /** Cells between commas. */
  final class Csv extends Headed {
    private final CsvRows rows;

    private Csv(TextFile file, Lines lines) throws IOException {
      this.rows = new CsvRows(file, lines);
    }

    @Override
    TableRow nextCells() throws IOException {
      return rows.next();
    }
  }
}
