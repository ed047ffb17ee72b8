package org.bilora.data;

import java.util.List;
import java.util.Optional;

/**
 * A row of a table as it was written.
 *
 * @param line where it begins, without its text
 * @param names of the columns, stripped; of one object alone in JSONL
 * @param cells beside the names; null where JSONL has a list or an object, no cell where it has
 *     null
 */
record TableRow(TextFile.Line line, List<String> names, List<String> cells) {

  /**
   * The cell of a column, which this row may lack.
   *
   * @throws InvalidRowException when it is no single value
   */
  Optional<String> cell(String name) throws InvalidRowException {
    int index = names.indexOf(name);
    if (index >= 0 && cells.get(index) == null) {
      throw line.problem(
          "%s is a list or an object; a text, a number or a word is needed"
              .formatted(Messages.cut(name)));
    }
    return index < 0 ? Optional.empty() : Optional.of(cells.get(index));
  }
}
