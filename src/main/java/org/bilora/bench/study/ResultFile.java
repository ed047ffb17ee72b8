package org.bilora.bench.study;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.hash.Hashing;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bilora.train.RunJson;
import org.bilora.weights.AtomicFile;

/**
 * A {@link CellResult} as JSON with a hash of all its fields. The hash is of what the file says,
 * not of what this version of the program makes of it, so that a field that is added later does not
 * make older results look damaged.
 */
final class ResultFile {
  private static final String SHA256 = "sha256";
  private static final ObjectMapper JSON = RunJson.mapper();

  /** A file is not what was written. */
  static final class DamagedException extends Exception {
    private static final long serialVersionUID = 1;

    DamagedException(String message) {
      super(message);
    }
  }

  private ResultFile() {}

  static void write(Path file, CellResult result) throws IOException {
    ObjectNode tree = (ObjectNode) JSON.readTree(RunJson.write(result));
    tree.put(SHA256, hash(tree));
    byte[] json = RunJson.write(tree);
    AtomicFile.write(file, out -> out.write(json));
  }

  /**
   * Reads a result.
   *
   * @throws DamagedException when the file was changed or cut since it was written
   * @throws IOException when it cannot be read, or is whole and of another version of this program
   */
  static CellResult read(Path file) throws IOException, DamagedException {
    byte[] bytes = Files.readAllBytes(file);
    ObjectNode tree;
    try {
      tree = JSON.readTree(bytes) instanceof ObjectNode object ? object : null;
    } catch (JacksonException | CharConversionException e) {
      throw new DamagedException(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
    if (tree == null) {
      throw new DamagedException("it is no JSON object");
    }
    JsonNode written = tree.remove(SHA256);
    if (written == null || !written.asText().equals(hash(tree))) {
      throw new DamagedException("its content is not what was written");
    }
    if (tree.path("format_version").asInt() != CellResult.FORMAT_VERSION) {
      throw new IOException("its format is version " + tree.path("format_version"));
    }
    return RunJson.read(file, RunJson.write(tree), CellResult.class);
  }

  private static String hash(JsonNode tree) {
    return Hashing.sha256().hashBytes(RunJson.write(tree)).toString();
  }
}
