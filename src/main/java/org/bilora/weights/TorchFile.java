package org.bilora.weights;

import static org.bilora.weights.RestrictedPickle.damaged;
import static org.bilora.weights.SafetensorsHeader.shown;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.io.ByteStreams;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.zip.ZipException;
import org.bilora.weights.RestrictedPickle.Storage;
import org.bilora.weights.RestrictedPickle.View;

/**
 * The state dictionary in a PyTorch checkpoint ({@code pytorch_model.bin}), as {@code torch.save}
 * writes it: a pickle that names tensors and the storages they are views of, and the storages'
 * values beside it, in a zip archive or, before PyTorch 1.6, in one stream. Nothing in the file is
 * run; see {@code RestrictedPickle}. F64, F32, F16 and BF16 are read, each as float32.
 */
public final class TorchFile {
  private static final int CHUNK_BYTES = 1 << 20;
  // A little below the largest array that the JVM allows.
  private static final long MOST_VALUES = Integer.MAX_VALUE - 8;

  /** Where the values of a checkpoint's storages are. */
  interface Storages extends AutoCloseable {
    /** The pickle that was read: names and views. */
    Map<String, View> tensors();

    /**
     * Opens a storage.
     *
     * @throws IOException when it is missing or has another number of bytes
     */
    InputStream open(Storage storage, long bytes) throws IOException;

    @Override
    void close() throws IOException;
  }

  private TorchFile() {}

  /**
   * Reads the tensors whose name is wanted.
   *
   * @throws IOException when the file is missing or damaged, its pickle asks for anything but
   *     tensors, or a tensor's data type is not read here: what and where, in one line
   */
  public static SafetensorsFile read(Path file, Predicate<String> wanted) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    read(file, wanted, hasher, tensors);
    return new SafetensorsFile(ImmutableMap.of(), tensors.buildOrThrow(), hasher.hash().toString());
  }

  /** Names of the tensors. */
  public static Set<String> names(Path file) throws IOException {
    try (Storages storages = open(file)) {
      return ImmutableSet.copyOf(storages.tensors().keySet());
    } catch (ZipException | EOFException e) {
      throw damaged(file.toString(), "its archive cannot be read");
    }
  }

  static void read(
      Path file,
      Predicate<String> wanted,
      Hasher hasher,
      ImmutableMap.Builder<String, HostTensor> tensors)
      throws IOException {
    try (Storages storages = open(file)) {
      Map<Storage, float[]> read = new HashMap<>();
      for (Map.Entry<String, View> tensor : storages.tensors().entrySet()) {
        if (wanted.test(tensor.getKey())) {
          tensors.put(
              tensor.getKey(), tensor(file, tensor.getKey(), tensor.getValue(), storages, read));
        }
      }
    } catch (ZipException | EOFException e) {
      throw damaged(file.toString(), "its archive cannot be read");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] chunk = new byte[CHUNK_BYTES];
      for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
        hasher.putBytes(chunk, 0, count);
      }
    }
  }

  private static Storages open(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + " is missing or not a file");
    }
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(2);
    }
    return Arrays.equals(start, new byte[] {'P', 'K'})
        ? TorchZip.open(file)
        : TorchStream.open(file);
  }

  private static HostTensor tensor(
      Path file, String name, View view, Storages storages, Map<Storage, float[]> read)
      throws IOException {
    Storage storage = view.storage();
    if (!storage.dataType().matches("F64|F32|F16|BF16")) {
      throw new IOException(
          "%s: tensor %s has data type %s; F64, F32, F16 and BF16 are read: convert it"
              .formatted(file, shown(name), storage.dataType()));
    }
    int size = size(file, name, view);
    float[] values = read.get(storage);
    if (values == null) {
      values = values(storage, storages);
      read.put(storage, values);
    }
    return HostTensor.of(
        size == values.length && isContiguous(view) ? values : gathered(view, values, size),
        view.shape());
  }

  /** Number of values, all of which the storage has. */
  private static int size(Path file, String name, View view) throws IOException {
    long size = 1;
    long last = view.offset();
    boolean sound =
        view.offset() >= 0
            && view.shape().length == view.strides().length
            && view.storage().size() <= MOST_VALUES;
    for (int axis = 0; sound && axis < view.shape().length; axis++) {
      long length = view.shape()[axis];
      long stride = view.strides()[axis];
      sound = length >= 0 && stride >= 0 && length <= MOST_VALUES && stride <= MOST_VALUES;
      if (sound) {
        size *= length;
        last += Math.max(0, length - 1) * stride;
        sound = size <= view.storage().size() && last <= MOST_VALUES;
      }
    }
    if (!sound || size > 0 && last >= view.storage().size()) {
      throw damaged(
          file.toString(),
          "tensor %s of shape %s is no part of its %d values"
              .formatted(shown(name), shown(Arrays.toString(view.shape())), view.storage().size()));
    }
    return (int) size;
  }

  private static float[] values(Storage storage, Storages storages) throws IOException {
    int width = SafetensorsHeader.bytesPerValue(storage.dataType());
    long bytes = storage.size() * width;
    try (InputStream in = storages.open(storage, bytes)) {
      float[] values = new float[(int) storage.size()];
      byte[] chunk = new byte[CHUNK_BYTES];
      int at = 0;
      for (long left = bytes; left > 0; left -= chunk.length) {
        int count = (int) Math.min(left, chunk.length);
        ByteStreams.readFully(in, chunk, 0, count);
        at += Safetensors.decode(storage.dataType(), chunk, count, values, at);
      }
      in.read(); // an archive's checksum is looked at behind the last byte
      return values;
    }
  }

  private static boolean isContiguous(View view) {
    long expected = 1;
    for (int axis = view.shape().length - 1; axis >= 0; axis--) {
      if (view.shape()[axis] != 1 && view.strides()[axis] != expected) {
        return false;
      }
      expected *= view.shape()[axis];
    }
    return view.offset() == 0;
  }

  private static float[] gathered(View view, float[] values, int size) {
    float[] gathered = new float[size];
    long[] index = new long[view.shape().length];
    for (int i = 0; i < size; i++) {
      long at = view.offset();
      for (int axis = 0; axis < index.length; axis++) {
        at += index[axis] * view.strides()[axis];
      }
      gathered[i] = values[(int) at];
      for (int axis = index.length - 1; axis >= 0 && ++index[axis] == view.shape()[axis]; axis--) {
        index[axis] = 0;
      }
    }
    return gathered;
  }
}
