package org.bilora.weights;

import static org.bilora.weights.RestrictedPickle.damaged;
import static org.bilora.weights.SafetensorsHeader.shown;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.weights.RestrictedPickle.Storage;
import org.bilora.weights.RestrictedPickle.View;

/**
 * A checkpoint from before PyTorch 1.6: pickles of a magic number, a protocol number, the machine's
 * properties, the tensors and the storages' keys, then of each storage the number of its values and
 * these.
 *
 * @param places of the storages' values in the file, by key
 */
record TorchStream(Path file, Map<String, View> tensors, Map<String, Place> places)
    implements TorchFile.Storages {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long PROTOCOL = 1001;
  private static final int MOST_PICKLE_BYTES = 100_000_000;

  /** Where a storage's values are. */
  private record Place(long begin, long bytes) {}

  static TorchStream open(Path file) throws IOException {
    String name = file.toString();
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer start =
          channel.map(
              FileChannel.MapMode.READ_ONLY, 0, Math.min(channel.size(), MOST_PICKLE_BYTES));
      start.order(ByteOrder.LITTLE_ENDIAN);
      if (start.remaining() < 2 || (start.get(0) & 0xff) != 0x80) {
        throw damaged(name, "it is neither a zip archive nor a pickle");
      }
      if (!MAGIC.equals(RestrictedPickle.read(start, name))
          || !Long.valueOf(PROTOCOL).equals(RestrictedPickle.read(start, name))) {
        throw damaged(name, "it does not begin as PyTorch's checkpoints do");
      }
      if (!(RestrictedPickle.read(start, name) instanceof Map<?, ?> machine)
          || !Boolean.TRUE.equals(machine.get("little_endian"))) {
        throw new IOException(
            file + " holds values in another byte order than little-endian: save it again");
      }
      Map<String, View> tensors =
          RestrictedPickle.tensors(RestrictedPickle.read(start, name), name)
              .orElseThrow(() -> damaged(name, "it holds no dictionary of tensors"));
      if (!(RestrictedPickle.read(start, name) instanceof List<?> keys)) {
        throw damaged(name, "it has no list of storages");
      }
      return new TorchStream(file, tensors, places(channel, name, start.position(), keys, tensors));
    }
  }

  private static Map<String, Place> places(
      FileChannel channel, String file, long begin, List<?> keys, Map<String, View> tensors)
      throws IOException {
    Map<String, Storage> storages = new HashMap<>();
    for (View view : tensors.values()) {
      Storage other = storages.put(view.storage().key(), view.storage());
      if (other != null && !other.equals(view.storage())) {
        throw damaged(file, "storage %s has two kinds".formatted(shown(other.key())));
      }
    }
    Map<String, Place> places = new HashMap<>();
    long at = begin;
    for (Object key : keys) {
      Storage storage = key instanceof String name ? storages.get(name) : null;
      if (storage == null) {
        throw damaged(file, "a storage belongs to no tensor");
      }
      ByteBuffer count = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      while (count.hasRemaining() && channel.read(count, at + count.position()) > 0) {
        // until all eight bytes are there, or the file ends
      }
      long width = SafetensorsHeader.bytesPerValue(storage.dataType());
      at += Long.BYTES;
      if (count.hasRemaining()
          || count.getLong(0) != storage.size()
          || storage.size() > (channel.size() - at) / width) {
        throw damaged(
            file,
            "storage %s has not the %d values that it should have"
                .formatted(shown(storage.key()), storage.size()));
      }
      places.put(storage.key(), new Place(at, storage.size() * width));
      at += storage.size() * width;
    }
    if (at != channel.size()) {
      throw damaged(
          file, "%d bytes at its end belong to no storage".formatted(channel.size() - at));
    }
    return places;
  }

  @Override
  public InputStream open(Storage storage, long bytes) throws IOException {
    Place place = places.get(storage.key());
    if (place == null || place.bytes() != bytes) {
      throw damaged(file.toString(), "storage %s is missing".formatted(shown(storage.key())));
    }
    return Channels.newInputStream(Files.newByteChannel(file).position(place.begin()));
  }

  @Override
  public void close() {
    // every storage is opened, and closed, by itself
  }
}
