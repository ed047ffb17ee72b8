package org.bilora.step;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.bilora.data.Batch;

/**
 * States of texts in a file, which is mapped into memory rather than read: what training meets
 * stays in the system's cache, and what it does not meet costs nothing.
 *
 * <pre>
 * states     float32, little-endian, [tokens, width] of each text, one text after the other
 * index      of each text: key (16 bytes), tokens (int), CRC-32C of its states (int)
 * end        width (int), texts (int), "BILORAP1"
 * </pre>
 */
final class PrefixFile implements PrefixStates {
  private static final long MAGIC = 0x42494c4f52415031L;
  private static final int END_BYTES = 2 * Integer.BYTES + Long.BYTES;
  private static final int ENTRY_BYTES = 2 * Long.BYTES + 2 * Integer.BYTES;

  /** A buffer holds less than 2³¹ bytes. */
  private static final long PART_BYTES = 1L << 30;

  private final Path path;
  private final int width;
  private final Map<TextKey, Entry> entries;

  /** Where a text's states are; checked when they are first read. */
  private static final class Entry {
    final int tokens;
    final int crc;
    MappedByteBuffer part;
    int offset;
    volatile boolean checked;

    Entry(int tokens, int crc) {
      this.tokens = tokens;
      this.crc = crc;
    }
  }

  private PrefixFile(Path path, int width, Map<TextKey, Entry> entries) {
    this.path = path;
    this.width = width;
    this.entries = entries;
  }

  /** Files of one name hold the same: it is a hash of all that decides their content. */
  @Override
  public boolean equals(Object other) {
    return other instanceof PrefixFile file && file.path.equals(path);
  }

  @Override
  public int hashCode() {
    return path.hashCode();
  }

  /** Writes a file's bytes, text by text. */
  static final class Writer {
    private final OutputStream out;
    private final int width;
    private final List<ByteBuffer> index = new ArrayList<>();

    Writer(OutputStream out, int width) {
      this.out = out;
      this.width = width;
    }

    /**
     * Adds a text.
     *
     * @param states that hold it, {@code [tokens, width]} from {@code from} on
     */
    void add(TextKey key, float[] states, int from, int tokens) throws IOException {
      byte[] bytes = new byte[Math.multiplyExact(tokens * width, Float.BYTES)];
      ByteBuffer.wrap(bytes)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .put(states, from, tokens * width);
      CRC32C crc = new CRC32C();
      crc.update(bytes);
      out.write(bytes);
      index.add(
          ByteBuffer.allocate(ENTRY_BYTES)
              .putLong(key.first())
              .putLong(key.second())
              .putInt(tokens)
              .putInt((int) crc.getValue()));
    }

    /** Ends the file; the stream stays open. */
    void end() throws IOException {
      DataOutputStream data = new DataOutputStream(out);
      for (ByteBuffer entry : index) {
        data.write(entry.array());
      }
      data.writeInt(width);
      data.writeInt(index.size());
      data.writeLong(MAGIC);
      data.flush();
    }
  }

  /** Bytes of a file. */
  static long bytes(long tokens, int texts, int width) {
    return tokens * width * Float.BYTES + (long) texts * ENTRY_BYTES + END_BYTES;
  }

  /**
   * Opens a file.
   *
   * @throws IOException when it cannot be read or is no whole file
   */
  static PrefixFile open(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer end = read(channel, size - END_BYTES, END_BYTES, path);
      int width = end.getInt();
      int texts = end.getInt();
      long indexAt = size - END_BYTES - (long) texts * ENTRY_BYTES;
      if (end.getLong() != MAGIC || width < 1 || texts < 1 || indexAt < 0) {
        throw damaged(path);
      }
      ByteBuffer index = read(channel, indexAt, Math.toIntExact((long) texts * ENTRY_BYTES), path);
      Map<TextKey, Entry> entries = new HashMap<>();
      List<Entry> waiting = new ArrayList<>();
      long from = 0;
      long to = 0;
      for (int i = 0; i < texts; i++) {
        TextKey key = new TextKey(index.getLong(), index.getLong());
        Entry entry = new Entry(index.getInt(), index.getInt());
        long bytes = (long) entry.tokens * width * Float.BYTES;
        if (entry.tokens < 1 || bytes > PART_BYTES || to + bytes > indexAt) {
          throw damaged(path);
        }
        if (to + bytes - from > PART_BYTES) {
          map(channel, from, to, waiting);
          from = to;
        }
        entry.offset = (int) (to - from);
        waiting.add(entry);
        entries.put(key, entry);
        to += bytes;
      }
      map(channel, from, to, waiting);
      if (to != indexAt) {
        throw damaged(path);
      }
      return new PrefixFile(path, width, entries);
    }
  }

  private static void map(FileChannel channel, long from, long to, List<Entry> waiting)
      throws IOException {
    MappedByteBuffer part = channel.map(FileChannel.MapMode.READ_ONLY, from, to - from);
    waiting.forEach(entry -> entry.part = part);
    waiting.clear();
  }

  private static ByteBuffer read(FileChannel channel, long from, int bytes, Path path)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (from >= 0 && buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw damaged(path);
      }
    }
    if (from < 0) {
      throw damaged(path);
    }
    return buffer.flip();
  }

  private static IOException damaged(Path path) {
    return new IOException(path + " is damaged; delete it, and it is computed again");
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public float[] of(Batch batch) {
    float[] states = new float[Math.multiplyExact(batch.rows() * batch.length(), width)];
    for (int row = 0; row < batch.rows(); row++) {
      if (batch.rowWeights()[row] == 0) {
        continue;
      }
      Entry entry = entries.get(TextKey.of(batch, row));
      if (entry == null) {
        throw new IllegalArgumentException(
            "row %d of a batch is none of the texts whose states are kept in %s"
                .formatted(row, path));
      }
      check(entry);
      bytes(entry).asFloatBuffer().get(states, row * batch.length() * width, entry.tokens * width);
    }
    return states;
  }

  private ByteBuffer bytes(Entry entry) {
    return entry
        .part
        .duplicate()
        .position(entry.offset)
        .limit(entry.offset + entry.tokens * width * Float.BYTES)
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private void check(Entry entry) {
    if (!entry.checked) {
      CRC32C crc = new CRC32C();
      crc.update(bytes(entry));
      if ((int) crc.getValue() != entry.crc) {
        throw new IllegalStateException(damaged(path).getMessage());
      }
      entry.checked = true;
    }
  }
}
