package org.bilora.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A model's weights in a Hugging Face directory, whatever kind of file they are in.
 *
 * @param file the file of weights, or the index of its shards
 */
public record WeightFiles(Path file, Kind kind) {

  /** Kinds of files; of several that are there the first is read. */
  public enum Kind {
    /** One safetensors file. */
    SAFETENSORS("model.safetensors"),
    /** Safetensors files and their index. */
    SAFETENSORS_SHARDS("model.safetensors.index.json"),
    /** One PyTorch checkpoint. */
    TORCH("pytorch_model.bin"),
    /** PyTorch checkpoints and their index. */
    TORCH_SHARDS("pytorch_model.bin.index.json");

    private final String fileName;

    Kind(String fileName) {
      this.fileName = fileName;
    }
  }

  /**
   * The weights in a directory.
   *
   * @throws IOException when there are none
   */
  public static WeightFiles in(Path directory) throws IOException {
    for (Kind kind : Kind.values()) {
      Path file = directory.resolve(kind.fileName);
      if (Files.isRegularFile(file)) {
        return new WeightFiles(file, kind);
      }
    }
    throw new IOException(
        "%s holds none of %s: save the model there (save_pretrained writes it)"
            .formatted(
                directory,
                Arrays.stream(Kind.values())
                    .map(kind -> kind.fileName)
                    .collect(Collectors.joining(", "))));
  }

  /**
   * The tensors of an adapter's directory.
   *
   * @throws IOException when there are none
   */
  public static WeightFiles ofAdapter(Path directory) throws IOException {
    Path safetensors = directory.resolve("adapter_model.safetensors");
    if (Files.isRegularFile(safetensors)) {
      return new WeightFiles(safetensors, Kind.SAFETENSORS);
    }
    Path torch = directory.resolve("adapter_model.bin");
    if (Files.isRegularFile(torch)) {
      return new WeightFiles(torch, Kind.TORCH);
    }
    throw new IOException(
        "%s holds neither adapter_model.safetensors nor adapter_model.bin: save the adapter there (save_pretrained writes it)"
            .formatted(directory));
  }

  /**
   * Names of the tensors; no values are read.
   *
   * @throws IOException as {@link #read}
   */
  public Set<String> names() throws IOException {
    return switch (kind) {
      case SAFETENSORS -> Safetensors.names(file);
      case TORCH -> TorchFile.names(file);
      case SAFETENSORS_SHARDS, TORCH_SHARDS -> ShardIndex.read(file).names();
    };
  }

  /**
   * Reads the tensors whose name is wanted.
   *
   * @throws IOException when a file is missing or unsound, or a tensor's data type is not read
   *     here: file, tensor and reason in one line
   */
  public SafetensorsFile read(Predicate<String> wanted) throws IOException {
    return switch (kind) {
      case SAFETENSORS -> Safetensors.read(file, wanted);
      case TORCH -> TorchFile.read(file, wanted);
      case SAFETENSORS_SHARDS -> ShardIndex.read(file).read(wanted, Safetensors::read);
      case TORCH_SHARDS -> ShardIndex.read(file).read(wanted, TorchFile::read);
    };
  }
}
