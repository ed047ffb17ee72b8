package org.bilora.train;

import com.google.common.collect.Sets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import org.bilora.model.PretrainedModel;

/**
 * The files beside a model's weights that decide what it computes: one bit in an architecture or a
 * vocabulary makes another model of the same weights.
 */
final class ModelFiles {
  private ModelFiles() {}

  /**
   * Makes sure that a model's files are those that a run started from.
   *
   * @param run named in the message
   * @param recorded {@link PretrainedModel#files} of then; nothing is checked where it is empty
   * @throws IOException when one has changed, is gone or is new
   */
  static void requireSame(Path run, Map<String, String> recorded, PretrainedModel model)
      throws IOException {
    if (recorded.isEmpty()) {
      return;
    }
    for (String name : new TreeSet<>(Sets.union(recorded.keySet(), model.files().keySet()))) {
      String before = recorded.get(name);
      String now = model.files().get(name);
      if (before == null || !before.equals(now)) {
        throw new IOException(
            "%s of %s is not what the run in %s was trained with: it %s; restore it, or train again"
                .formatted(
                    name,
                    model.name(),
                    run,
                    before == null
                        ? "was not there then"
                        : now == null
                            ? "is missing"
                            : "had the hash %s and has %s now".formatted(before, now)));
      }
    }
  }
}
