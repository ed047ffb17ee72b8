package org.bilora.weights;

import static org.bilora.weights.SafetensorsHeader.damaged;
import static org.bilora.weights.SafetensorsHeader.shown;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Strings;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.io.ByteStreams;
import com.google.common.io.LittleEndianDataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Predicate;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.ndarray.buffer.layout.DataLayouts;

/**
 * The safetensors format: eight bytes of header length (little-endian), a JSON header with each
 * tensor's data type, shape and byte range, then the tensors' bytes, row-major, little-endian. The
 * data types F64, F32, F16 and BF16 are read, each as float32; F32 is written.
 *
 * <p>A tensor that a model shares under several names is stored once; where the header's metadata
 * maps another name to the one it is stored under, as Hugging Face's {@code save_model} writes it,
 * it is read under both.
 */
public final class Safetensors {
  private static final int LENGTH_BYTES = 8;
  // The bound that the format's reference reader sets: keeps a lying length from taking all memory.
  private static final long MOST_HEADER_BYTES = 100_000_000;
  private static final int CHUNK_BYTES = 1 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private Safetensors() {}

  /**
   * Reads every tensor.
   *
   * @throws IOException when the file is missing, truncated or lies about its content, or a
   *     tensor's data type is not read here: file, tensor and reason in one line
   */
  public static SafetensorsFile read(Path file) throws IOException {
    return read(file, name -> true);
  }

