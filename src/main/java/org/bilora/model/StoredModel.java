package org.bilora.model;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bilora.weights.HostTensor;
import org.bilora.weights.SafetensorsFile;
import org.bilora.weights.WeightFiles;

/**
 * The tensors of a model's directory by canonical name.
 *
 * @param files where they are
 * @param stored their names there
 * @param canonical from a name there to the canonical one
 */
record StoredModel(WeightFiles files, Set<String> stored, UnaryOperator<String> canonical) {

  private static final int MOST_SHARED_LAYERS = 100;

  /** What was read. */
  record Tensors(Map<String, HostTensor> byName, String sha256) {}

  /**
   * The tensors of a directory's weight files.
   *
   * @param embedding canonical name of the token embedding, and
   * @param tied names of output layers that are the same matrix; where the embedding itself was not
   *     stored, one of them is read in its place
   */
  static StoredModel of(
      WeightFiles files, UnaryOperator<String> canonical, String embedding, List<String> tied)
      throws IOException {
    Set<String> stored = files.names();
    if (stored.stream().map(canonical).anyMatch(embedding::equals)) {
      return new StoredModel(files, stored, canonical);
    }
    for (String output : tied) {
      if (stored.contains(output)) {
        return new StoredModel(
            files, stored, name -> name.equals(output) ? embedding : canonical.apply(name));
      }
    }
    return new StoredModel(files, stored, canonical);
  }

  /**
   * Makes sure, before anything is built, that a configuration has no more layers than the file can
   * have: a tensor each, or a few that share theirs.
   *
   * @throws IOException when it has more
   */
  void requireLayers(String config, String field, int layers) throws IOException {
    if (layers > Math.max(stored.size(), MOST_SHARED_LAYERS)) {
      throw new IOException(
          "%s: %s is %d, but %s holds only %d tensors: the two do not belong together"
              .formatted(config, field, layers, files.file(), stored.size()));
    }
  }

  /**
   * Reads the tensors of those names.
   *
   * @throws IOException when two tensors have the same name, or as {@link WeightFiles#read}
   */
  Tensors read(Set<String> names) throws IOException {
    SafetensorsFile read = files.read(name -> names.contains(canonical.apply(name)));
    Map<String, HostTensor> renamed = new HashMap<>();
    for (Map.Entry<String, HostTensor> tensor : read.tensors().entrySet()) {
      String name = canonical.apply(tensor.getKey());
      if (renamed.put(name, tensor.getValue()) != null) {
        throw new IOException(
            "%s holds tensor %s twice, with and without a prefix".formatted(files.file(), name));
      }
    }
    return new Tensors(renamed, read.sha256());
  }

  /**
   * Makes sure that every value is a number: one that is not makes all outputs so.
   *
   * @throws IOException when one is not: tensor and place
   */
  void requireFinite(Map<String, HostTensor> tensors) throws IOException {
    for (Map.Entry<String, HostTensor> tensor : tensors.entrySet()) {
      OptionalInt place = tensor.getValue().firstNonFinite();
      if (place.isPresent()) {
        int i = place.getAsInt();
        throw new IOException(
            "%s: value %d of tensor %s is %s; a model with such a weight computes nothing:"
                    .formatted(files.file(), i, tensor.getKey(), tensor.getValue().values()[i])
                + " copy or save it again");
      }
    }
  }
}