  /**
   * Reads the tensors whose name is wanted; the others may have any data type. The whole file is
   * hashed and checked all the same.
   *
   * @throws IOException as {@link #read(Path)}
   */
  public static SafetensorsFile read(Path file, Predicate<String> wanted) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    Map<String, String> metadata = read(file, wanted, hasher, tensors);
    return new SafetensorsFile(metadata, tensors.buildOrThrow(), hasher.hash().toString());
  }

  /**
   * Names of the tensors, other names of shared ones included. Only the header is read.
   *
   * @throws IOException as {@link #read(Path)}
   */
  public static Set<String> names(Path file) throws IOException {
    try (InputStream in = open(file)) {
      SafetensorsHeader header = header(file, in, Hashing.sha256().newHasher());
      ImmutableSet.Builder<String> names = ImmutableSet.builder();
      header.entries().forEach(entry -> names.addAll(header.names(entry)));
      return names.build();
    }
  }

  private static InputStream open(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + " is missing or not a file");
    }
    return Files.newInputStream(file);
  }

  /** Reads a file into {@code tensors}, adds its bytes to {@code hasher}, yields its metadata. */
  static Map<String, String> read(
      Path file,
      Predicate<String> wanted,
      Hasher hasher,
      ImmutableMap.Builder<String, HostTensor> tensors)
      throws IOException {
    try (InputStream in = open(file)) {
      SafetensorsHeader header = header(file, in, hasher);
      byte[] chunk = new byte[CHUNK_BYTES];
      for (SafetensorsHeader.Entry entry : header.entries()) {
        List<String> names = header.names(entry).stream().filter(wanted).toList();
        boolean take = !names.isEmpty();
        float[] values = take ? allocate(file, entry) : new float[0];
        long left = entry.end() - entry.begin();
        int at = 0;
        while (left > 0) {
          int count = (int) Math.min(left, chunk.length);
          ByteStreams.readFully(in, chunk, 0, count);
          hasher.putBytes(chunk, 0, count);
          if (take) {
            at += decode(entry.dataType(), chunk, count, values, at);
          }
          left -= count;
        }
        names.forEach(name -> tensors.put(name, HostTensor.of(values, entry.shape())));
      }
      return header.metadata();
    }
  }

  private static SafetensorsHeader header(Path file, InputStream in, Hasher hasher)
      throws IOException {
    long fileBytes = Files.size(file);
    if (fileBytes < LENGTH_BYTES) {
      throw damaged(file, "it has %d bytes, too few for a header".formatted(fileBytes));
    }
    byte[] length = in.readNBytes(LENGTH_BYTES);
    long headerBytes = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (headerBytes < 0
        || headerBytes > MOST_HEADER_BYTES
        || headerBytes > fileBytes - LENGTH_BYTES) {
      throw damaged(
          file,
          "it gives its header %s bytes, but only %d follow"
              .formatted(Long.toUnsignedString(headerBytes), fileBytes - LENGTH_BYTES));
    }
    byte[] json = in.readNBytes((int) headerBytes);
    hasher.putBytes(length).putBytes(json);
    return SafetensorsHeader.parse(file, json, fileBytes - LENGTH_BYTES - json.length);
  }

  private static float[] allocate(Path file, SafetensorsHeader.Entry entry) throws IOException {
    if (!entry.dataType().matches("F64|F32|F16|BF16")) {
      throw new IOException(
          "%s: tensor %s has data type %s; F64, F32, F16 and BF16 are read: convert it"
              .formatted(file, shown(entry.name()), shown(entry.dataType())));
    }
    // A little below the largest array that the JVM allows.
    if (entry.size() > Integer.MAX_VALUE - 8) {
      throw new IOException(
          "%s: tensor %s of shape %s has more than 2^31 values, more than is read here"
              .formatted(file, shown(entry.name()), shown(Arrays.toString(entry.shape()))));
    }
    return new float[(int) entry.size()];
  }

  /** Turns {@code count} bytes into values from index {@code at} on; yields how many. */
  static int decode(String dataType, byte[] chunk, int count, float[] values, int at) {
    ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, count).order(ByteOrder.LITTLE_ENDIAN);
    if (dataType.equals("F32")) {
      bytes.asFloatBuffer().get(values, at, count / Float.BYTES);
      return count / Float.BYTES;
    }
    if (dataType.equals("F64")) {
      DoubleBuffer doubles = bytes.asDoubleBuffer();
      for (int i = 0; i < count / Double.BYTES; i++) {
        values[at + i] = (float) doubles.get(i);
      }
      return count / Double.BYTES;
    }
    short[] halves = new short[count / Short.BYTES];
    bytes.asShortBuffer().get(halves);
    var layout = dataType.equals("F16") ? DataLayouts.FLOAT16 : DataLayouts.BFLOAT16;
    layout.applyTo(DataBuffers.of(halves, true, false)).read(values, at, halves.length);
    return halves.length;
  }

  /**
   * Writes tensors as F32, in the order of their names, so that equal content makes equal files.
   * The file appears under its name only when it is complete.
   *
   * @param metadata strings for the header's {@code __metadata__}
   */
  public static void write(Path file, Map<String, HostTensor> tensors, Map<String, String> metadata)
      throws IOException {
    SortedMap<String, HostTensor> sorted = ImmutableSortedMap.copyOf(tensors);
    byte[] header = header(sorted, ImmutableSortedMap.copyOf(metadata));
    AtomicFile.write(
        file,
        out -> {
          @SuppressWarnings("resource") // closed by AtomicFile
          LittleEndianDataOutputStream length = new LittleEndianDataOutputStream(out);
          length.writeLong(header.length);
          out.write(header);
          for (HostTensor tensor : sorted.values()) {
            writeValues(out, tensor.values());
          }
        });
  }

  private static byte[] header(
      SortedMap<String, HostTensor> tensors, SortedMap<String, String> metadata)
      throws IOException {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode strings = root.putObject(SafetensorsHeader.METADATA);
      metadata.forEach(strings::put);
    }
    long begin = 0;
    for (Map.Entry<String, HostTensor> tensor : tensors.entrySet()) {
      long end = begin + (long) Float.BYTES * tensor.getValue().values().length;
      ObjectNode entry = root.putObject(tensor.getKey()).put("dtype", "F32");
      ArrayNode shape = entry.putArray("shape");
      for (long dimension : tensor.getValue().shape()) {
        shape.add(dimension);
      }
      entry.putArray("data_offsets").add(begin).add(end);
      begin = end;
    }
    String json = JSON.writeValueAsString(root);
    int bytes = json.getBytes(StandardCharsets.UTF_8).length;
    // The format pads with spaces so that the tensors start at a multiple of eight.
    String padding = Strings.repeat(" ", -bytes & (LENGTH_BYTES - 1));
    return (json + padding).getBytes(StandardCharsets.UTF_8);
  }

  private static void writeValues(OutputStream out, float[] values) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int most = CHUNK_BYTES / Float.BYTES;
    for (int at = 0; at < values.length; at += most) {
      int count = Math.min(most, values.length - at);
      chunk.clear().asFloatBuffer().put(values, at, count);
      out.write(chunk.array(), 0, count * Float.BYTES);
    }
  }
}
